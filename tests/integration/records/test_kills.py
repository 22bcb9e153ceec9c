"""kill -9 in the middle: what was acknowledged is there, and nothing is there by half."""

import asyncio
import random
import shutil
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from telephony.database import migrate
from telephony.records.outbox import Outbox
from telephony.records.query import CallQuery
from telephony.records.store import RecordStore
from telephony.records.writer import RecordWriter
from tests.integration.records.test_store import check_tables
from tests.integration.records.victim import BATCH
from tests.unit.telephony.records.samples import call_id, record
from tests.unit.telephony.records.spools import left_in

ROOT = Path(__file__).parents[3]
ROUNDS = 6
SLOW = f"""
import sys, time
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{migrate.newest_revision()}"


def upgrade() -> None:
    op.add_column("agents", sa.Column("badge", sa.Text))
    op.execute("UPDATE calls SET trunk = 'changed'")
    sys.stdout.write("half way\\n")
    sys.stdout.flush()
    time.sleep(600)
"""


async def start(*arguments: str) -> Process:
    command = (sys.executable, "-m", "tests.integration.records.victim", *arguments)
    return await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, limit=2**24)


async def acknowledged_until_killed(process: Process, after: float) -> int:
    """The number of the first call that was not acknowledged; kills the process ``after`` seconds of
    writing.
    """
    assert process.stdout is not None
    first = await asyncio.wait_for(process.stdout.readline(), 60)
    await asyncio.sleep(after)
    process.kill()
    rest = await process.stdout.read()
    assert await process.wait() == -9
    whole = [line for line in (first + rest).split(b"\n")[:-1] if line]
    return int(whole[-1])


def ids_in(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    found = {row[0] for row in connection.execute("SELECT call_id FROM calls")}
    connection.close()
    return found


def backups_in(folder: Path) -> list[Path]:
    return list(folder.glob("zhitong.db.before-9999-*"))


@pytest.mark.parametrize("how", ["store", "writer"])
async def test_what_was_acknowledged_survives_kill_9_and_no_half_record_does(how: str, sqlite_url: str) -> None:
    dice = random.Random(how)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    first = 0
    for _ in range(ROUNDS):
        process = await start(how, sqlite_url, str(first))
        safe = await acknowledged_until_killed(process, dice.uniform(0, 0.4))
        found = ids_in(path)
        assert {call_id(number) for number in range(safe)} <= found
        if how == "store":
            assert len(found) % BATCH == 0  # a write is there as a whole or not at all
        check_tables(path)
        first = len(found)
        assert found == {call_id(number) for number in range(first)}
    store = await RecordStore.open(sqlite_url)
    assert (await store.write([record(number) for number in range(first + 3)])).added == 3
    records = [one async for one in store.stream(CallQuery(oldest_first=True, limit=1000))]
    assert records == [record(number) for number in range(first + 3)]
    await store.close()


async def test_what_the_outbox_acknowledged_survives_kill_9_whether_the_store_is_there_or_not(
    sqlite_url: str, tmp_path: Path
) -> None:
    """Killed at random moments, in every other run while somebody else has the database; then one run that writes all:
    each number is there, once.
    """
    dice = random.Random("outbox")
    path, folder = Path(sqlite_url.removeprefix("sqlite:///")), tmp_path / "outbox"
    await (await RecordStore.open(sqlite_url)).close()
    first = 0
    for number in range(ROUNDS):
        with locked(path) if number % 2 else nullcontext():
            process = await start("outbox", sqlite_url, str(first), str(folder))
            safe = await acknowledged_until_killed(process, dice.uniform(0, 0.6))
        kept = ids_in(path) | {one.call_id for one in left_in(folder)}
        assert {call_id(each) for each in range(safe)} <= kept
        first = len(kept)
        assert kept == {call_id(each) for each in range(first)}
    outbox = await Outbox.open(folder)
    store = await RecordStore.open(sqlite_url)
    writer = RecordWriter(store, backlog=outbox, set_aside=outbox.set_aside)
    writer.start()
    assert await writer.close() == 0
    assert await outbox.close() == 0
    assert list(folder.iterdir()) == []
    assert first > 0
    assert ids_in(path) == {call_id(each) for each in range(first)}
    assert await store.count() == first
    check_tables(path)
    await store.close()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        holder.close()


async def test_a_migration_cut_by_kill_9_has_changed_nothing_and_left_its_backup(
    sqlite_url: str, tmp_path: Path
) -> None:
    store = await RecordStore.open(sqlite_url)
    await store.write([record(1)])
    await store.close()
    folder = tmp_path / "migrations"
    shutil.copytree(migrate._MIGRATIONS, folder)
    (folder / "versions" / "9999_slow.py").write_text(SLOW)
    process = await start("migrate", sqlite_url, str(folder))
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"half way\n"
    process.kill()
    assert await process.wait() == -9
    store = await RecordStore.open(sqlite_url)  # this program does not know 9999: it would be refused
    assert await store.get(call_id(1)) == record(1)
    assert store.database.backup is None
    await store.close()
    assert [ids_in(backup) for backup in backups_in(tmp_path)] == [{call_id(1)}]
