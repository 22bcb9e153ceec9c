"""Calls whose rows were lost in part: what remains is told as what it proves."""

import pytest

from telephony.journal.mending import mend
from telephony.journal.rebuild import rebuild
from telephony.journal.retell import in_order
from telephony.journal.rows import CelRow, QueueLine
from telephony.model.terms import Direction, Outcome
from telephony.records.build import build_record
from telephony.records.record import CallRecord
from tests.unit.telephony.journal import recorded

ANSWERED = ("caller-ends", "agent-ends", "held-twice", "refused-486", "ring-all", "an-order-ends-a-talk")
UNANSWERED = ("gives-up-waiting", "gives-up-ringing", "times-out", "withdrawn", "gives-up-in-a-ring-all")


def told(rows: list[CelRow], lines: list[QueueLine]) -> list[CallRecord]:
    groups = recorded.groups(rows, lines)
    return [build_record(call) for group in groups for call in rebuild(recorded.PBX, group)]


@pytest.mark.parametrize("name", recorded.NAMES)
def test_nothing_is_put_where_nothing_is_missing(name: str) -> None:
    for group in recorded.groups(recorded.rows(name), recorded.lines(name)):
        rows = in_order(group.rows)
        assert mend(rows, group.lines, group.headless).rows == rows


@pytest.mark.parametrize("name", ANSWERED)
@pytest.mark.parametrize("lines_left", [0, 1, 100])
def test_the_first_half_of_an_answered_call_is_lost(name: str, lines_left: int) -> None:
    rows, lines = recorded.rows(name), recorded.lines(name)
    (whole,) = recorded.rebuilt(name).values()
    exits = [number for number, row in enumerate(rows) if row.event == "BRIDGE_EXIT"]
    for lost in range(1, exits[-2] + 1):
        kept = lines[len(lines) - lines_left :] if lines_left < len(lines) else lines
        (record,) = told(rows[lost:], kept)
        assert (record.outcome, record.agent, record.direction) == (Outcome.ANSWERED, whole.agent, Direction.INBOUND)
        assert record.call_id == whole.call_id
        assert "received_at" in record.estimated
        assert "answered_at" in record.estimated or record.answered_at == whole.answered_at
        assert record.ended_at == whole.ended_at


@pytest.mark.parametrize("name", ANSWERED[:2])
def test_all_but_the_last_words_are_lost(name: str) -> None:
    rows, lines = recorded.rows(name), recorded.lines(name)
    last = max(number for number, row in enumerate(rows) if row.event == "BRIDGE_EXIT")
    end = max(number for number, row in enumerate(rows) if row.event == "HANGUP")
    for lost in range(last + 1, end):
        for record in told(rows[lost:], lines[-1:]):
            assert record.outcome is Outcome.ANSWERED
            assert "answered_at" in record.estimated


@pytest.mark.parametrize("name", UNANSWERED)
def test_nobody_is_said_to_have_answered_who_did_not(name: str) -> None:
    rows, lines = recorded.rows(name), recorded.lines(name)
    for lost in range(1, len(rows)):
        for record in told(rows[lost:], lines):
            assert (record.outcome, record.agent) != (Outcome.ANSWERED, record.agent)
            assert record.direction is not Direction.OUTBOUND


@pytest.mark.parametrize("name", ["caller-ends", "an-order-ends-a-talk"])
def test_a_hole_in_the_middle_of_a_call(name: str) -> None:
    """The disk was full from before the answer until after it."""
    rows, lines = recorded.rows(name), recorded.lines(name)
    (whole,) = recorded.rebuilt(name).values()
    enters = [number for number, row in enumerate(rows) if row.event == "BRIDGE_ENTER"]
    first = next(number for number, row in enumerate(rows) if row.event == "APP_START") + 1
    for start in range(first, enters[0] + 1):
        (record,) = told([*rows[:start], *rows[enters[1] + 1 :]], lines[-1:])
        assert (record.outcome, record.agent) == (Outcome.ANSWERED, whole.agent)
        assert record.received_at == whole.received_at
        assert "answered_at" in record.estimated
        assert record.queued_at is not None
        assert record.queued_at <= (record.answered_at or 0) <= record.ended_at


def test_the_seconds_of_queue_log_tell_how_long_they_talked() -> None:
    rows, lines = recorded.rows("agent-ends"), recorded.lines("agent-ends")
    first = next(number for number, row in enumerate(rows) if row.event == "BRIDGE_EXIT")
    (record,) = told(rows[first:], lines[-1:])
    (seconds,) = [int(line.field(1)) for line in lines if line.event == "COMPLETEAGENT"]
    assert record.answered_at is not None
    assert abs(rows[first].at - record.answered_at - seconds * 1_000_000) < 10_000
    (bare,) = told(rows[first:], [])
    assert bare.answered_at is not None
    assert rows[first].at - bare.answered_at == 100_000, "nothing tells: told as an instant before the end"
