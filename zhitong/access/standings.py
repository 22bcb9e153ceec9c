"""Whose tokens hold: asked for now and then, and kept, so that a token is verified without asking anybody."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

import structlog

from telephony.errors import ZhitongError
from zhitong.access.refused import Cause, TokenRefused
from zhitong.access.store import Standing

FRESH_S = 3.0
"""So long after somebody is disabled their token may still open something."""

log = structlog.get_logger(__name__)


class Source(Protocol):
    """Where it is known whose tokens hold: ``AccountStore``, or whatever brings it to a gateway without a database."""

    async def standing(self) -> Standing:
        """As of now. Raises ZhitongError when it cannot be had."""
        ...


class Standings(Protocol):
    """What ``Tokens`` asks."""

    async def current(self) -> Standing | None:
        """Whose tokens hold, a few seconds old at most while the source answers; None: every token that is signed
        and not over. Raises TokenRefused (unknowable)."""
        ...


class Unlisted:
    """For who can reach no source at all: a token then holds until it expires, whatever becomes of its account."""

    async def current(self) -> Standing | None:
        return None


class Kept:
    """Asks ``source`` when what it has is older than ``fresh_s``. While the source does not answer the last answer
    goes on to be used: a database that is away ends nobody's work, and tokens are short-lived. Before the first answer
    no token holds. ``clock``: monotonic seconds."""

    def __init__(
        self, source: Source, *, fresh_s: float = FRESH_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._source, self._fresh_s, self._clock = source, fresh_s, clock
        self._asking = asyncio.Lock()
        self._had: Standing | None = None
        self._asked_at = float("-inf")

    async def current(self) -> Standing | None:
        if self._is_old():
            async with self._asking:  # one asks, the others wait for that answer
                if self._is_old():
                    await self._ask()
        if self._had is None:
            raise TokenRefused(Cause.UNKNOWABLE)
        return self._had

    def forget(self) -> None:
        """Ask anew at the next token: something was changed here."""
        self._asked_at = float("-inf")

    def _is_old(self) -> bool:
        return self._clock() - self._asked_at >= self._fresh_s

    async def _ask(self) -> None:
        asked_at = self._clock()
        try:
            self._had = await self._source.standing()
        except ZhitongError as error:
            log.warning("whose tokens hold cannot be read; the last answer is used", reason=str(error))
        self._asked_at = asked_at
