"""Ends the channels that a phone had the PBX call past the dialplan (``telephony.model.on_bypass``), before anybody
answers.

Never in a call's way: what cannot be ended changes only the log; the alarm stands either way.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import structlog

from telephony.ami.actions import Action, Hangup, Reply
from telephony.errors import AmiError
from telephony.model.changes import CallBypassed, Change

log = structlog.get_logger(__name__)

Act = Callable[[Action, float], Awaitable[Reply]]

MAX_WAITING = 500
"""Channels not ended yet; of more the newest count, which nobody has answered yet."""
TRIES = 3
PAUSE_S = 0.3
_DEADLINE_S = 2.0
_REJECTED = 21  # Q.850, call rejected


class Cutter:
    """``fold`` is a sink for changes; ``run`` until cancelled."""

    def __init__(self, act: Act) -> None:
        self._act = act
        self._waiting: deque[tuple[CallBypassed, int]] = deque(maxlen=MAX_WAITING)
        self._some = asyncio.Event()

    def fold(self, changes: Sequence[Change]) -> None:
        """Take in a batch of changes."""
        for change in changes:
            if isinstance(change, CallBypassed):
                self._waiting.append((change, 1))
                self._some.set()

    async def run(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            while self._waiting:
                await self._cut(*self._waiting.popleft())

    async def _cut(self, change: CallBypassed, tried: int) -> None:
        told = {"call": change.call_id, "agent": change.agent, "tries": tried}
        try:
            reply = await self._act(Hangup(change.channel, _REJECTED), _DEADLINE_S)
        except AmiError as error:
            log.warning("a call past the dialplan could not be cut", **told, reason=str(error))
            if tried < TRIES:
                await asyncio.sleep(PAUSE_S)
                self._waiting.append((change, tried + 1))
        else:
            if reply.failed:
                log.warning("a call past the dialplan had ended before it was cut", **told, reason=reply.message)
            else:
                log.error("a phone sent a call past the dialplan, and it was cut", **told)
