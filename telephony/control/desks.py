"""Remembers over our own restarts who signed in at a desktop: the PBX does not know."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import structlog

from telephony.files import write_whole_bytes
from telephony.model.changes import AgentStateChanged, AgentTouched, Change, EpochBegan
from telephony.model.events import Event
from telephony.model.ids import MemberName, Micros
from telephony.model.local import DeskTold
from telephony.model.world import World

log = structlog.get_logger(__name__)

EVERY_S = 1.0


class Desks:
    """``fold`` is a sink for changes; ``run`` until cancelled. ``world`` is only read."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._path: Path | None = None
        self._written: tuple[MemberName, ...] = ()
        self._some = asyncio.Event()

    def load(self, path: Path, deliver: Callable[[Event], None]) -> None:
        """Before anything else is told to the model. A file that is not ours is as none."""
        self._path = path
        try:
            self._written = msgspec.json.decode(path.read_bytes(), type=tuple[MemberName, ...])
        except (OSError, msgspec.MsgspecError) as error:
            if path.exists():
                log.warning("who signed in at a desktop is not known any more", reason=str(error))
        for member in self._written:
            deliver(DeskTold(Micros(0), member, at_desk=True))

    def fold(self, changes: Sequence[Change]) -> None:
        """Take in a batch of changes."""
        if any(isinstance(change, AgentTouched | AgentStateChanged | EpochBegan) for change in changes):
            self._some.set()

    async def run(self) -> None:
        """Raises OSError where the file cannot be written."""
        while True:
            await self._some.wait()
            self._some.clear()
            await self._save()
            await asyncio.sleep(EVERY_S)

    async def _save(self) -> None:
        now = tuple(sorted(agent.member for agent in self._world.agents.values() if agent.at_desk))
        if self._path is not None and now != self._written and not self._world.blind:
            await asyncio.to_thread(write_whole_bytes, self._path, msgspec.json.encode(now))
            self._written = now
