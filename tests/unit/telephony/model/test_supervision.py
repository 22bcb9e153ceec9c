"""Supervisors who hear calls and move callers who wait; callers sent on from a room."""

from telephony.model import said_by_us as by_us
from telephony.model.changes import CallEnded
from telephony.model.ids import Micros, QueueName, Uniqueid
from telephony.records.build import build_record, is_no_call
from telephony.records.record import CallRecord
from tests.unit.telephony.model.script import Line, Pbx, told


def spies(ear: Line, mode: str, spied: str, boss: str = "1009") -> None:
    ear.say(lambda at, u, li: by_us.SpyTold(at, u, li, mode, boss, Uniqueid(spied)))


def heard(record: CallRecord) -> list[tuple[str, str, int]]:
    return [(each.by, each.mode, round((each.end - each.start) / 1_000_000)) for each in record.heard_by]


def kept(pbx: Pbx) -> list[CallRecord]:
    """What ingest would keep."""
    ended = [change for change in told(pbx.events).settle().changes if isinstance(change, CallEnded)]
    return [build_record(change.call) for change in ended if not is_no_call(change.call)]


def test_who_hears_a_call_stands_in_its_record_and_has_none_of_their_own() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    agent = caller.offered("1001")
    agent.answers()
    ear = pbx.originates("1009")
    ear.up()
    spies(ear, "listen", agent.uniqueid)
    pbx.events.append(pbx.events[-1])  # told twice
    pbx.wait(5)
    spies(ear, "whisper", agent.uniqueid)
    pbx.wait(3)
    spies(ear, "ended", agent.uniqueid)
    ear.gone()
    pbx.wait(1)
    caller.hangs_up()
    (record,) = kept(pbx)
    assert heard(record) == [("1009", "listen", 5), ("1009", "whisper", 3)]


def test_who_still_hears_when_the_call_ends_heard_it_to_its_end() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    agent = caller.offered("1001")
    agent.answers()
    ear = pbx.originates("1009")
    ear.up()
    spies(ear, "barge", agent.uniqueid)
    pbx.wait(4)
    caller.hangs_up()
    pbx.wait(10)
    ear.gone()
    (record,) = kept(pbx)
    assert heard(record) == [("1009", "barge", 4)]


def test_an_ear_on_a_call_that_is_over_is_no_call_either() -> None:
    pbx = Pbx()
    ear = pbx.originates("1009")
    ear.up()
    spies(ear, "listen", "gone-1.1")
    ear.gone()
    assert kept(pbx) == []


def test_a_caller_who_is_moved_stands_first_and_a_stranger_changes_nothing() -> None:
    pbx = Pbx()
    callers = [pbx.citizen(f"1380013800{n}") for n in range(3)]
    for position, caller in enumerate(callers, 1):
        caller.joins(position=position)
    last = callers[-1].uniqueid
    pbx.say(lambda at: by_us.CallerMoved(at, QueueName("hotline"), last, 1_000))
    pbx.say(lambda at: by_us.CallerMoved(at, QueueName("hotline"), Uniqueid("nobody-1.1"), 1_001))
    pbx.say(lambda at: by_us.CallerMoved(at, QueueName("nowhere"), last, 1_001))
    heard_all = told(pbx.events)
    line = heard_all.tracker.world.queues[QueueName("hotline")].waiting
    assert [waiting.uniqueid for waiting in line] == [last, callers[0].uniqueid, callers[1].uniqueid]
    assert heard_all.tracker.world.by_leg[last].priority == 1_000


def test_a_caller_sent_on_from_a_room_was_transferred_blind() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    agent = caller.offered("1001")
    agent.answers()
    pbx.wait(5)
    caller.say(lambda at, u, li: by_us.CallerSent(at, u, li, "1001", "1002"))
    pbx.events.append(pbx.events[-1])
    caller.hangs_up()
    (record,) = kept(pbx)
    assert [(each.kind, each.by, each.to) for each in record.transfers] == [("blind", "1001", "1002")]
    assert record.transfers[0].at > Micros(0)
