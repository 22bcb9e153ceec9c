"""What a rehearsal came to: judged on hand-made books, percentiles by their definition."""

import math
import random
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.model.terms import Outcome
from telephony.records.record import CallRecord
from tests.unit.zhitong.lab.rehearsal.books import caller, kept, offer
from zhitong.lab.books import Seen
from zhitong.lab.rehearsal.result import Stats, judge, overheads, percentile, stats

T = 1_795_402_664.0  # when it all begins


def three_calls() -> tuple[list[Seen], list[CallRecord]]:
    """A and B are answered after 3 s and 5 s, C gives up after 2 s; every call finds an agent free."""
    seen = [
        caller("a", T, end=T + 10, answered=T + 3),
        offer("1001", "a", T + 0.002, end=T + 10, answered=T + 3),
        caller("b", T + 20, end=T + 30, answered=T + 25),
        offer("1002", "b", T + 20.004, end=T + 30, answered=T + 25),
        caller("c", T + 40, end=T + 42),
        offer("1001", "c", T + 40.006, end=T + 42),
    ]
    records = [
        kept("a", T, T + 0.001, T + 3, T + 10),
        kept("b", T + 20, T + 20.001, T + 25, T + 30),
        kept("c", T + 40, T + 40.001, None, T + 42),
    ]
    return seen, records


# --- counts -------------------------------------------------------------------------------------------------------


def test_books_that_agree() -> None:
    result = judge(*three_calls())
    assert (result.calls, result.answered, result.abandoned, result.other) == (3, 2, 1, 0)
    assert (result.recorded, result.lost, result.duplicated) == (3, 0, 0)
    assert result.connect_ms == Stats(4000.0, 3000.0, 5000.0)
    assert result.overhead_calls == 3
    assert result.overhead_ms == Stats(4.0, 4.0, 6.0)


@pytest.mark.parametrize("index", range(3))
def test_a_record_that_is_missing_is_lost(index: int) -> None:
    seen, records = three_calls()
    del records[index]
    result = judge(seen, records)
    assert (result.calls, result.recorded, result.lost, result.duplicated) == (3, 2, 1, 0)


@pytest.mark.parametrize("index", range(3))
def test_a_record_too_many_is_double(index: int) -> None:
    seen, records = three_calls()
    result = judge(seen, [*records, records[index]])
    assert (result.recorded, result.lost, result.duplicated) == (4, 0, 1)


def test_one_lost_and_one_double_do_not_cancel_out() -> None:
    seen, records = three_calls()
    result = judge(seen, [records[0], records[0], records[2]])
    assert (result.recorded, result.lost, result.duplicated) == (3, 1, 1)


def test_a_record_of_nobodys_call() -> None:
    seen, records = three_calls()
    strange = msgspec.structs.replace(records[0], caller_number="z")
    result = judge(seen, [strange, *records[1:]])
    assert (result.lost, result.duplicated) == (1, 1)


def test_other_ends_are_neither_answered_nor_abandoned() -> None:
    seen, records = three_calls()
    for outcome in set(Outcome) - {Outcome.ANSWERED, Outcome.ABANDONED}:
        changed = [*records[:2], msgspec.structs.replace(records[2], outcome=outcome)]
        result = judge(seen, changed)
        assert (result.answered, result.abandoned, result.other) == (2, 0, 1)


def test_nothing_at_all() -> None:
    result = judge([], [])
    assert (result.calls, result.recorded, result.lost, result.duplicated) == (0, 0, 0, 0)
    assert result.connect_ms == result.overhead_ms == Stats(None, None, None)


@given(st.lists(st.sampled_from("abcde"), max_size=12), st.lists(st.sampled_from("abcde"), max_size=12))
def test_lost_and_double_by_hand(made: list[str], recorded: list[str]) -> None:
    """A second method: strike out pairs, count what is left on either side."""
    lost, double = list(made), []
    for number in recorded:
        if number in lost:
            lost.remove(number)
        else:
            double.append(number)
    result = judge([caller(number, T) for number in made], [kept(number, T, None, None, T + 1) for number in recorded])
    assert (result.lost, result.duplicated) == (len(lost), len(double))
    assert result.calls - result.lost + result.duplicated == result.recorded


def test_the_order_of_the_books_does_not_matter() -> None:
    seen, records = three_calls()
    dice = random.Random(7)
    expected = judge(seen, records)
    for _ in range(10):
        dice.shuffle(seen)
        dice.shuffle(records)
        assert judge(seen, records) == expected


