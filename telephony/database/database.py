"""The one database of a site: records and directory share it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from telephony.database import engine as engines
from telephony.database.faults import StoreUnavailable, faults_of
from telephony.database.migrate import is_current, migrate

# Serialises everything of ours that writes on PostgreSQL, as BEGIN IMMEDIATE does on SQLite. Any constant
# does.
_WRITERS_LOCK = 0x5A_48_49_54

log = structlog.get_logger(__name__)


class Database:
    """An open, migrated database. Made by ``open``; ``close`` ends it.

    Everything that fails on the way raises StoreError, or StoreUnavailable when trying again may help.
    """

    def __init__(self, engine: AsyncEngine, url: URL) -> None:
        self._engine = engine
        self.place = engines.shown(url)
        """How messages name this database: its file, or its URL without the password."""
        self.backup: Path | None = None
        """The copy that was made before ``open`` changed the schema."""

    @classmethod
    async def open(cls, url: str, *, create: bool = True, busy_timeout_ms: int = engines.BUSY_TIMEOUT_MS) -> "Database":
        """Open ``url`` (see ``engine.database_url``), bringing its schema up to date.

        An SQLite file is made if it is missing, unless ``create`` is False: who only reads would otherwise
        get an empty database from a mistyped path.
        """
        parsed = engines.database_url(url)
        file = engines.sqlite_file(parsed)
        if file is not None:
            _prepare(file, create=create)
        database = cls(engines.make_engine(parsed, busy_timeout_ms=busy_timeout_ms), parsed)
        try:
            await database._migrate(file)
        except BaseException:
            await database.close()
            raise
        return database

    async def _migrate(self, file: Path | None) -> None:
        async with self.reading() as connection:
            if await connection.run_sync(is_current, self.place):
                return
        async with self._transaction({engines.WRITES: True, engines.MIGRATES: True}) as connection:
            self.backup = await connection.run_sync(migrate, file, self.place)
        await self._engine.dispose()  # the connection that migrated has its foreign keys off
        if self.backup is not None:
            log.info("database schema brought up to date", database=self.place, backup=str(self.backup))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """One consistent view of the data. Keep it short: SQLite cannot reset its WAL past a reader."""
        with faults_of(self.place):
            async with self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, alone among all writers; committed at the end, rolled back when anything raises.

        Once this returns, the write is on disk.
        """
        async with self._transaction({engines.WRITES: True}) as connection:
            yield connection

    @asynccontextmanager
    async def _transaction(self, options: dict[str, bool]) -> AsyncIterator[AsyncConnection]:
        with faults_of(self.place):
            async with self._engine.connect() as plain:
                connection = await plain.execution_options(**options)
                async with connection.begin():
                    if connection.dialect.name == "postgresql":
                        await connection.execute(text(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})"))
                    yield connection

    async def close(self) -> None:
        """Close all connections. May be called twice."""
        await self._engine.dispose()


def _prepare(file: Path, *, create: bool) -> None:
    """Make the file ahead of SQLite so that nobody else may read it: it holds citizens' numbers."""
    if file.exists():
        return
    if not create:
        raise StoreUnavailable(
            f"There is no database at {file}. Start the service once (zhitong serve), or name the right file."
        )
    with faults_of(str(file)):
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
