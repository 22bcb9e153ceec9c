"""Who may ask, and how often."""

import asyncio
import hmac
import time
from collections import deque
from collections.abc import Callable, Sequence

RATE, BURST = 50.0, 100
"""Requests a second, and at once. Beyond it a request waits for its turn: the PBX's machine is there for calls."""
FAILURES, FAILURES_S = 20, 60.0
"""So many wrong tokens in so many seconds are told of; then only counted."""

_SCHEME = "bearer"


class Guard:
    """Knows the ``tokens``. Each is compared in constant time, and always all of them."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = [token.encode() for token in tokens]

    def knows(self, authorization: str) -> bool:
        """Whether this ``Authorization`` header holds one of the tokens (RFC 6750)."""
        scheme, _, given = authorization.partition(" ")
        raw = given.strip().encode("utf-8", "surrogateescape")
        found = [hmac.compare_digest(raw, token) for token in self._tokens]
        return scheme.lower() == _SCHEME and any(found)


class Failures:
    """Whether a wrong token is worth another line in the log, so that nobody can fill it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at: deque[float] = deque(maxlen=FAILURES)

    def too_many(self) -> bool:
        """Take note of one more."""
        now = self._clock()
        full = len(self._at) == FAILURES and now - self._at[0] < FAILURES_S
        if not full:
            self._at.append(now)
        return full


class Pace:
    """Lets BURST requests through at once and RATE a second after that (a virtual schedule, as ITU-T I.371's GCRA)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due = 0.0

    def delay(self) -> float:
        """Seconds that this request has to wait."""
        now = self._clock()
        self._due = max(self._due, now - BURST / RATE) + 1 / RATE
        return max(0.0, self._due - now)

    async def turn(self) -> None:
        """Wait for it."""
        delay = self.delay()
        if delay > 0:
            await asyncio.sleep(delay)
