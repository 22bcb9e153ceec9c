"""The recorders of live calls, as far as the PBX needs us for them: pauses by command, the end of a pause that nobody
ended, and voices that a packaged Asterisk would lose.

A recorder that begins anew records every voice again and ends any pause; the dialplan has it do so when ``D`` is
pressed for the citizen (dialplans/README.md, "Recording"). In a room no key does anything, and no voice is lost: there
the citizen is sent through the dialplan instead, and only to end a pause. Without us all goes on but for this.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog

from telephony.ami.actions import Action, MixMonitorMute, PlayDTMF, Redirect, Reply
from telephony.errors import AmiError, RecordingError
from telephony.model.calls import Call
from telephony.model.changes import CallEnded, CallsJoined, Change, EpochBegan, PartiesChanged, RecordingPaused
from telephony.model.ids import CallId
from telephony.model.on_recording import COMMAND
from telephony.model.terms import Place
from telephony.model.world import World

log = structlog.get_logger(__name__)

Act = Callable[[Action, float], Awaitable[Reply]]

AGAIN_KEY = "D"
EVERY_S = 0.25
SETTLED_S = 0.3
"""After a change of parties: Asterisk is still moving channels then."""
RETRY_S = 2.0
TRIES = 3
_DEADLINE_S = 5.0


class Recorder:
    """``fold`` is a sink for changes; ``run`` until cancelled. ``world`` is only read."""

    def __init__(self, world: World, act: Act, *, on: bool, pause_max_s: float) -> None:
        self._world = world
        self._act = act
        self._on = on
        self._pause_max_s = pause_max_s
        self._anew: dict[CallId, tuple[float, int]] = {}  # to begin anew: when (monotonic), tries so far
        self._hushed: dict[str, CallId] = {}  # recordings of what is said apart that a pause has muted, by path
        self._ends: dict[CallId, float] = {}  # when a pause must end, or one that we cannot know of would have to

    # --- commands ---------------------------------------------------------------------------------------------

    async def pause(self, key: str, timeout: float) -> None:
        """Raises RecordingError when there is nothing to pause, AmiError as the PBX does."""
        call, channel = self._recorded(key)
        if call.open_pause is None:
            await self._act(MixMonitorMute(channel, 1), timeout)
            await self._hush(call)

    async def resume(self, key: str, timeout: float) -> None:
        """Raises as ``pause`` does."""
        call, channel = self._recorded(key)
        await self._end_pause(call, channel, timeout)

    def _recorded(self, key: str) -> tuple[Call, str]:
        call = self._world.calls.get(CallId(key)) or next(
            (call for call in self._world.calls.values() if key in call.legs or key in call.aliases), None
        )
        if call is None:
            raise RecordingError(f"There is no live call {key!r:.60}.")
        channel = self._channel(call)
        if not self._on or channel is None or call.answered_at is None:
            raise RecordingError("The call is not being recorded at this moment: nobody has answered, or it is over.")
        return call, channel

    async def _end_pause(self, call: Call, channel: str, timeout: float) -> None:
        """A key's pause has stopped the recorder, so it must begin anew; so too where no pause is known, since it may
        be older than we are."""
        pause = call.open_pause
        if pause is not None and pause.by == COMMAND and call.call_id not in self._anew:
            await self._act(MixMonitorMute(channel, 0), timeout)
        else:
            await self._act(_anew(call, channel), timeout)

    async def _hush(self, call: Call) -> None:
        """What is said apart is at a pause, too."""
        for file in call.private_files:
            channel = self._world.channels.get(file.by)
            if file.end is None and channel is not None and file.path not in self._hushed:
                self._hushed[file.path] = call.call_id
                await self._try(MixMonitorMute(channel.name, 1), call.call_id)

    async def _unhush(self, call: Call) -> None:
        for file in call.private_files:
            channel = self._world.channels.get(file.by)
            if self._hushed.pop(file.path, None) is not None and file.end is None and channel is not None:
                await self._try(MixMonitorMute(channel.name, 0), call.call_id)

    def _channel(self, call: Call) -> str | None:
        """The name of the channel that is recorded."""
        recorder = call.recorder or (call.caller if call.inbound else None)
        channel = self._world.channels.get(recorder) if recorder is not None else None
        return channel.name if channel is not None else None

    def _bridged(self, call: Call) -> bool:
        """Else nobody talks, and a key would be pressed for a queue."""
        recorder = call.recorder or call.caller
        return recorder in self._world.channels and self._world.channels[recorder].bridge is not None

    # --- what changes -----------------------------------------------------------------------------------------

    def fold(self, changes: Sequence[Change]) -> None:
        """Take in a batch of changes."""
        if self._on:
            for change in changes:
                self._take(change, time.monotonic())

    def _take(self, change: Change, now: float) -> None:
        match change:
            case PartiesChanged(call_id=call_id, leg=leg, partners=partners):
                call = self._world.calls.get(call_id)
                if call is not None and partners and leg == call.recorder and voices_may_be_lost(call):
                    self._anew[call_id] = (now + SETTLED_S, 0)
            case RecordingPaused(call_id=call_id, by=by):
                self._ends.pop(call_id, None)
                if by:
                    self._ends[call_id] = now + self._pause_max_s
            case EpochBegan():
                for call_id in self._world.calls:
                    self._ends.setdefault(call_id, now + self._pause_max_s)
            case CallEnded(call=ended):
                self._forget(ended.call_id)
            case CallsJoined(gone=gone):
                self._forget(gone)
            case _:
                pass

    def _forget(self, call_id: CallId) -> None:
        self._anew.pop(call_id, None)
        self._ends.pop(call_id, None)
        self._hushed = {path: other for path, other in self._hushed.items() if other != call_id}

    # --- what comes due ---------------------------------------------------------------------------------------

    async def run(self) -> None:
        while True:
            await self.step(time.monotonic())
            await asyncio.sleep(EVERY_S)

    async def step(self, now: float) -> None:
        """Do what has come due. What the PBX refuses is tried again, but not for ever."""
        for call in [call for call in self._world.calls.values() if call.private_files]:
            await (self._unhush(call) if call.open_pause is None else self._hush(call))
        for call_id, (due, tries) in list(self._anew.items()):
            if due <= now:
                await self._begin_anew(call_id, tries, now)
        for call_id, due in list(self._ends.items()):
            if due <= now:
                await self._end_overdue(call_id, now)

    async def _begin_anew(self, call_id: CallId, tries: int, now: float) -> None:
        call = self._world.calls.get(call_id)
        channel = self._channel(call) if call is not None else None
        if call is None or channel is None or tries >= TRIES or not voices_may_be_lost(call):
            self._anew.pop(call_id, None)
        elif call.open_pause is not None:
            self._anew[call_id] = (now + RETRY_S, tries)  # its end begins anew
        else:
            self._anew[call_id] = (now + RETRY_S, tries + 1)
            log.info("a recorder is to begin anew: the parties changed", call=call_id)
            await self._try(PlayDTMF(channel, AGAIN_KEY), call_id)

    async def _end_overdue(self, call_id: CallId, now: float) -> None:
        call = self._world.calls.get(call_id)
        channel = self._channel(call) if call is not None else None
        if call is None or channel is None:
            self._ends.pop(call_id, None)
            return
        if call.open_pause is None:
            self._ends.pop(call_id, None)
            if self._bridged(call):
                await self._try(_anew(call, channel), call_id)
            return
        self._ends[call_id] = now + RETRY_S
        log.warning("a pause of a recording lasted too long and is ended", call=call_id)
        try:
            await self._end_pause(call, channel, _DEADLINE_S)
        except AmiError as error:
            log.warning("a recorder could not be told", call=call_id, reason=str(error))

    async def _try(self, action: Action, call_id: CallId) -> None:
        try:
            await self._act(action, _DEADLINE_S)
        except AmiError as error:
            log.warning("a recorder could not be told", call=call_id, reason=str(error))


def _anew(call: Call, channel: str) -> Action:
    """What makes the recorder of this channel begin anew. Out of a room and back the citizen hears 30 ms of nothing."""
    leg = call.legs.get(call.recorder or call.caller)
    if leg is not None and leg.place is Place.ROOM:
        return Redirect(channel, "zt-room-caller", "again")
    return PlayDTMF(channel, AGAIN_KEY)


def voices_may_be_lost(call: Call) -> bool:
    """Whether the recorder runs on from one party to the next: it began before the last change of parties. Not in a
    room: what is sent to a channel there is signed linear, whoever speaks."""
    leg = call.legs.get(call.recorder) if call.recorder is not None else None
    if leg is None or leg.place is Place.ROOM or call.recorder_since is None or len(leg.spans) < 2:
        return False
    return call.recorder_since < leg.spans[-1].start and leg.spans[-1].partners != leg.spans[-2].partners
