"""Remarks on their way: on disk before anything is told of them, in the database when that takes them.

What a person was told is kept is kept: over a kill, and over a database that is away for days. They are written in
their order, each once.
"""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

from telephony.database.database import Database
from telephony.records.outbox import Limits, Outbox
from telephony.records.writer import RecordWriter
from telephony.remarks.remark import Remark
from telephony.remarks.store import Remarks, remark_of

LIMITS = Limits(disk_bytes=256 * 1024 * 1024, memory=2_000)
"""On disk some hundred thousand remarks. In memory those that a disk that takes nothing has not got yet: some MB."""


class RemarkKeeper:
    """Made by ``open``. ``writer`` tells how many wait."""

    def __init__(self, database: Database, outbox: Outbox[Remark]) -> None:
        self._outbox = outbox
        self.writer = RecordWriter(Remarks(database), backlog=outbox, set_aside=outbox.set_aside, of="remarks")

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, database: Database, folder: Path, write_on_s: float = 10.0) -> AsyncIterator[Self]:
        """With what an earlier run left in ``folder``. On leaving, what waits is written if the database takes it
        within ``write_on_s``, else after the next start. Raises OutboxTaken when another process has the folder."""
        outbox = await Outbox.open(folder, LIMITS, decode=remark_of)
        try:
            keeper = cls(database, outbox)
            keeper.writer.start()
            try:
                yield keeper
            finally:
                await keeper.writer.close(write_on_s if keeper.writer.last_error is None else 1.0)
        finally:
            await outbox.close()

    def take(self, remark: Remark) -> bool:
        """Have it kept; False when there is no room for another one. Never waits."""
        return self.writer.offer(remark)

    async def kept(self) -> None:
        """Wait until all that was taken is on disk. For as long as the disk takes nothing this does not return."""
        await self._outbox.sync()
