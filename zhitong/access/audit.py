"""The audit log as processes that run for long write it: many deeds at once, each on disk before it is done."""

import asyncio
from pathlib import Path
from typing import Any

from telephony.errors import AuditError
from telephony.places import var_of
from telephony.site.site import Site
from zhitong.access.chain import Note
from zhitong.access.trail import Trail

COMMANDS = "commands"
"""The chain that all commands of this machine share."""
MAX_WAITING = 10_000


def audit_folder(site_file: Path, site: Site) -> Path:
    """Where the chains are, a folder for each."""
    return var_of(site_file, site) / "audit"


class AuditLog:
    """Notes of one process. What comes while a write is under way goes with the next, in one sync."""

    def __init__(self, trail: Trail, max_waiting: int = MAX_WAITING) -> None:
        self._trail, self._max_waiting = trail, max_waiting
        self._waiting: list[tuple[Note, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def note(self, by: str, deed: str, **details: Any) -> None:
        """Put a deed on record; on disk when this returns. Raises AuditError when that cannot be: then the deed must
        not be done. Cancelled meanwhile, it may or may not be on record."""
        if len(self._waiting) >= self._max_waiting:
            raise AuditError("Too much waits to be put on record; so this is not done.")
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((self._trail.made(by, deed, details), done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await done

    async def close(self) -> None:
        """Once everything that waits is written."""
        while self._writing is not None:
            await asyncio.wait([self._writing])

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._write_batch(batch)
        finally:
            self._writing = None

    async def _write_batch(self, batch: list[tuple[Note, asyncio.Future[None]]]) -> None:
        failed: BaseException | None = None
        try:
            await asyncio.to_thread(self._trail.append, [note for note, _ in batch])
        except BaseException as error:
            failed = error
            if not isinstance(error, AuditError):
                failed = AuditError(f"The audit log failed ({type(error).__name__}); what was asked is not done.")
                raise
        finally:
            for _, done in batch:
                if not done.done():
                    done.set_exception(failed) if failed is not None else done.set_result(None)


def audit_log(site_file: Path, site: Site, chain: str) -> AuditLog:
    """The log of a process that runs for long; ``chain`` is its own: ``serve``, ``gateway-1`` …"""
    return AuditLog(Trail(audit_folder(site_file, site) / chain, site.pbx.systemname))
