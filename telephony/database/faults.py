"""What went wrong with the database, said in a way that tells a person what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from telephony.errors import StoreError


class StoreUnavailable(StoreError):
    """The database as a whole cannot be used at present, whatever is asked of it. Keep what was to be
    written: the same call succeeds once somebody has done what the message says, or by itself.
    """


class SchemaTooNew(StoreError):
    """The database was written by a newer version of this program."""


# Classes of SQLSTATE: data exception, integrity constraint violation.
_OF_THE_DATA = ("22", "23")
# invalid authorization, wrong password, no such database, starting up, shutting down, too many connections.
_AT_THE_DOOR = ("28000", "28P01", "3D000", "57P03", "57P01", "53300")
_GOES_ON = "writing then goes on by itself"
NOT_WRITABLE = (
    "it may not be written. Give the user this program runs as write permission on the file and on its folder (SQLite "
    "keeps -wal and -shm files beside it); a volume that is read-only has to be mounted anew"
)
_SQLITE_REMEDIES = {
    "SQLITE_BUSY": "another program has locked it for too long. End the program that holds it (a backup, a "
    f"shell with an open transaction); {_GOES_ON}",
    "SQLITE_LOCKED": "another connection holds a lock on it; try again",
    "SQLITE_FULL": f"the disk is full. Free space on its volume; {_GOES_ON}",
    "SQLITE_READONLY": NOT_WRITABLE,
    "SQLITE_CANTOPEN": "it cannot be opened. Check that its folder exists and that the user this program "
    "runs as may read and write there",
    "SQLITE_IOERR": "the disk reports an input/output error. Check the volume (space, mount, hardware log)",
    "SQLITE_PERM": "access to it was denied. Check the owner and the mode of the file",
    "SQLITE_PROTOCOL": "its lock could not be taken. Do not keep it on a network share",
    "SQLITE_CORRUPT": "the file is damaged. Stop the program, keep a copy, and restore the latest backup",
    "SQLITE_NOTADB": "the file is not an SQLite database. Check the path, or move the file away",
}


@contextmanager
def faults_of(place: str) -> Iterator[None]:
    """Turn what SQLAlchemy, a driver or the system raises inside into a StoreError that names ``place``."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise store_error(error, place) from error
    except Exception as error:
        if not _sqlstate(error):
            raise
        # While it connects, PostgreSQL's driver raises its own errors, past SQLAlchemy's.
        raise store_error(error, place) from error


def store_error(error: Exception, place: str) -> StoreError:
    """The StoreError to raise for ``error``: StoreUnavailable, unless the fault is in what was to be
    written.
    """
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    if isinstance(error, IntegrityError | DataError) or _sqlstate(cause)[:2] in _OF_THE_DATA:
        return StoreError(f"The database {place} will not have what was to be written: {cause}.")
    if isinstance(cause, sqlite3.Error):
        return StoreUnavailable(f"The database {place} cannot be used: {_sqlite_remedy(cause)}.")
    if _sqlstate(cause) in _AT_THE_DOOR:
        return StoreUnavailable(
            f"The database {place} lets nobody in: {cause}. Check the user, the password and the name of the "
            f"database in [store] url; if it is only starting up, {_GOES_ON}."
        )
    if isinstance(cause, OSError | PoolTimeout):
        return StoreUnavailable(
            f"The database {place} cannot be reached: {str(cause) or 'it did not answer in time'}. Check that it is "
            "running and reachable from here."
        )
    return StoreUnavailable(f"The database {place} refused a request: {cause}. It will be tried again.")


def _sqlite_remedy(cause: sqlite3.Error) -> str:
    code = getattr(cause, "sqlite_errorname", None) or "no code"
    for name, remedy in _SQLITE_REMEDIES.items():
        if code.startswith(name):
            return f"{remedy} ({code})"
    return f"it refused a request: {cause} ({code})"


def _sqlstate(cause: BaseException) -> str:
    """PostgreSQL's five letters for an error, where the driver passes them on."""
    return str(getattr(cause, "sqlstate", None) or "")
