"""A PBX that was stopped and started again: phones repeat what nobody heard, and rings end by nobody's doing."""

from dataclasses import replace

import pytest

from tests.judge.books.sipp import Caller, Ring
from tests.judge.case import Case
from tests.judge.findings import Kind
from tests.judge.outages import heard_of, outage_between
from tests.judge.views import by_sipp
from tests.judge.views.view import Setting
from tests.unit.judge.judged import findings
from tests.unit.judge.telling import Call
from tests.unit.judge.world import MS, SECOND, START, World

DOWN, BACK = START + 2 * SECOND, START + 5 * SECOND
OUTCOMES = ("answered", "no_answer", "refused", "unavailable", "cancelled", "dropped", "lost")


def one_call(late_ms: int) -> World:
    """One call whose phone sent its first INVITE ``late_ms`` before the one that the PBX heard, after the outage."""
    world = World()
    Call(world, "13800000001", START + 6 * SECOND).enter().seconds(3).caller_hangs_up()
    [(at, line)] = [each for each in world.phones if "\tinvite_sent\t" in each[1]]
    first = at - late_ms * MS
    cells = line.split("\t")
    cells[2] = f"{first // SECOND}.{first % SECOND:06}"
    world.phones.remove((at, line))
    world.phones.append((first, "\t".join(cells)))
    return world


@pytest.mark.parametrize("late_ms", [1_500, 3_500])
def test_an_invite_that_was_sent_again_is_the_call_that_the_pbx_heard(late_ms: int) -> None:
    assert not findings(one_call(late_ms), outages=[(DOWN, BACK)])


@pytest.mark.parametrize("late_ms", [1_500, 3_500])
def test_while_the_pbx_ran_nothing_is_late(late_ms: int) -> None:
    assert findings(one_call(late_ms))


@pytest.mark.parametrize("late_ms", [1_200, 2_400])
def test_no_phone_sends_again_at_such_a_moment(late_ms: int) -> None:
    assert findings(one_call(late_ms), outages=[(DOWN, BACK)])


def test_such_a_call_must_have_its_record() -> None:
    world = one_call(3_500)
    world.records.clear()
    found = findings(world, outages=[(DOWN, BACK)])
    assert [finding.kind for finding in found] == [Kind.LOST]


def caller(invited: int) -> Caller:
    return Caller("1@x", "138", "", "12345", invited, None, None, None, 0, None, None, None)


def test_the_repeats_are_those_of_timer_a() -> None:
    sent = caller(DOWN)
    heard = {heard_of(sent, DOWN + after * MS, [(DOWN, BACK)]) - DOWN for after in range(0, 33_000, 100)}
    assert sorted(heard) == [each * MS for each in (0, 500, 1_500, 3_500, 7_500, 15_500, 31_500)]


def test_outside_an_outage_only_the_first_counts() -> None:
    assert heard_of(caller(DOWN - 1), BACK, [(DOWN, BACK)]) == DOWN - 1


def test_an_outage_touches_what_lived_in_it() -> None:
    assert outage_between(START, DOWN, [(DOWN, BACK)]) == (DOWN, BACK)
    assert outage_between(BACK, BACK + 1, [(DOWN, BACK)]) == (DOWN, BACK)
    assert outage_between(START, DOWN - 1, [(DOWN, BACK)]) is None


def offer_outcomes(stopped: tuple[int, int] | None) -> set[str]:
    """What the phones claim of a ring that was taken back as the PBX was told to stop, with the caller still there."""
    ring = Ring("1001", "2@x", "138", DOWN - SECOND, None, None, DOWN + 10 * MS, 487, None, None, None)
    gone = replace(caller(START), bye_seen=DOWN + 20 * MS)
    (offer,) = by_sipp.view(Case("pbx1-1.1", gone, rings=[ring], stopped=stopped), Setting()).offers
    return {each for each in OUTCOMES if offer.claims["outcome"].admits(each)}


def test_a_ring_that_a_stop_ended_may_be_called_by_any_end() -> None:
    assert offer_outcomes((DOWN, BACK)) == {"cancelled", "no_answer", "dropped", "lost"}


def test_without_a_stop_only_the_queue_can_have_ended_it() -> None:
    assert offer_outcomes(None) == {"no_answer"}
    assert offer_outcomes((DOWN + SECOND, BACK)) == {"no_answer"}
