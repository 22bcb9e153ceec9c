"""The state of now within one process: the last deltas in a ring, for readers that each keep their own place.

A reader is never waited for: one that has fallen behind what is kept is told so, and reads the snapshot.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence

from telephony.live.documents import Delta, Snapshot
from telephony.live.port import Position, PositionGone, position_of

KEPT = 20_000
"""Deltas. At ten calls a second that is more than a minute; a reader that was away longer reads the snapshot."""
BATCH = 500
"""The most that a reader is given at once."""


class InProcessFeed:
    """A Feed, and the Outlet that fills it. ``position``: where the first delta follows. ``look`` makes the snapshot;
    it must be that of the last delta published."""

    def __init__(self, position: Position, look: Callable[[], Snapshot], kept: int = KEPT) -> None:
        self._look = look
        self._kept = kept
        self._ring: deque[Delta] = deque()
        self._before = position  # of the ring's first delta
        self._last = position
        self._more = asyncio.Event()

    def publish(self, deltas: Sequence[Delta]) -> None:
        """As of Outlet."""
        self._ring.extend(deltas)
        while len(self._ring) > self._kept:
            self._before = position_of(self._ring.popleft())
        if deltas:
            self._last = position_of(deltas[-1])
            self._more.set()
            self._more = asyncio.Event()

    async def snapshot(self) -> Snapshot:
        """As of Feed."""
        return self._look()

    async def deltas(self, after: Position) -> AsyncIterator[tuple[Delta, ...]]:
        """As of Feed."""
        while True:
            self._check(after)
            more = self._more
            start = after.sequence - self._before.sequence
            batch = tuple(self._ring[n] for n in range(start, min(start + BATCH, len(self._ring))))
            if batch:
                yield batch
                after = position_of(batch[-1])
            else:
                await more.wait()

    def _check(self, after: Position) -> None:
        """Whether what follows this position is kept, and of this run."""
        if not self._before.sequence <= after.sequence <= self._last.sequence or self._at(after.sequence) != after:
            raise PositionGone(
                f"What came after {after.epoch}/{after.sequence} is not kept: {self._before.sequence} to "
                f"{self._last.sequence} are. Read the snapshot."
            )

    def _at(self, sequence: int) -> Position:
        if sequence == self._before.sequence:
            return self._before
        return position_of(self._ring[sequence - self._before.sequence - 1])
