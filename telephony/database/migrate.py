"""Bring a database to the schema of this program: forward only, all of it or nothing, with a backup first.

The steps are alembic scripts in ``migrations/versions``, shipped in the package. They run in one
transaction of the caller, under a lock, so that of two programs starting at once one migrates and the other
finds the work done.

Alembic is imported when a schema is to be changed: whoever finds it up to date starts a good deal sooner.
"""

import contextlib
import os
import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from telephony.database.engine import sqlite_uri
from telephony.database.faults import SchemaTooNew, StoreUnavailable
from telephony.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).with_name("migrations")


def alembic_config(connection: Connection | None = None) -> "Config":
    """Alembic's configuration, made here so that no alembic.ini is needed. env.py takes the connection from
    it.
    """
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def newest_revision() -> str:
    """The revision this program brings a database to."""
    known = _known_revisions()
    if not known:
        raise StoreError("The program was installed without its migrations. Install it again.")
    return max(known)


def _known_revisions() -> set[str]:
    """Each is what the name of its file begins with (migrations/env.py). tests/integration/records holds both equal."""
    return {file.name.partition("_")[0] for file in (_MIGRATIONS / "versions").glob("[0-9]*_*.py")}


def is_current(connection: Connection, place: str) -> bool:
    """Whether nothing is to be migrated. Raises SchemaTooNew when the database is ahead of this program."""
    current = _revision_of(connection)
    newest = newest_revision()
    if current != newest:
        _refuse_unknown(current, newest, place)
    return current == newest


def _revision_of(connection: Connection) -> str | None:
    """Where alembic keeps it. None of a database that is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return revision


def migrate(connection: Connection, file: Path | None, place: str) -> Path | None:
    """Upgrade inside the transaction of ``connection``; returns the backup that was made, if any.

    ``file`` is the SQLite file to copy before anything is changed; an empty database needs no copy. Raises
    SchemaTooNew when the database is ahead of this program, StoreUnavailable when the backup cannot be made: then
    nothing has been changed.
    """
    if is_current(connection, place):
        return None
    backup = None
    if file is not None and inspect(connection).get_table_names():
        backup = back_up(file, _backup_name(file, newest_revision()))
    from alembic import command

    command.upgrade(alembic_config(connection), "head")
    _check_references(connection, place)
    return backup


def _check_references(connection: Connection, place: str) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise StoreError(
                f"The database {place} was not migrated: {len(broken)} rows would point at nothing, "
                f"the first in table {broken[0][0]}. Nothing was changed; report this with the table's name."
            )


def _refuse_unknown(current: str | None, newest: str, place: str) -> None:
    if current is not None and current not in _known_revisions():
        raise SchemaTooNew(
            f"The database {place} has schema {current}; this program knows up to {newest}. Run the "
            "newer program that wrote it, or restore the backup that lies beside it (…before-…)."
        )


def _backup_name(file: Path, revision: str) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return file.with_name(f"{file.name}.before-{revision}-{stamp}")


def back_up(file: Path, target: Path) -> Path:
    """Copy the last committed state of an SQLite database to ``target``, synced; the copy is whole or absent.

    Works while others read and write. The copy is as private as the original. Raises StoreUnavailable.
    """
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.close(handle)
    partial = Path(name)
    try:
        _copy(file, partial)
        partial.chmod(file.stat().st_mode & 0o777)
        partial.replace(target)
        _sync(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise StoreUnavailable(
            f"No backup of {file} could be made before changing its schema, so nothing was changed: {error}. "
            f"Free space in {target.parent}, check its permissions, and try again."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return target


def _copy(file: Path, target: Path) -> None:
    with (
        contextlib.closing(sqlite3.connect(sqlite_uri(file, "ro"), uri=True)) as source,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
        # The copy stands alone: no -wal beside it that one could forget to move along.
        copy.execute("PRAGMA journal_mode = DELETE")
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError(f"the copy failed its integrity check: {verdict}")
    _sync(target)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
