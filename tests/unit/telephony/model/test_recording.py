"""What is recorded of a call: which file, what was left out of it, and what the caller was told."""

from telephony.model import events as ev
from telephony.model.changes import CallTransferred, RecordingPaused
from telephony.model.ids import Micros
from telephony.records.record import CallRecord
from tests.unit.telephony.model.script import Line, Pbx, Phone, Told, told

PATH = "2026/11/23/pbx1-1795400000.1.wav"


def recorded() -> tuple[Pbx, Line, Phone]:
    """A citizen and an agent, talking, and recorded."""
    pbx = Pbx()
    caller = pbx.citizen()
    caller.say(lambda at, u, li: ev.CallEntered(at, u, li, "carrier", "12345", PATH, "carrier"))
    caller.joins("hotline")
    phone = caller.offered("1001")
    pbx.wait(3)
    recorder(caller)
    phone.answers()
    pbx.wait(10)
    return pbx, caller, phone


def recorder(line: Line, running: bool = True) -> None:
    line.say(lambda at, u, li: ev.RecordingChanged(at, u, li, running))


def says(line: Line, state: str, size: int = 0) -> None:
    line.say(lambda at, u, li: ev.RecordingTold(at, u, li, state, size))


def mutes(line: Line, muted: bool) -> None:
    line.say(lambda at, u, li: ev.RecordingMuted(at, u, li, muted))


def over(pbx: Pbx, caller: Line) -> Told:
    pbx.wait(5)
    says(caller, "ended", 160_044)
    caller.hangs_up()
    return told(pbx.events)


def pauses(record: CallRecord) -> list[tuple[str, float]]:
    return [(each.by, round((each.end - each.start) / 1e6, 1)) for each in record.recording_pauses]


def test_the_record_names_the_file_its_size_and_the_notice() -> None:
    pbx, caller, _ = recorded()
    record = over(pbx, caller).record
    assert (record.recording, record.recorded_bytes, record.notice) == (PATH, 160_044, "carrier")
    assert (record.recording_pauses, record.other_recordings) == ((), ())


def test_a_pause_by_key_lasts_from_paused_to_resumed() -> None:
    pbx, caller, _ = recorded()
    recorder(caller, False)
    says(caller, "paused")
    pbx.wait(7)
    recorder(caller, False)
    recorder(caller)
    says(caller, "resumed")
    heard = over(pbx, caller)
    assert pauses(heard.record) == [("key", 7.0)]
    assert [change.by for change in heard.changes if isinstance(change, RecordingPaused)] == ["key", ""]
    assert not heard.anomalies


def test_a_pause_by_command_is_as_long_as_the_recorder_is_mute() -> None:
    pbx, caller, _ = recorded()
    mutes(caller, True)
    pbx.wait(4)
    mutes(caller, False)
    pbx.wait(1)
    mutes(caller, False)
    assert pauses(over(pbx, caller).record) == [("command", 4.0)]


def test_where_there_was_no_recorder_none_was_silenced() -> None:
    """A key's pause has stopped it; the PBX tells of the silence all the same."""
    pbx, caller, _ = recorded()
    recorder(caller, False)
    says(caller, "paused")
    pbx.wait(1)
    mutes(caller, True)
    pbx.wait(2)
    says(caller, "resumed")
    assert pauses(over(pbx, caller).record) == [("key", 3.0)]


def test_the_recorder_is_known_to_run_until_it_is_stopped() -> None:
    pbx, caller, _ = recorded()
    heard = Told().hear(pbx.events)
    call = next(iter(heard.tracker.world.calls.values()))
    assert (call.recorder, call.recorder_since) == (caller.uniqueid, caller_began(heard))
    recorder(caller, False)
    heard.hear([pbx.events[-1]])
    assert call.recorder_since is None


def caller_began(heard: Told) -> Micros:
    """When the queue began the recorder: 3 s and some steps after the call came in."""
    call = next(iter(heard.tracker.world.calls.values()))
    assert call.recorder_since is not None
    assert 3_000_000 < call.recorder_since - call.received_at < 3_010_000
    return call.recorder_since


