"""A database that is made before it is there, and who uses it meanwhile."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from telephony.database.database import Database
from telephony.database.faults import SchemaTooNew, StoreUnavailable
from telephony.database.probe import Probe
from telephony.records.store import RecordStore
from tests.integration.records.test_kills import locked
from tests.unit.telephony.records.samples import call_id, record


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """Nothing can be made below it: there is a file in the way. See ``mount``."""
    path = tmp_path / "volume"
    path.write_text("not mounted")
    return path


def mount(volume: Path) -> None:
    volume.unlink()
    volume.mkdir()


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def is_open(database: Database) -> bool:
    return database.is_open


def trouble(probe: Probe) -> str:
    return probe.error or ""


def of_a_newer_program(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE alembic_version (version_num TEXT PRIMARY KEY)")
    connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    connection.commit()
    connection.close()


async def test_nothing_is_touched_before_it_is_used(tmp_path: Path) -> None:
    database = Database.later(f"sqlite:///{tmp_path}/zhitong.db")
    assert (is_open(database), names(tmp_path)) == (False, [])
    store = RecordStore(database)
    await store.write([record(1)])
    assert is_open(database)
    assert await store.get(call_id(1)) == record(1)
    await database.close()


async def test_who_asks_too_early_is_told_to_try_again_and_then_gets_it(volume: Path) -> None:
    store = RecordStore(Database.later(f"sqlite:///{volume}/zhitong.db"))
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match=r"zhitong\.db"):
            await store.write([record(1)])
    mount(volume)
    await store.write([record(1)])
    assert await store.count() == 1
    await store.close()


async def test_all_who_wait_for_it_get_it_and_it_is_brought_up_to_date_once(volume: Path) -> None:
    store = RecordStore(Database.later(f"sqlite:///{volume}/zhitong.db"))
    mount(volume)
    await asyncio.gather(*(store.write([record(number)]) for number in range(20)))
    assert await store.count() == 20
    assert not [name for name in names(volume) if "before" in name]
    await store.close()


async def test_a_newer_schema_is_refused_for_good_at_the_start_and_for_now_later(tmp_path: Path) -> None:
    """A record must not be set aside as one that the store will not have."""
    path = tmp_path / "zhitong.db"
    of_a_newer_program(path)
    database = Database.later(f"sqlite:///{path}")
    with pytest.raises(SchemaTooNew):
        await database.bring_up()
    with pytest.raises(StoreUnavailable, match="newer program"):
        await RecordStore(database).write([record(1)])
    path.unlink()
    await RecordStore(database).write([record(1)])  # to the new file, not to the one that was found first
    assert path.exists()
    await database.close()


async def test_who_writes_without_a_pause_lets_others_have_their_turn(sqlite_url: str) -> None:
    """SQLite's lock alone goes to who asks in the right moment."""
    store = RecordStore(await Database.open(sqlite_url, busy_timeout_ms=20))
    turns = 0

    async def greedy() -> None:
        nonlocal turns
        while True:
            async with store.database.writing():
                turns += 1
                await asyncio.sleep(0.03)

    work = asyncio.create_task(greedy())
    for number in range(5):
        before = turns
        await store.write([record(number)])
        assert turns - before <= 2
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert await store.count() == 5
    await store.close()


async def test_the_probe_tells_of_a_lock_before_a_record_meets_it(sqlite_url: str) -> None:
    database = await Database.open(sqlite_url, busy_timeout_ms=20)
    probe = Probe(database)
    await probe.ask()
    assert trouble(probe) == ""
    with locked(Path(sqlite_url.removeprefix("sqlite:///"))):
        await probe.ask()
        assert "another program has locked it" in trouble(probe)
    await probe.ask()
    assert (trouble(probe), probe.stuck_s) == ("", 0.0)
    await database.close()


async def test_the_probe_counts_for_how_long_it_gets_no_answer(sqlite_url: str) -> None:
    database = await Database.open(sqlite_url, busy_timeout_ms=60_000)
    probe = Probe(database)
    with locked(Path(sqlite_url.removeprefix("sqlite:///"))):
        asking = asyncio.create_task(probe.ask())
        async with asyncio.timeout(20):
            while probe.stuck_s < 0.2:  # noqa: ASYNC110  # time itself
                await asyncio.sleep(0.01)
    await asyncio.wait_for(asking, 60)
    assert (trouble(probe), probe.stuck_s) == ("", 0.0)
    await database.close()
