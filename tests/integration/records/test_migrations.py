"""The schema: migrations give what the tables say, forward only, with a backup, all or nothing."""

import asyncio
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

import telephony.directory.schema
import telephony.journal.schema
import telephony.ledger.schema
import telephony.limits.schema
import telephony.reconcile.schema
import telephony.recordings.schema
import telephony.records.schema
import telephony.remarks.schema  # noqa: F401
import zhitong.access.schema  # noqa: F401
from telephony.database import database as database_module
from telephony.database import migrate
from telephony.database.database import Database
from telephony.database.faults import SchemaTooNew, StoreUnavailable
from telephony.database.metadata import metadata
from telephony.database.migrate import is_current
from telephony.errors import StoreError
from telephony.records.store import RecordStore
from tests.unit.telephony.records.samples import call_id, record

HEAD = migrate.newest_revision()
NEWER = f"{int(HEAD) + 1:04}"
"""The revision after this program's."""

NEXT = f"""
import sqlalchemy as sa
from alembic import op

revision = "{NEWER}"
down_revision = "{HEAD}"


def upgrade() -> None:
    {{body}}
"""
ADD_COLUMN = 'op.add_column("agents", sa.Column("badge", sa.Text))'
REMAKE_CALLS = """
    with op.batch_alter_table("calls", recreate="always") as table:
        table.alter_column("trunk", new_column_name="line")
"""

Extend = Callable[[str], None]


@pytest.fixture
def extend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Extend:
    """Make this program one migration newer than it is."""

    def newer(body: str) -> None:
        folder = tmp_path / "migrations"
        shutil.copytree(migrate._MIGRATIONS, folder)
        (folder / "versions" / f"{NEWER}_test.py").write_text(NEXT.format(body=body))
        monkeypatch.setattr(migrate, "_MIGRATIONS", folder)

    return newer


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


async def written(url: str, count: int = 3) -> Path:
    store = await RecordStore.open(url)
    await store.write([record(number) for number in range(count)])
    await store.close()
    return file_of(url)