def test_a_recorder_that_begins_anew_is_not_mute() -> None:
    pbx, caller, _ = recorded()
    mutes(caller, True)
    pbx.wait(2)
    recorder(caller, False)
    recorder(caller)
    pbx.wait(30)
    assert pauses(over(pbx, caller).record) == [("command", 2.0)]


def test_a_key_during_a_command_s_pause_makes_it_the_key_s() -> None:
    pbx, caller, _ = recorded()
    mutes(caller, True)
    pbx.wait(2)
    says(caller, "paused")
    pbx.wait(3)
    mutes(caller, False)
    pbx.wait(1)
    says(caller, "resumed")
    assert pauses(over(pbx, caller).record) == [("command", 2.0), ("key", 4.0)]


def test_a_pause_that_nobody_ended_ends_with_the_call() -> None:
    pbx, caller, _ = recorded()
    says(caller, "paused")
    pbx.wait(3)
    caller.hangs_up()
    record = told(pbx.events).record
    assert pauses(record) == [("key", 3.0)]
    assert record.recording_pauses[0].end <= record.ended_at
    assert record.recorded_bytes is None, "nobody told"


def test_what_is_said_twice_changes_nothing() -> None:
    pbx, caller, _ = recorded()
    says(caller, "paused")
    says(caller, "paused")
    pbx.wait(3)
    says(caller, "resumed")
    says(caller, "resumed")
    assert pauses(over(pbx, caller).record) == [("key", 3.0)]


def test_recorders_of_other_channels_are_of_no_concern() -> None:
    """An agent who consults a queue has one, which is thrown away."""
    pbx, caller, phone = recorded()
    recorder(phone)
    mutes(phone, True)
    says(phone, "ended", 44)
    record = over(pbx, caller).record
    assert (record.recording_pauses, record.recorded_bytes) == ((), 160_044)


def test_the_clock_s_step_moves_a_pause_with_the_call() -> None:
    pbx, caller, _ = recorded()
    says(caller, "paused")
    heard = Told().hear(pbx.events)
    heard.hear([ev.ClockSet(heard.last, 3_600_000_000)])
    call = next(iter(heard.tracker.world.calls.values()))
    assert call.open_pause is not None
    assert abs(call.open_pause.start - heard.last - 3_600_000_000) < 1_000


def test_a_transfer_is_told() -> None:
    pbx, caller, phone = recorded()
    phone.blind_transfers("1002")
    heard = Told().hear(pbx.events)
    (change,) = (change for change in heard.changes if isinstance(change, CallTransferred))
    assert (change.kind, change.call_id) == ("blind", next(iter(heard.tracker.world.calls)))
    assert caller.uniqueid


def test_strangers_are_anomalies() -> None:
    pbx, _, _ = recorded()
    stranger = Line(pbx, "1009")
    mutes(stranger, True)
    says(stranger, "paused")
    assert told(pbx.events).anomalies == [
        f"unknown channel: {what} {stranger.uniqueid}" for what in ("MixMonitorMute", "ZtRecording")
    ]


def test_a_joined_call_keeps_the_paths_of_both() -> None:
    """An agent who dials the hotline for a citizen on the other line is recorded there, in a file of its own."""
    pbx, caller, phone = recorded()
    second = pbx.phone_dials("1001", "12345")
    second.say(lambda at, u, li: ev.CallEntered(at, u, li, "internal", "12345", "2026/11/23/second.wav", "carrier"))
    second.linkedid = caller.linkedid
    second.up()
    heard = Told().hear(pbx.events)
    calls = list(heard.tracker.world.calls.values())
    paths = {path for call in calls for path in (call.recording, *call.other_recordings)}
    assert paths == {PATH, "2026/11/23/second.wav"}
    assert phone.uniqueid
    assert Micros(0) < heard.last
