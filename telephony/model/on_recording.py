"""The recorder of a call: begun and ended by the dialplan, paused by an agent's key or by our command."""

from telephony.model.calls import MAX_PAUSES, Call, Pause
from telephony.model.changes import RecordingPaused
from telephony.model.events import RecordingChanged, RecordingMuted, RecordingTold
from telephony.model.ids import Uniqueid
from telephony.model.world import World

KEY = "key"
COMMAND = "command"


def changed(world: World, event: RecordingChanged) -> None:
    """A recorder that begins, or begins anew, records: no pause outlives that."""
    call = _call_of(world, event.uniqueid, "MixMonitor")
    if call is None:
        return
    call.recorder_since = world.now if event.running else None
    if event.running:
        _resume(world, call)


def muted(world: World, event: RecordingMuted) -> None:
    call = _call_of(world, event.uniqueid, "MixMonitorMute")
    if call is None:
        return
    if event.muted:
        if call.open_pause is None:  # else a key's, and the recorder does not run
            _pause(world, call, COMMAND)
    elif call.open_pause is not None and call.open_pause.by == COMMAND:
        _resume(world, call)


def told(world: World, event: RecordingTold) -> None:
    call = _call_of(world, event.uniqueid, "ZtRecording")
    if call is None:
        return
    if event.state == "paused":
        _pause(world, call, KEY)
    elif event.state == "resumed":
        _resume(world, call)
    elif event.state == "ended":
        _resume(world, call)
        call.recorded_bytes = max(event.size, call.recorded_bytes or 0)


def _call_of(world: World, uniqueid: Uniqueid, what: str) -> Call | None:
    """The call whose voices this channel's recorder writes: the citizen's channel, other ones are of no concern."""
    call = world.by_leg.get(uniqueid)
    if call is None:
        world.stray(uniqueid, what)
        return None
    if call.recorder is None and (call.inbound is False or uniqueid == call.caller):
        call.recorder = uniqueid
    return call if call.recorder == uniqueid else None


def _pause(world: World, call: Call, by: str) -> None:
    """By key while a command's pause lasts: the recorder is stopped then, so it is the key's."""
    if call.open_pause is not None:
        if call.open_pause.by == by:
            return
        _close(world, call)
    if len(call.pauses) < MAX_PAUSES:
        call.pauses.append(Pause(world.now, by))
    else:
        call.left_out += 1
    world.emit(RecordingPaused(world.now, call.call_id, by))


def _resume(world: World, call: Call) -> None:
    if call.open_pause is not None:
        _close(world, call)
        world.emit(RecordingPaused(world.now, call.call_id, ""))


def _close(world: World, call: Call) -> None:
    pause = call.open_pause
    if pause is not None:
        pause.end = max(world.now, pause.start)
