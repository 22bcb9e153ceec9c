"""Engines for the two databases we run on, set up so that an acknowledged write stays written.

SQLite runs in WAL mode, so readers and the writer do not block each other, with ``synchronous=FULL``: the
WAL is synced at every commit, so what was acknowledged survives a power cut and not only a killed process.
(NORMAL would lose the last commits of a power cut.) The price is one fsync a commit, which the writer's
group commit keeps at no more than ten a second.

Transactions are begun by us, not by the driver: reads with BEGIN, writes with BEGIN IMMEDIATE. A write that
began as a read could fail at once with SQLITE_BUSY when another writer was faster, whatever the busy
timeout says. https://www.sqlite.org/lang_transaction.html,
https://www.sqlite.org/pragma.html#pragma_synchronous
"""

from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from telephony.database.faults import StoreUnavailable
from telephony.errors import ConfigError

BUSY_TIMEOUT_MS = 5_000
CONNECT_S = 5.0
ANSWER_S = 30.0
"""How long PostgreSQL may take to let us in, and to answer a statement. A server that stopped answering without closing
its connections would be waited for until the end of days (TCP keeps them open); so the statement is tried again."""
WRITES = "zt_writes"
MIGRATES = "zt_migrates"
"""Execution options that say what the next transaction on a connection is for."""

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}
_MEMORY = (None, "", ":memory:")


def database_url(text: str) -> URL:
    """The URL of ``text``: ``sqlite:///path`` or ``postgresql://user:password@host/name``.

    Raises ConfigError for anything else; the message never shows a password.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        raise ConfigError(
            "database_url is not a URL. Write sqlite:///path/to/zhitong.db or postgresql://user@host/name."
        ) from None
    driver = _DRIVERS.get(url.get_backend_name())
    if driver is None:
        raise ConfigError(
            f"database_url: {url.get_backend_name()} is not supported. Use sqlite:///… or postgresql://…."
        )
    if driver.startswith("sqlite") and (url.database in _MEMORY or "uri" in url.query):
        raise ConfigError("database_url: records need a file, so name one: sqlite:///path/to/zhitong.db.")
    return url.set(drivername=driver)


def sqlite_file(url: URL) -> Path | None:
    """The file behind an SQLite URL, None for other databases."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def sqlite_uri(file: Path, mode: str) -> str:
    """A URI filename (https://www.sqlite.org/uri.html) with mode ``ro`` or ``rw``: neither makes a file
    that is missing, as a plain name would.
    """
    return f"file:{quote(str(file.resolve()))}?mode={mode}"


def shown(url: URL) -> str:
    """How messages name the database: the file, or the URL without its password."""
    file = sqlite_file(url)
    return str(file) if file else url.set(drivername="postgresql").render_as_string(hide_password=True)


def make_engine(url: URL, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS, patient: bool = False) -> AsyncEngine:
    """An engine for a URL of ``database_url``. Connects to nothing yet. ``patient``: a statement may take for ever, as
    the change of a big table does.
    """
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, busy_timeout_ms)
    try:
        waits = {"timeout": CONNECT_S, "command_timeout": None if patient else ANSWER_S}
        return create_async_engine(url, pool_pre_ping=True, pool_timeout=10, connect_args=waits)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise ConfigError(
            "PostgreSQL needs the package asyncpg. Install it (pip install asyncpg), or use sqlite:///…."
        ) from error


def _sqlite_engine(url: URL, busy_timeout_ms: int) -> AsyncEngine:
    database, _, mode = sqlite_uri(Path(url.database or ""), "rw").partition("?mode=")
    existing = url.set(database=database, query={"mode": mode, "uri": "true"})
    # Last in, first out: each connection keeps pages and statements in memory, so few of them are to be at work.
    waits = {"timeout": busy_timeout_ms / 1000}
    engine = create_async_engine(existing, pool_timeout=10, pool_use_lifo=True, connect_args=waits)

    def on_connect(connection: Any, _entry: ConnectionPoolEntry) -> None:
        try:
            connection.isolation_level = None  # we begin transactions, see the module's docstring
            set_up_sqlite(connection, busy_timeout_ms)
        except BaseException:
            connection.close()  # the pool has not got it yet, so nobody else would, and its thread would stay
            raise

    event.listen(engine.sync_engine, "connect", on_connect)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if MIGRATES in options:
        # Changing a table on SQLite means to drop and remake it, which its foreign keys would forbid; they
        # cannot be switched inside a transaction. migrate checks them at its end.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if WRITES in options else "BEGIN")


def set_up_sqlite(connection: Any, busy_timeout_ms: int) -> None:
    """The settings of one SQLite connection. Raises StoreUnavailable where WAL is not to be had."""
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout = {int(busy_timeout_ms)}")
        cursor.execute("PRAGMA journal_mode = WAL")
        mode = cursor.fetchone()[0]
        if mode != "wal":
            raise StoreUnavailable(
                f"The database's volume cannot do write-ahead logging (journal_mode is {mode}). "
                "Keep the file on a local disk, not on a network share."
            )
        for pragma in ("synchronous = FULL", "foreign_keys = ON", "journal_size_limit = 67108864"):
            cursor.execute(f"PRAGMA {pragma}")
    finally:
        cursor.close()
