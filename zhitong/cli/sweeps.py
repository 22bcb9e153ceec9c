"""Garbage collection that nobody waits for.

A full collection stops the bridge's loop while it looks at every object: a tenth of a second for all that the program
itself is made of, half of that for a minute's calls at a capital's rate. By itself Python begins one in the middle of
whatever happens, and no caller is woken and no desktop told until it is over. So what is there for good is left out,
and full collections are made when no caller waits. Those of young objects, a few milliseconds, go on by themselves.
"""

import asyncio
import gc
import time
from collections.abc import Callable

EVERY_S = 60.0
AT_LATEST_S = 900.0
"""Even while callers wait: what is garbage in circles would pile up else."""
_LOOK_S = 1.0
_NEVER = 1_000_000


def settle() -> None:
    """What is there now is there for good."""
    gc.collect()
    gc.freeze()


async def keep(busy: Callable[[], bool]) -> None:
    """Until cancelled. ``busy``: whether a caller waits now."""
    before = gc.get_threshold()
    gc.set_threshold(before[0], before[1], _NEVER)
    try:
        await _sweep(busy)
    finally:
        gc.set_threshold(*before)


async def _sweep(busy: Callable[[], bool]) -> None:
    swept = time.monotonic()
    while True:
        await asyncio.sleep(_LOOK_S)
        age = time.monotonic() - swept
        if age >= AT_LATEST_S or (age >= EVERY_S and not busy()):
            gc.collect()
            swept = time.monotonic()
