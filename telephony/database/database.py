"""The one database of a site: records and directory share it."""

import asyncio
import contextlib
import os
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from telephony.database import engine as engines
from telephony.database.faults import NOT_WRITABLE, StoreUnavailable, faults_of
from telephony.database.migrate import is_current, migrate
from telephony.errors import StoreError

# Serialises everything of ours that writes on PostgreSQL, as BEGIN IMMEDIATE does on SQLite. Any constant
# does.
_WRITERS_LOCK = 0x5A_48_49_54

_MIGRATING = threading.Lock()

log = structlog.get_logger(__name__)


class Database:
    """A database. ``open`` makes it with its schema up to date; ``later`` makes one that brings itself up to date
    before its first use, for who must start while it is away. ``close`` ends it.

    Everything that fails on the way raises StoreError, or StoreUnavailable when trying again may help.
    """

    def __init__(self, engine: AsyncEngine, url: URL, *, create: bool = True) -> None:
        self._engine = engine
        self._url = url
        self._create = create
        self._file = engines.sqlite_file(url)
        self._identity = _identity(self._file)
        self._opening = asyncio.Lock()
        self._writers = asyncio.Lock()
        """Of this process, first come, first served. SQLite's own lock is had by who happens to ask when it is free:
        one who writes again and again would keep another from it until that one's patience is over."""
        self.is_open = False
        """Whether it was found, and its schema brought up to date."""
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
        database = cls.later(url, create=create, busy_timeout_ms=busy_timeout_ms)
        try:
            await database.bring_up()
        except BaseException:
            await database.close()
            raise
        return database

    @classmethod
    def later(cls, url: str, *, create: bool = True, busy_timeout_ms: int = engines.BUSY_TIMEOUT_MS) -> "Database":
        """As ``open``, but nothing is touched before it is used. Until it is there, and can be brought up to date,
        whoever uses it gets StoreUnavailable."""
        parsed = engines.database_url(url)
        return cls(engines.make_engine(parsed, busy_timeout_ms=busy_timeout_ms), parsed, create=create)

    async def bring_up(self) -> None:
        """See that it is there and its schema up to date. Raises StoreError when that will never be, such as
        SchemaTooNew; StoreUnavailable when trying again may help."""
        async with self._opening:
            if self.is_open:
                return
            if self._file is not None:
                await asyncio.to_thread(_prepare, self._file, create=self._create)
                self._identity = _identity(self._file)
                self._check_file()
            try:
                await self._migrate()
            except BaseException:
                await self._engine.dispose()  # the next try may find another file, or server, in its place
                raise
            self.is_open = True

    async def _be_open(self) -> None:
        if self.is_open:
            return
        try:
            await self.bring_up()
        except StoreUnavailable:
            raise
        except StoreError as error:  # whoever asks now could do nothing better about it than wait for a person
            raise StoreUnavailable(str(error)) from error

    async def _migrate(self) -> None:
        async with self._connection(self._engine) as connection:
            if await connection.run_sync(is_current, self.place):
                return
        patient = engines.make_engine(self._url, patient=True)
        try:
            options = {engines.WRITES: True, engines.MIGRATES: True}
            async with _alone(), self._transaction(patient, options) as connection:
                self.backup = await connection.run_sync(migrate, self._file, self.place)
        finally:
            await patient.dispose()
        if self.backup is not None:
            log.info("database schema brought up to date", database=self.place, backup=str(self.backup))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """One consistent view of the data. Keep it short: SQLite cannot reset its WAL past a reader."""
        await self._be_open()
        self._check_file()
        async with self._connection(self._engine) as connection:
            yield connection

    @asynccontextmanager
    async def _connection(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        with faults_of(self.place):
            async with engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, alone among all writers; committed at the end, rolled back when anything raises.

        Once this returns, the write is on disk.
        """
        await self._be_open()
        self._check_file()
        try:
            async with self._writers, self._transaction(self._engine, {engines.WRITES: True}) as connection:
                yield connection
        except StoreUnavailable:
            await self._engine.dispose()  # the next try begins with new connections, whatever befell these
            raise

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine, options: dict[str, bool]) -> AsyncIterator[AsyncConnection]:
        async with self._connection(engine) as plain:
            connection = await plain.execution_options(**options)
            async with connection.begin():
                if connection.dialect.name == "postgresql":
                    await connection.execute(text(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})"))
                yield connection

    def _check_file(self) -> None:
        """Notice an SQLite file that was moved away or replaced under us: the open connections would go on
        with the old one, and what they acknowledge would be nowhere. To follow to the new one is no way
        out, since SQLite would play the log (-wal) of the old file into it.

        Notice one that may not be written, too, before SQLite opens it to read only: a connection made then
        never writes, and while there is one in a process no new one does, since they share the -shm file.
        """
        identity = _identity(self._file)
        if identity == self._identity:
            if self._file is not None and not os.access(self._file, os.W_OK):
                raise StoreUnavailable(f"The database {self.place} cannot be used: {NOT_WRITABLE}.")
            return
        if identity is None:
            raise StoreUnavailable(
                f"The database {self.place} is gone. Put the file back; writing then goes on by itself."
            )
        raise StoreUnavailable(
            f"Another file was put in place of the database {self.place} while it was in use. Put the first one back, "
            "and writing goes on by itself; to change over, stop the program first, see that no -wal file is left "
            "beside the database, then put the other file in place."
        )

    async def close(self) -> None:
        """Close all connections. May be called twice."""
        await self._engine.dispose()


def _identity(file: Path | None) -> tuple[int, int] | None:
    """Which file it is, whatever its name; None if there is none."""
    try:
        found = file.stat() if file is not None else None
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found is not None else None


@asynccontextmanager
async def _alone() -> AsyncIterator[None]:
    """One migration at a time in this process, whatever its loops and threads: alembic keeps its state in
    globals.

    Asked for again and again, since a thread that waits could not be cancelled and would keep the lock for
    good.
    """
    while not _MIGRATING.acquire(blocking=False):  # noqa: ASYNC110 - a lock of threads tells no event loop
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        _MIGRATING.release()


def _prepare(file: Path, *, create: bool) -> None:
    """Make the file, for its owner only since it holds citizens' numbers, and see that it is a database.

    Here and not at the first query: a driver that cannot open its file ends its thread with a traceback.
    """
    if not file.exists() and not create:
        raise StoreUnavailable(
            f"There is no database at {file}. Start the service once (zhitong serve), or name the right file."
        )
    with faults_of(str(file)):
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA schema_version")
