"""What went wrong with the database, said in a way that tells a person what to do."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from telephony.errors import StoreError


class StoreUnavailable(StoreError):
    """The database as a whole cannot be used at the moment; the same call may succeed later, so try again."""


class SchemaTooNew(StoreError):
    """The database was written by a newer version of this program."""


_GOES_ON = "writing then goes on by itself"
_SQLITE_REMEDIES = {
    "SQLITE_BUSY": "another program has locked it for too long. End the program that holds it (a backup, a "
    f"shell with an open transaction); {_GOES_ON}",
    "SQLITE_LOCKED": "another connection holds a lock on it; try again",
    "SQLITE_FULL": f"the disk is full. Free space on its volume; {_GOES_ON}",
    "SQLITE_READONLY": "it may not be written. Give the user this program runs as write permission on the "
    "file and on its folder (SQLite keeps -wal and -shm files beside it)",
    "SQLITE_CANTOPEN": "it cannot be opened. Check that its folder exists and that the user this program "
    "runs as may read and write there",
    "SQLITE_IOERR": "the disk reports an input/output error. Check the volume (space, mount, hardware log)",
    "SQLITE_PERM": "access to it was denied. Check the owner and the mode of the file",
    "SQLITE_PROTOCOL": "its lock could not be taken. Do not keep it on a network share",
    "SQLITE_CORRUPT": "the file is damaged. Stop the program, keep a copy, and restore the latest backup",
    "SQLITE_NOTADB": "the file is not an SQLite database. Check the path, or move the file away",
}
_LASTING = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


@contextmanager
def faults_of(place: str) -> Iterator[None]:
    """Turn what SQLAlchemy, a driver or the system raises inside into a StoreError that names ``place``."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise store_error(error, place) from error


def store_error(error: Exception, place: str) -> StoreError:
    """The StoreError to raise for ``error``; StoreUnavailable when a later try may succeed."""
    cause = error.orig if isinstance(error, DBAPIError) and isinstance(error.orig, Exception) else error
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause, place)
    if isinstance(cause, OSError | asyncio.TimeoutError | PoolTimeout):
        return StoreUnavailable(
            f"The database {place} cannot be reached: {cause}. Is it running, and is the way free?"
        )
    if isinstance(error, DBAPIError) and _passes(error, cause):
        return StoreUnavailable(
            f"The database {place} refused for the moment: {cause}. It will be tried again."
        )
    return StoreError(f"The database {place} refused a request: {cause}.")


def _of_sqlite(cause: sqlite3.Error, place: str) -> StoreError:
    code = getattr(cause, "sqlite_errorname", None) or ""
    for name, remedy in _SQLITE_REMEDIES.items():
        if code.startswith(name):
            kind = StoreError if name in _LASTING else StoreUnavailable
            return kind(f"The database {place} cannot be used: {remedy} ({code}).")
    return StoreError(f"The database {place} refused a request: {cause} ({code or 'no code'}).")


def _passes(error: DBAPIError, cause: BaseException) -> bool:
    """PostgreSQL's classes of SQLSTATE that pass by themselves or by the operator's hand: connection,
    transaction rollback, resources, intervention, system error.
    """
    state = str(getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None) or "")
    return error.connection_invalidated or state[:2] in {"08", "25", "40", "53", "55", "57", "58"}
