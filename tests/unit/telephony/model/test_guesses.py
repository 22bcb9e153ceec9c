"""What a record says of a call that was seen in part is either so, or named as a guess."""

import copy
from itertools import product

import msgspec
import pytest

from telephony.journal.merge import complete
from telephony.model.calls import Call
from telephony.model.events import LinkLost
from telephony.model.guesses import Known, own_up, own_up_after
from telephony.model.ids import CallId, Micros, PbxName, Uniqueid
from telephony.model.terms import Direction
from telephony.records.record import CallRecord
from tests.unit.telephony.journal import recorded
from tests.unit.telephony.journal.test_merge import interrupted
from tests.unit.telephony.model.script import Pbx, Told
from tests.unit.telephony.model.snapshots import asked

TIMES = ("received_at", "queued_at", "first_offered_at", "answered_at", "ended_at")
DURATIONS = ("wait_ms", "ring_ms", "talk_ms", "hold_ms")
STORIES = ("caller-ends", "held-twice", "blind-into-a-queue", "attended-by-keys", "the-caller-leaves-a-consult")
CLOSE = 50
"""Milliseconds: what counts as seen."""


def wrong(found: CallRecord, true: CallRecord) -> set[str]:
    """The times and durations that are not what they were."""

    def apart(name: str, unit: int) -> bool:
        one, other = getattr(found, name), getattr(true, name)
        return one is not other if one is None or other is None else abs(one - other) > CLOSE * unit

    return {name for name in TIMES if apart(name, 1_000)} | {name for name in DURATIONS if apart(name, 1)}


@pytest.mark.parametrize("name", STORIES)
def test_whenever_the_bridge_was_away_every_wrong_time_is_named(name: str) -> None:
    """Started in the middle of a call (from 0), or its link broken and back: at every few moments of a real story."""
    events = recorded.events(name)
    whole = recorded.seen(events)
    for lost, length in product(range(0, len(events), 3), (1, 2, 5, 9, 14, 20, 30, 45, 60)):
        back = min(len(events), max(2, lost + length))
        for record in recorded.seen(interrupted(events, lost, back)).values():
            assert wrong(record, whole[record.call_id]) <= set(record.estimated), (lost, back)


@pytest.mark.parametrize("name", STORIES)
def test_a_call_whose_head_nobody_saw_is_named_too_and_told_by_the_logs(name: str) -> None:
    """A login over a slow link: the caller's channel is older than the login, and gone before the lists are read."""
    events = recorded.events(name)
    whole = recorded.seen(events)
    (call,) = recorded.rebuilt_calls(name).values()
    for since in range(2, len(events)):
        for record in recorded.seen([events[0], *events[since:]]).values():
            true = whole[record.call_id]
            assert wrong(record, true) <= set(record.estimated), since
            told = complete(copy.deepcopy(call), record)
            assert (told.outcome, told.direction, told.agent) == (true.outcome, true.direction, true.agent), since
            assert wrong(told, true) <= {"talk_ms", "hold_ms"}, since  # of a hold the logs know nothing
            assert abs(told.talk_ms + told.hold_ms - true.talk_ms - true.hold_ms) <= 2 * CLOSE, since


def test_a_bridge_started_in_the_middle_of_a_talk_owns_up_to_connect_and_talk() -> None:
    """And the logs, once they have told the call, leave nothing of it a guess."""
    events = recorded.events("caller-ends")
    (true,) = recorded.seen(events).values()
    middle = next(at for at, event in enumerate(events) if true.answered_at and event.at > true.answered_at)
    (record,) = recorded.seen(interrupted(events, 0, middle + 1)).values()
    assert {"answered_at", "talk_ms", "wait_ms", "ring_ms"} <= set(record.estimated)
    assert "ended_at" not in record.estimated
    (call,) = recorded.rebuilt_calls("caller-ends").values()
    told = complete(call, record)
    assert told.estimated == ()
    assert wrong(told, true) == set()


def test_a_link_that_was_down_for_a_moment_leaves_what_was_settled() -> None:
    pbx = Pbx()
    pbx.signs_in("1001")
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered("1001")
    pbx.wait(2)
    phone.answers()
    pbx.wait(5)
    start, lost = len(pbx.events), LinkLost(pbx.now, 1)
    pbx.wait(2)
    taken = asked(pbx.events, pbx.now)
    caller.hangs_up()
    heard = Told().hear([asked(pbx.events[:1]), *pbx.events[:start], lost, taken, *pbx.events[start:]]).settle()
    assert heard.record.estimated == ("talk_ms", "hold_ms")


def test_a_snapshot_that_only_checks_leaves_what_was_seen() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    first = asked(pbx.events[:1])
    start, audit = len(pbx.events), asked(pbx.events)
    caller.gives_up()
    told = Told().hear([first, *pbx.events[1:start], audit, *pbx.events[start:]]).settle()
    again = Told().hear([first, *pbx.events[1:]]).settle()
    assert told.record == again.record


def test_a_snapshot_that_finds_what_was_missed_says_so() -> None:
    call = Call(CallId("x"), PbxName("pbx1"), Uniqueid("1.1"), Micros(1), Direction.INBOUND)
    before = Known(queued=True, offered=True, answered=False, over=False)
    own_up_after(call, Known(queued=False, offered=False, answered=False, over=False), blind=False)
    assert call.estimated == []
    own_up_after(call, before, blind=False)
    assert call.estimated == ["answered_at", "wait_ms", "ring_ms", "talk_ms", "hold_ms"]


def test_guesses_are_fields_of_the_record_in_its_order() -> None:
    call = Call(CallId("x"), PbxName("pbx1"), Uniqueid("1.1"), Micros(1), Direction.INBOUND)
    call.headless = True
    own_up_after(call, None, blind=True)
    own_up(call, "legs", "received_at")
    fields = [field.name for field in msgspec.structs.fields(CallRecord)]
    assert set(call.estimated) <= set(fields)
    times = [name for name in call.estimated if name in TIMES]
    assert times == [name for name in fields if name in times]
    assert len(call.estimated) == len(set(call.estimated)) == 10
