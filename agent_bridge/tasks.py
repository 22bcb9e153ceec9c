"""Parts that run side by side, and end when they are told to."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

import structlog

log = structlog.get_logger(__name__)

PATIENCE_S = 1.0
"""How long a part may take to end; then it is told again: libraries below now and then take a word for their own."""


async def together(parts: dict[str, Coroutine[Any, Any, None]]) -> None:
    """Run these, none of which ends by itself, until cancelled or until one fails; then all end, and that is raised."""
    tasks = [asyncio.create_task(part, name=name) for name, part in parts.items()]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await ended(tasks)


async def ended(tasks: Iterable["asyncio.Task[None]"]) -> None:
    """Tell these to end until they do."""
    alive = {task for task in tasks if not task.done()}
    while alive:
        for task in alive:
            task.cancel()
        done, alive = await asyncio.wait(alive, timeout=PATIENCE_S)
        for task in done:
            if not task.cancelled() and (error := task.exception()) is not None:
                log.warning("a part failed as it ended", part=task.get_name(), why=str(error))
        if alive:
            log.info("not ended yet", parts=sorted(task.get_name() for task in alive))
