"""Tells an agent's plain phone what is to be said: the sentence of a notice that the pick-up cut, by SIP MESSAGE.

Beside the call and never in its way: a phone that takes no messages, or a PBX that refuses, changes only the log.
"""

import asyncio
import base64
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import structlog

from telephony.ami.actions import Action, MessageSend, Reply
from telephony.errors import AmiError
from telephony.model.changes import Change, NoticeCut
from telephony.model.names import party_of
from telephony.model.world import World

log = structlog.get_logger(__name__)

Act = Callable[[Action, float], Awaitable[Reply]]

MAX_WAITING = 200
"""Sentences not sent yet; when more wait, the oldest goes: by then it has been said or not (law 8)."""
_DEADLINE_S = 5.0


class Sayer:
    """``fold`` is a sink for changes; ``run`` until cancelled. ``world`` is only read. No ``sentence``, no message."""

    def __init__(self, world: World, act: Act, sentence: str = "") -> None:
        self._world = world
        self._act = act
        self.sentence = sentence
        self._waiting: deque[tuple[str, str]] = deque(maxlen=MAX_WAITING)
        self._some = asyncio.Event()

    def fold(self, changes: Sequence[Change]) -> None:
        """Take in a batch of changes."""
        for change in changes if self.sentence else ():
            if isinstance(change, NoticeCut) and (phone := self._phone(change)):
                self._waiting.append((change.call_id, phone))
                self._some.set()

    def _phone(self, change: NoticeCut) -> str | None:
        """The endpoint of the phone that answered."""
        call = self._world.calls.get(change.call_id)
        leg = call.legs.get(call.answered_by) if call is not None and call.answered_by is not None else None
        return party_of(leg.name) if leg is not None and leg.name.startswith("PJSIP/") else None

    async def run(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            while self._waiting:
                await self._send(*self._waiting.popleft())

    async def _send(self, call_id: str, phone: str) -> None:
        body = base64.b64encode(self.sentence.encode()).decode()
        try:
            reply = await self._act(MessageSend(f"pjsip:{phone}", body), _DEADLINE_S)
        except AmiError as error:
            log.warning("a phone could not be told what to say", call=call_id, phone=phone, reason=str(error))
        else:
            if reply.failed:
                log.warning("a phone could not be told what to say", call=call_id, phone=phone, reason=reply.message)