# --- percentiles --------------------------------------------------------------------------------------------------

times = st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=60)


@given(times, st.integers(1, 100))
def test_nearest_rank_by_its_definition(values: list[float], percent: int) -> None:
    """The smallest of the values that at least so many percent do not exceed."""
    expected = min(v for v in values if sum(other <= v for other in values) * 100 >= percent * len(values))
    assert percentile(sorted(values), percent) == expected


@given(times)
def test_stats_by_another_method(values: list[float]) -> None:
    found = stats(iter(values))
    ordered = sorted(values)
    assert found.mean == pytest.approx(math.fsum(values) / len(values), abs=0.1)
    assert found.p50 == round(ordered[math.ceil(len(values) / 2) - 1], 1)
    assert found.p95 == round(ordered[math.ceil(len(values) * 0.95 - 1e-9) - 1], 1)


def test_known_percentiles() -> None:
    assert percentile(range(1, 101), 95) == 95
    assert percentile(range(1, 101), 50) == 50
    assert percentile([7.0], 95) == 7.0
    assert stats([]) == Stats(None, None, None)


# --- overhead -----------------------------------------------------------------------------------------------------


def of(seen: Sequence[Seen], records: Sequence[CallRecord]) -> list[float]:
    return [round(value, 1) for value in overheads([each for each in seen if each.role == "agent"], records)]


def test_overhead_is_from_the_first_event_to_the_phones_invite() -> None:
    assert of(*three_calls()) == [2.0, 4.0, 6.0]


def test_a_call_that_waited_for_a_busy_agent_has_none() -> None:
    """1001 talks with A until 10 s; B comes at 4 s and gets 1001 then."""
    seen = [offer("1001", "a", T + 0.002, T + 10, T + 1), offer("1001", "b", T + 10.5, T + 20, T + 12)]
    records = [kept("a", T, T + 0.001, T + 1, T + 10), kept("b", T + 4, T + 10.49, T + 12, T + 20)]
    assert of(seen, records) == [2.0]


def test_a_phone_that_still_rings_for_another_is_busy() -> None:
    seen = [offer("1001", "a", T + 0.002, T + 5), offer("1001", "b", T + 5.1, T + 20, T + 12)]
    records = [kept("a", T, T + 0.001, None, T + 5), kept("b", T + 4, T + 5.09, T + 12, T + 20)]
    assert of(seen, records) == [2.0]


def test_a_call_behind_others_who_wait_has_none() -> None:
    """B comes while A still waits to be offered: 1002, free all the time but not signed in, is not to blame."""
    seen = [offer("1001", "a", T + 8, T + 20, T + 9), offer("1002", "b", T + 8.5, T + 20, T + 9)]
    records = [kept("a", T, T + 7.99, T + 9, T + 20), kept("b", T + 4, T + 8.49, T + 9, T + 20)]
    assert of(seen, records) == [8000.0]


def test_a_call_that_rang_nowhere_has_none() -> None:
    assert of([], [kept("a", T, None, None, T + 2)]) == []


def test_the_first_phone_that_rang_counts() -> None:
    """1001 lets it ring out; 1002 is offered the call 20 s later."""
    seen = [offer("1001", "a", T + 0.003, T + 20), offer("1002", "a", T + 21, T + 40, T + 24)]
    assert of(seen, [kept("a", T, T + 0.002, T + 24, T + 40)]) == [3.0]


def test_two_calls_of_one_number_are_told_apart_by_time() -> None:
    seen = [offer("1001", "a", T + 0.002, T + 10, T + 1), offer("1002", "a", T + 60.004, T + 70, T + 61)]
    records = [kept("a", T, T + 0.001, T + 1, T + 10), kept("a", T + 60, T + 60.001, T + 61, T + 70)]
    assert of(seen, records) == [2.0, 4.0]


def test_a_phone_whose_call_has_not_ended_is_busy() -> None:
    seen = [offer("1001", "a", T, None, T + 1), offer("1001", "b", T + 50, None, T + 51)]
    records = [kept("a", T - 0.001, T, T + 1, T + 90), kept("b", T + 49, T + 50, T + 51, T + 90)]
    assert of(seen, records) == [1.0]


def test_through_a_menu_it_is_not_measured() -> None:
    result = judge(*three_calls(), menu=True)
    assert (result.overhead_calls, result.overhead_ms) == (0, Stats(None, None, None))
    assert result.connect_ms == Stats(4000.0, 3000.0, 5000.0)
