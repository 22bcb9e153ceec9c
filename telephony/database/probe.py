"""Asks the database every so often whether it would take anything, so that its loss is known before a record comes."""

import asyncio
import time

from telephony.database.database import Database
from telephony.errors import StoreError

EVERY_S = 5.0


class Probe:
    """``run`` until cancelled. It begins a writing transaction and leaves it: that tells of a lock, a volume that is
    read-only and a server that is away. Of a full disk only a record tells."""

    def __init__(self, database: Database, every_s: float = EVERY_S) -> None:
        self._database = database
        self._every_s = every_s
        self._asked_at: float | None = None
        self.error: str | None = None
        """Why it cannot be written at present; None while it can, and before the first answer."""

    @property
    def stuck_s(self) -> float:
        """For how many seconds it has not answered."""
        return 0.0 if self._asked_at is None else time.monotonic() - self._asked_at

    async def run(self) -> None:
        while True:
            await self.ask()
            await asyncio.sleep(self._every_s)

    async def ask(self) -> None:
        """Once. Does not raise for what the database says."""
        self._asked_at = time.monotonic()
        try:
            async with self._database.writing():
                pass
        except StoreError as error:
            self.error = str(error)
        else:
            self.error = None
        finally:
            self._asked_at = None
