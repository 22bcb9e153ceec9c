"""Orders that move the people of one call take turns: each finds everybody where the one before has left them."""

import asyncio
import time
import weakref
from functools import partial
from typing import Any

from telephony.control.commands import Reason
from telephony.control.orders import calls, conference, rooms
from telephony.control.reach import Done, Handler, Handlers
from telephony.control.refused import CommandRefused

MOVING = frozenset(
    {
        *(rooms.Hold, rooms.Resume, rooms.Consult, rooms.CancelConsult),
        *(rooms.CompleteTransfer, rooms.Swap, rooms.Merge),
        *(conference.Invite, conference.HandOver, calls.Requeue, calls.BlindTransfer),
    }
)
ALONE = frozenset({conference.Emergency, conference.Rejoin})
"""These wait for none of them, only for others of their own kind: pressed twice, it is one."""


class Turns:
    """Whose turn it is, by call. A call is forgotten with its last order."""

    def __init__(self) -> None:
        self._locks: weakref.WeakValueDictionary[tuple[str, type | None], asyncio.Lock] = weakref.WeakValueDictionary()

    def taken(self, handlers: Handlers) -> Handlers:
        """These handlers; those of orders that move people wait for their turn."""
        waits = MOVING | ALONE
        return {kind: partial(self._in_turn, each) if kind in waits else each for kind, each in handlers.items()}

    async def _in_turn(self, handler: Handler, order: Any, within: float) -> Done:
        """Raises CommandRefused when its turn does not come in time."""
        if not order.call:  # an emergency from an idle phone
            return await handler(order, within)
        until = time.monotonic() + within
        line = type(order) if type(order) in ALONE else None
        lock = self._locks.setdefault((order.call, line), asyncio.Lock())
        try:
            async with asyncio.timeout(within):
                await lock.acquire()
        except TimeoutError:
            raise CommandRefused(Reason.TOO_LATE, "Another order about this call was under way for too long.") from None
        try:
            return await handler(order, max(0.0, until - time.monotonic()))
        finally:
            lock.release()
