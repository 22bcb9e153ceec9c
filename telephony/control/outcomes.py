"""Waits for what an order was to bring about: the effect is seen in the event stream, never assumed (law 4)."""

import asyncio
import time
from collections.abc import Callable, Sequence

from telephony.model.changes import Change


class Outcomes:
    """``fold`` is a sink for changes: whoever waits looks again."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()

    def fold(self, changes: Sequence[Change]) -> None:
        """Take in a batch of changes."""
        if changes:
            for event in self._waiting:
                event.set()

    async def until(self, test: Callable[[], bool], timeout: float) -> bool:
        """Wait until ``test`` holds, which looks at the world; False when it did not within ``timeout`` seconds."""
        until = time.monotonic() + timeout
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            while not test():
                event.clear()
                async with asyncio.timeout(max(0.0, until - time.monotonic())):
                    await event.wait()
        except TimeoutError:
            return test()
        finally:
            self._waiting.discard(event)
        return True
