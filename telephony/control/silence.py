"""Has the PBX listen whether a caller gives a sound: from the answer to the first one, and no longer."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog

from telephony.ami.actions import Action, Reply, Setvar
from telephony.errors import AmiError
from telephony.model.changes import CallAnswered, CallerHeard, Change
from telephony.model.events import Event
from telephony.model.ids import MICROS_PER_SECOND, CallId, Micros
from telephony.model.met import CallerListenedTo
from telephony.model.world import World

log = structlog.get_logger(__name__)

Act = Callable[[Action, float], Awaitable[Reply]]
_DEADLINE_S = 5.0
_WAITING = 2_000
"""Orders to listen, or no longer; one more is left out, and that call is not listened to."""


class Listener:
    """``fold`` is a sink for changes; ``run`` until cancelled. ``after_s`` 0: nobody listens."""

    def __init__(self, world: World, act: Act, deliver: Callable[[Event], None], after_s: int) -> None:
        self._world = world
        self._act = act
        self._deliver = deliver
        self.after_s = after_s
        self._due: asyncio.Queue[tuple[CallId, bool]] = asyncio.Queue(_WAITING)

    def fold(self, changes: Sequence[Change]) -> None:
        """Take in a batch of changes; the world is as they left it."""
        if not self.after_s:
            return
        for change in changes:
            if isinstance(change, CallAnswered | CallerHeard) and not self._due.full():
                self._due.put_nowait((change.call_id, isinstance(change, CallAnswered)))

    async def run(self) -> None:
        """Do what has come due, one after another."""
        while True:
            call_id, listen = await self._due.get()
            call = self._world.calls.get(call_id)
            channel = None if call is None or not call.inbound else self._world.channels.get(call.caller)
            if channel is not None:
                await self._set(call_id, channel.name, listen)

    async def _set(self, call_id: CallId, channel: str, listen: bool) -> None:
        """A PBX that cannot listen makes nobody silent."""
        try:
            reply = await self._act(Setvar(f"TALK_DETECT({'set' if listen else 'remove'})", "", channel), _DEADLINE_S)
        except AmiError as error:
            log.info("the PBX does not listen", reason=str(error))
            return
        if listen and not reply.failed:
            at = Micros(round(time.time() * MICROS_PER_SECOND))
            self._deliver(CallerListenedTo(at, call_id, self.after_s * MICROS_PER_SECOND))
