"""Whom to wake: the order of queues and callers, weights, bounds."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from telephony.dispatch.able import Candidate
from telephony.dispatch.choice import MOST, Freed, Line, Wake, choose
from telephony.model.ids import MemberName, Micros, QueueName, Uniqueid

A, B, C = map(QueueName, "abc")
LINES = {A: Line(), B: Line(), C: Line(weight=5)}


def caller(name: str, queue: QueueName = A, at: int = 0) -> Candidate:
    return Candidate(Uniqueid(name), f"PJSIP/{name}", queue, Micros(at))


def freed(name: str, *queues: QueueName) -> Freed:
    return Freed(MemberName(name), queues or (A,))


def names(wakes: Sequence[Wake]) -> list[str]:
    return [wake.caller.uniqueid for wake in wakes]


FOUR = {A: [caller("1"), caller("2"), caller("3"), caller("4")]}


def test_one_for_the_member_and_one_more() -> None:
    wakes = choose([freed("1001")], LINES, FOUR)
    assert names(wakes) == ["1", "2"]
    assert [wake.member for wake in wakes] == ["1001", None]


def test_two_at_once_take_two_and_one_more() -> None:
    assert names(choose([freed("1001"), freed("1002")], LINES, FOUR)) == ["1", "2", "3"]


def test_nobody_is_woken_twice_when_fewer_wait_than_are_free() -> None:
    assert names(choose([freed(str(n)) for n in range(9)], LINES, FOUR)) == ["1", "2", "3", "4"]


def test_no_one_more_where_callers_are_spoken_to() -> None:
    assert names(choose([freed("1001")], {A: Line(spare=False)}, FOUR)) == ["1"]


def test_the_order_of_the_line_holds_whatever_the_times_say() -> None:
    """A caller of more priority stands before those who have waited longer."""
    line = {A: [caller("urgent", at=900), caller("old", at=1)]}
    assert names(choose([freed("1001")], LINES, line)) == ["urgent", "old"]


def test_of_equal_queues_the_one_whose_first_has_waited_longest_and_one_more_of_that() -> None:
    waiting = {A: [caller("a1", A, 50), caller("a2", A, 60)], B: [caller("b1", B, 40), caller("b2", B, 99)]}
    assert names(choose([freed("1001", A, B)], LINES, waiting)) == ["b1", "b2"]


def test_two_freed_take_the_heads_of_both_in_the_order_of_waiting() -> None:
    waiting = {A: [caller("a1", A, 50), caller("a2", A, 60)], B: [caller("b1", B, 40), caller("b2", B, 45)]}
    wakes = choose([freed("1001", A, B), freed("1002", A, B)], LINES, waiting)
    assert [wake.caller.uniqueid for wake in wakes if wake.member] == ["b1", "b2"]
    assert names(wakes) == ["b1", "b2"]  # and no head of A's, who would race for the same member


def test_more_weight_goes_before_waiting_longer() -> None:
    waiting = {A: [caller("a1", A, 1)], C: [caller("c1", C, 99)]}
    assert names(choose([freed("1001", A, C)], LINES, waiting)) == ["c1"]


def test_a_queue_that_a_heavier_one_keeps_from_the_member_is_passed_over() -> None:
    waiting = {A: [caller("a1", A, 1)], B: [caller("b1", B, 2)]}
    assert names(choose([freed("1001", A, B)], LINES, waiting, lambda _, queue: queue == A)) == ["b1"]


def test_nobody_far_behind_is_looked_at() -> None:
    line = iter([caller(str(n), at=n) for n in range(300)])
    assert names(choose([freed("1001"), freed("1002")], LINES, {A: line}, woken={Uniqueid("1")})) == ["0", "2", "3"]
    assert next(line).uniqueid == "4"


def test_who_was_woken_a_moment_ago_is_passed_over() -> None:
    assert names(choose([freed("1001")], LINES, FOUR, woken={Uniqueid("1")})) == ["2", "3"]


def test_queues_that_are_none_of_ours() -> None:
    assert choose([freed("1001", QueueName("strange"))], LINES, FOUR) == []
    assert choose([], LINES, FOUR) == []
    assert choose([freed("1001")], LINES, {A: []}) == []


def test_a_hall_that_comes_back_from_its_break() -> None:
    many = {A: [caller(str(n), at=n) for n in range(1000)]}
    wakes = choose([freed(str(n)) for n in range(500)], LINES, many)
    assert names(wakes) == [str(n) for n in range(MOST)]


QUEUES = st.sampled_from([A, B, C])
FREED = st.lists(st.sets(QUEUES, min_size=1), max_size=6)
CALLERS = st.lists(st.tuples(QUEUES, st.integers(0, 50)), max_size=12)


@given(FREED, CALLERS, st.booleans())
def test_what_holds_always(members: list[set[QueueName]], callers: list[tuple[QueueName, int]], spare: bool) -> None:
    waiting: dict[QueueName, list[Candidate]] = {A: [], B: [], C: []}
    for number, (queue, at) in enumerate(callers):
        waiting[queue].append(caller(str(number), queue, at))
    all_freed = [freed(str(number), *sorted(queues)) for number, queues in enumerate(members)]
    by_name = {each.member: each.queues for each in all_freed}
    wakes = choose(all_freed, {name: Line(line.weight, spare) for name, line in LINES.items()}, waiting)
    assert len(set(names(wakes))) == len(wakes)
    sure = [wake for wake in wakes if wake.member is not None]
    assert len(sure) <= len(all_freed)
    for wake in sure:
        assert wake.member is not None
        assert wake.caller.queue in by_name[wake.member]
    more = [wake.caller.queue for wake in wakes if wake.member is None]
    assert len(set(more)) == len(more) and set(more) <= {wake.caller.queue for wake in sure}
    assert spare or not more
    _check_that_nobody_is_idle(all_freed, waiting, sure)
    _check_that_nobody_is_passed_over(waiting, wakes)


def _check_that_nobody_is_idle(
    freed: Sequence[Freed], waiting: Mapping[QueueName, Sequence[Candidate]], sure: Sequence[Wake]
) -> None:
    """A member for whom nobody was woken has nobody left who may be offered to them."""
    taken = {wake.caller.uniqueid for wake in sure}
    for each in freed:
        if each.member not in {wake.member for wake in sure}:
            assert all(c.uniqueid in taken for queue in each.queues for c in waiting[queue])


def _check_that_nobody_is_passed_over(waiting: Mapping[QueueName, Sequence[Candidate]], wakes: Sequence[Wake]) -> None:
    """Whoever stands before somebody who was woken for a member was woken too."""
    woken = {wake.caller.uniqueid for wake in wakes}
    for wake in wakes:
        if wake.member is not None:
            line = waiting[wake.caller.queue]
            before = line[: [c.uniqueid for c in line].index(wake.caller.uniqueid)]
            assert all(c.uniqueid in woken for c in before)
