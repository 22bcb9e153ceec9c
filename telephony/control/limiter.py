"""Tells the PBX of the limits on numbers: when one is set or lifted, and all of them anew with each login."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog

from telephony.ami.actions import Action, Reply
from telephony.control.ahead import limited
from telephony.errors import AmiError
from telephony.limits.limit import Limit
from telephony.limits.store import NumberLimits
from telephony.model.changes import Change, EpochBegan
from telephony.model.ids import MICROS_PER_SECOND, Micros

log = structlog.get_logger(__name__)

Act = Callable[[Action, float], Awaitable[Reply]]
_DEADLINE_S = 5.0


def wall_now() -> Micros:
    """UTC, as limits are kept."""
    return Micros(round(time.time() * MICROS_PER_SECOND))


class Limiter:
    """``fold`` is a sink for changes; ``run`` until cancelled. What the PBX does not take is told again with the next
    login."""

    def __init__(self, limits: NumberLimits, act: Act) -> None:
        self._limits = limits
        self._act = act
        self._due = asyncio.Event()

    def fold(self, changes: Sequence[Change]) -> None:
        """Take in a batch of changes."""
        if any(isinstance(change, EpochBegan) for change in changes):
            self._due.set()

    async def run(self) -> None:
        """Tell all of them whenever an epoch begins. Raises StoreError: then it begins anew."""
        while True:
            await self._due.wait()
            for limit in await self._limits.unexpired(wall_now()):
                await self.tell(limit)
            self._due.clear()

    async def tell(self, limit: Limit, within: float = _DEADLINE_S) -> bool:
        """Whether the PBX knows now."""
        try:
            reply = await self._act(limited(limit, wall_now()), within)
        except AmiError as error:
            log.warning("a limit could not be told", reason=str(error))
            return False
        if reply.failed:
            log.warning("a limit was not taken: is func_presencestate loaded?", reason=reply.message)
        return not reply.failed
