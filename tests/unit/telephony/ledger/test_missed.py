"""Which calls the ledger takes in, whose they are, and what it notes of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplans.contract import INTERNAL_TRUNK
from telephony.ledger.missed import (
    SHORT_ABANDON_MS,
    caller_key,
    can_be_called,
    is_answered,
    is_missed,
    missed_call,
    to_dial,
)
from telephony.ledger.terms import EntryId
from telephony.model.ids import Micros
from telephony.model.terms import AbandonedIn, Direction, Outcome
from telephony.numbers.kinds import Rules
from telephony.records.numbered import INTERNAL
from telephony.records.record import CallRecord
from tests.unit.telephony.records.samples import call_id, record


def unanswered(number: int = 1, **changes: Any) -> CallRecord:
    nobody: dict[str, Any] = {"outcome": Outcome.ABANDONED, "answered_at": None, "abandoned_in": AbandonedIn.WAITING}
    return record(number, **{**nobody, **changes})


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.ANSWERED])
def test_every_end_but_an_answer_is_owed_a_call(outcome: Outcome) -> None:
    assert is_missed(unanswered(outcome=outcome))
    assert not is_answered(unanswered(outcome=outcome))


def test_an_answered_call_is_not() -> None:
    assert not is_missed(record())
    assert is_answered(record())


@pytest.mark.parametrize("direction", [Direction.INTERNAL, Direction.OUTBOUND])
def test_only_a_citizens_call_counts(direction: Direction) -> None:
    assert not is_missed(unanswered(direction=direction))
    assert not is_answered(record(direction=direction))


def test_a_phone_of_the_site_that_dials_the_hotline_is_no_citizen() -> None:
    assert INTERNAL == INTERNAL_TRUNK
    assert not is_missed(unanswered(trunk=INTERNAL_TRUNK))
    assert not is_answered(record(trunk=INTERNAL_TRUNK))


RULES = Rules(area_code="561")
ONE_CALLER = [
    ("13812345678", ["013812345678", "8613812345678", "+8613812345678", "008613812345678"]),
    ("02161234567", ["+862161234567", "862161234567", "00862161234567", "+8602161234567", "008602161234567"]),
    ("01065123456", ["+861065123456"]),
    ("05613053000", ["3053000", "0561-3053000", "+865613053000", "5613053000"]),
    ("05613053000;ext=8012", ["3053000-8012", "+865613053000;ext=8012"]),
    ("055165123456", ["+8655165123456"]),
    ("110", []),
    ("12345", []),
    ("+85221234567", ["0085221234567"]),
    ("85221234567", []),  # no sign of abroad: it may be something else
    ("12012345678", []),
]


@pytest.mark.parametrize(("key", "others"), ONE_CALLER)
def test_a_number_is_its_caller_however_it_is_written(key: str, others: list[str]) -> None:
    for number in (key, *others):
        assert can_be_called(number)
        assert {caller_key(unanswered(which, caller_number=number), RULES) for which in (1, 2)} == {key}


def test_different_numbers_are_different_callers() -> None:
    written = [number for key, others in ONE_CALLER for number in (key, *others)]
    assert len({caller_key(unanswered(caller_number=number), RULES) for number in written}) == len(ONE_CALLER)


@pytest.mark.parametrize(
    ("received", "dialled"),
    [
        ("013812345678", "013812345678"),
        ("+865613053000", "+865613053000"),
        ("3053000", "3053000"),
        ("+865613053000;ext=8012", "05613053000"),
        ("sip:+85221234567@a", "+85221234567"),
    ],
)
def test_whoever_is_called_back_is_dialled_as_received_where_that_can_be_dialled(received: str, dialled: str) -> None:
    assert to_dial(missed_call(unanswered(caller_number=received), EntryId(1), RULES)) == dialled


WORDS = ["", "anonymous", "Anonymous", "unknown", "匿名", "000000", "+0", "0", "12", "alice", "*67", "+"]
ODD = ["13812345678x", "13812345678\n", "1" + "\u0661" * 5]


@pytest.mark.parametrize("number", [*WORDS, *ODD])
def test_who_withholds_the_number_is_nobody_elses_caller(number: str) -> None:
    """Two withheld numbers are two people, whatever word the carrier writes for it."""
    assert not can_be_called(number)
    keys = {caller_key(unanswered(which, caller_number=number), RULES) for which in (1, 2)}
    assert len(keys) == 2


@given(st.text(max_size=20))
def test_no_text_of_a_callers_makes_a_key_of_another_sort(number: str) -> None:
    key = caller_key(unanswered(caller_number=number), RULES)
    assert (key == f"call:{call_id(1)}") != can_be_called(number)
    assert key.startswith("call:") != can_be_called(number)


def test_what_is_noted() -> None:
    told = unanswered(wait_ms=12_000, refused_because=None)
    call = missed_call(told, EntryId(7), RULES)
    for name in ("call_id", "caller_number", "caller_name", "pbx", "trunk", "dialled", "queue", "received_at"):
        assert getattr(call, name) == getattr(told, name), name
    assert (call.number, call.caller, call.waited_ms) == (7, told.caller_number, 12_000)
    assert (call.outcome, call.abandoned_in, call.refused_because) == (Outcome.ABANDONED, AbandonedIn.WAITING, None)


def test_of_a_call_that_came_to_no_queue_all_its_time_was_waiting() -> None:
    told = unanswered(wait_ms=None, queue=None, abandoned_in=AbandonedIn.ENTRY)
    told_for = (told.ended_at - told.received_at) // 1000
    assert missed_call(told, EntryId(1), RULES).waited_ms == told_for
    backwards = unanswered(wait_ms=None, ended_at=Micros(told.received_at - 5))
    assert missed_call(backwards, EntryId(1), RULES).waited_ms == 0


@pytest.mark.parametrize(
    ("outcome", "waited_ms", "short"),
    [
        (Outcome.ABANDONED, SHORT_ABANDON_MS - 1, True),
        (Outcome.ABANDONED, SHORT_ABANDON_MS, False),
        (Outcome.QUEUE_FULL, 0, False),
        (Outcome.REFUSED, 100, False),
    ],
)
def test_who_gave_up_at_once_is_marked(outcome: Outcome, waited_ms: int, short: bool) -> None:
    assert missed_call(unanswered(outcome=outcome, wait_ms=waited_ms), EntryId(1), RULES).short is short


def test_how_soon_is_at_once_can_be_said() -> None:
    told = unanswered(wait_ms=2_500)
    assert missed_call(told, EntryId(1), RULES, short_ms=3_000).short
    assert not missed_call(told, EntryId(1), RULES, short_ms=2_500).short
