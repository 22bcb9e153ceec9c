"""Spares callers the question for a rating where it would be out of place: the caller's channel is told beforehand."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from telephony.ami.actions import Action, Reply, Setvar
from telephony.errors import AmiError
from telephony.model.calls import Call
from telephony.model.changes import Change
from telephony.model.ids import CallId
from telephony.model.world import World

log = structlog.get_logger(__name__)

Act = Callable[[Action, float], Awaitable[Reply]]
SPARED = "ZT_SPARED"
_HANDED_ON = ("completed", "merged")
_TRANSFERS = ("attended", "blonde")
"""Of a blind one the dialplan knows by itself."""
_DEADLINE_S = 5.0
_WAITING = 1_000
"""Calls to be told of; one more is asked although it should not."""


class Sparer:
    """``fold`` is a sink for changes; ``run`` until cancelled. ``on``: whether anybody is asked at all."""

    def __init__(self, world: World, act: Act, *, on: bool) -> None:
        self._world = world
        self._act = act
        self.on = on
        self._spared: set[CallId] = set()
        self._due: asyncio.Queue[tuple[CallId, bool]] = asyncio.Queue(_WAITING)

    def fold(self, changes: Sequence[Change]) -> None:
        """Take in a batch of changes; the world is as they left it."""
        if not self.on:
            return
        for call_id in {call_id for change in changes if (call_id := getattr(change, "call_id", None)) is not None}:
            call = self._world.calls.get(call_id)
            self._look(call_id, call is not None and is_spared(call))
        if len(self._spared) > 2 * len(self._world.calls) + 100:
            self._spared &= self._world.calls.keys()

    def _look(self, call_id: CallId, spared: bool) -> None:
        if spared != (call_id in self._spared) and not self._due.full():
            self._spared ^= {call_id}
            self._due.put_nowait((call_id, spared))

    async def run(self) -> None:
        """Tell the PBX of one after another."""
        while True:
            call_id, spared = await self._due.get()
            call = self._world.calls.get(call_id)
            channel = None if call is None else self._world.channels.get(call.caller)
            if channel is None:
                continue
            try:
                await self._act(Setvar(SPARED, "1" if spared else "", channel.name), _DEADLINE_S)
            except AmiError as error:
                log.info("a caller could not be spared the question", reason=str(error))


def is_spared(call: Call) -> bool:
    """Marked as nuisance or silent, or handed on to somebody who was consulted."""
    handed = any(consult.result in _HANDED_ON for consult in call.consults)
    return handed or bool(call.remarks.mark) or any(transfer.kind in _TRANSFERS for transfer in call.transfers)