def backups(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.before-*"))


def test_the_names_of_the_files_are_the_revisions() -> None:
    scripts = ScriptDirectory.from_config(migrate.alembic_config())
    steps = list(scripts.walk_revisions())
    assert [Path(step.path).name.partition("_")[0] for step in steps] == [step.revision for step in steps]
    assert {step.revision for step in steps} == migrate._known_revisions()
    assert migrate.newest_revision() == scripts.get_current_head()


async def test_the_migrated_schema_is_the_one_the_tables_say(url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    database = await Database.open(url)
    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


async def test_a_difference_between_tables_and_migrations_would_be_seen(url: str, extend: Extend) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    extend(ADD_COLUMN)
    database = await Database.open(url)
    async with database.reading() as connection:
        assert "badge" in str(await connection.run_sync(differences))
    await database.close()


async def test_a_new_database_needs_no_backup_and_neither_does_one_that_is_up_to_date(sqlite_url: str) -> None:
    path = await written(sqlite_url)
    await written(sqlite_url)
    assert backups(path) == []
    assert ask(path, "SELECT version_num FROM alembic_version") == [(migrate.newest_revision(),)]


async def test_before_a_migration_the_file_is_copied_as_it_was(sqlite_url: str, extend: Extend) -> None:
    path = await written(sqlite_url)
    before = ask(path, "SELECT * FROM calls ORDER BY call_id")
    path.chmod(0o640)
    extend(ADD_COLUMN)
    database = await Database.open(sqlite_url)
    await database.close()
    assert [database.backup] == backups(path)
    backup = backups(path)[0]
    assert backup.name.startswith(f"zhitong.db.before-{NEWER}-20")
    assert ask(backup, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert ask(backup, "SELECT * FROM calls ORDER BY call_id") == before
    assert backup.stat().st_mode & 0o777 == 0o640
    assert ask(path, "SELECT badge FROM agents") == []
    assert ask(path, "SELECT * FROM calls ORDER BY call_id") == before


async def test_the_backup_is_what_one_goes_back_with(
    sqlite_url: str, extend: Extend, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await written(sqlite_url)
    extend(ADD_COLUMN)
    await (await Database.open(sqlite_url)).close()
    backups(path)[0].replace(path)
    monkeypatch.undo()
    store = await RecordStore.open(sqlite_url)
    assert await store.count() == 3
    await store.close()


async def test_rows_in_the_log_that_is_not_yet_in_the_file_are_in_the_backup_too(
    sqlite_url: str, extend: Extend
) -> None:
    store = await RecordStore.open(sqlite_url)  # stays open, so its writes stay in the -wal
    await store.write([record(1)])
    path = file_of(sqlite_url)
    assert path.with_name("zhitong.db-wal").stat().st_size > 0
    extend(ADD_COLUMN)
    await (await Database.open(sqlite_url)).close()
    await store.close()
    assert ask(backups(path)[0], "SELECT call_id FROM calls") == [(call_id(1),)]


async def test_a_table_that_others_point_to_can_be_remade(sqlite_url: str, extend: Extend) -> None:
    path = await written(sqlite_url)
    extend(REMAKE_CALLS)
    await (await Database.open(sqlite_url)).close()
    assert ask(path, "SELECT line FROM calls") == [("carrier",)] * 3
    assert len(ask(path, "SELECT * FROM call_channels")) == 6
    assert ask(path, "PRAGMA foreign_key_check") == []


@pytest.mark.parametrize("body", [f'{ADD_COLUMN}; op.execute("no such statement")', f"{ADD_COLUMN}; 1 / 0"])
async def test_a_migration_that_fails_changes_nothing(
    url: str, extend: Extend, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await RecordStore.open(url)
    await store.write([record(1)])
    await store.close()
    extend(body)
    with pytest.raises((StoreError, ZeroDivisionError)):
        await Database.open(url)
    monkeypatch.undo()
    store = await RecordStore.open(url)
    assert await store.get(call_id(1)) == record(1)
    await store.close()


async def test_a_migration_that_would_leave_rows_pointing_at_nothing_is_undone(sqlite_url: str, extend: Extend) -> None:
    path = await written(sqlite_url)
    extend('op.execute("DELETE FROM calls")')
    with pytest.raises(StoreError, match="would point at nothing"):
        await Database.open(sqlite_url)
    assert ask(path, "SELECT count(*) FROM calls") == [(3,)]


async def test_a_newer_database_is_refused_and_not_touched(
    sqlite_url: str, extend: Extend, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await written(sqlite_url)
    extend(ADD_COLUMN)
    await (await Database.open(sqlite_url)).close()
    monkeypatch.undo()
    content = path.read_bytes()
    with pytest.raises(SchemaTooNew, match=rf"has schema {NEWER}; this program knows up to {HEAD}.*restore the backup"):
        await RecordStore.open(sqlite_url)
    assert path.read_bytes() == content


async def test_without_room_for_a_backup_nothing_is_changed(
    sqlite_url: str, extend: Extend, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await written(sqlite_url)
    extend(ADD_COLUMN)

    def full(_source: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(migrate, "_copy", full)
    with pytest.raises(StoreError, match=r"so nothing was changed: .*No space left"):
        await Database.open(sqlite_url)
    assert ask(path, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert [entry.name for entry in path.parent.iterdir() if "before" in entry.name] == []


async def test_a_damaged_file_is_not_taken_for_a_backup(sqlite_url: str, tmp_path: Path) -> None:
    path = await written(sqlite_url, 300)
    raw = bytearray(path.read_bytes())
    raw[8192 : len(raw) // 2] = b"\xa5" * (len(raw) // 2 - 8192)
    path.write_bytes(raw)
    with pytest.raises(StoreError, match="No backup"):
        migrate.back_up(path, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


async def test_a_copy_is_not_torn_by_who_writes_meanwhile(sqlite_store: RecordStore, tmp_path: Path) -> None:
    path = Path(sqlite_store.database.place)
    await sqlite_store.write([record(number) for number in range(100)])

    async def keep_writing() -> None:
        for number in range(100, 160):
            await sqlite_store.write([record(number)])

    writing = asyncio.create_task(keep_writing())
    copies = [await asyncio.to_thread(migrate.back_up, path, tmp_path / f"copy{n}.db") for n in range(3)]
    await writing
    for copy in copies:
        calls = ask(copy, "SELECT count(*) FROM calls")[0][0]
        assert ask(copy, "SELECT count(*) FROM offers") == [(calls,)]
        assert ask(copy, "PRAGMA integrity_check") == [("ok",)]


async def test_programs_that_start_at_once_on_a_new_database_all_get_it(url: str) -> None:
    code = (
        "import asyncio, sys\n"
        "from telephony.records.store import RecordStore\n"
        "async def main():\n"
        "    store = await RecordStore.open(sys.argv[1])\n"
        "    print(await store.count())\n"
        "    await store.close()\n"
        "asyncio.run(main())\n"
    )
    started = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", code, url, stdout=-1, stderr=-1) for _ in range(4)
    ]
    results = [await process.communicate() for process in started]
    assert [out for out, _ in results] == [b"0\n"] * 4, b"\n".join(err for _, err in results).decode()


async def test_the_file_is_for_its_owner_only(sqlite_store: RecordStore) -> None:
    await sqlite_store.write([record(1)])
    path = Path(sqlite_store.database.place)
    modes = {entry.name: entry.stat().st_mode & 0o777 for entry in path.parent.glob("zhitong.db*")}
    assert modes == dict.fromkeys(("zhitong.db", "zhitong.db-wal", "zhitong.db-shm"), 384)


async def test_reading_a_database_that_is_not_there_makes_none(tmp_path: Path) -> None:
    missing = tmp_path / "typo" / "zhitong.db"
    with pytest.raises(StoreUnavailable, match="Start the service once"):
        await RecordStore.open(f"sqlite:///{missing}", create=False)
    assert not missing.parent.exists()


@pytest.mark.parametrize("blocked", ["folder", "file"])
async def test_a_place_where_no_database_can_be(tmp_path: Path, blocked: str) -> None:
    (tmp_path / "file").write_text("something else, long enough to be looked at as a header by SQLite" * 10)
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreError, match=str(tmp_path)):
        await RecordStore.open(f"sqlite:///{tmp_path / blocked}")
    with pytest.raises(StoreError, match="reached"):
        await RecordStore.open(f"sqlite:///{tmp_path / 'file' / 'zhitong.db'}")


async def test_two_databases_migrate_at_once_in_one_process(tmp_path: Path) -> None:
    urls = [f"sqlite+aiosqlite:///{tmp_path / name}.db" for name in ("one", "two", "three")]
    databases = await asyncio.gather(*(Database.open(url) for url in urls))
    try:
        for database in databases:
            async with database.reading() as connection:
                assert await connection.run_sync(is_current, database.place)
    finally:
        await asyncio.gather(*(database.close() for database in databases))


async def test_who_gives_up_waiting_to_migrate_does_not_keep_others_from_it(tmp_path: Path) -> None:
    async with database_module._alone():
        waiting = asyncio.create_task(Database.open(f"sqlite:///{tmp_path / 'one.db'}"))
        await asyncio.sleep(0.2)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.cancelled()
    database = await asyncio.wait_for(Database.open(f"sqlite:///{tmp_path / 'two.db'}"), 30)
    await database.close()
