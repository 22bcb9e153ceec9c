"""The writer on a real store that is locked, full or not writable for a while: calls go on, nothing is
lost.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from telephony.database.database import Database
from telephony.database.faults import StoreUnavailable
from telephony.database.migrate import back_up
from telephony.records.query import CallQuery
from telephony.records.store import RecordStore
from telephony.records.writer import Pace, RecordWriter
from tests.unit.telephony.records.samples import call_id, record

PACE = Pace(batch=10, gather=0.01, first_retry=0.01, last_retry=0.05)

Outage = Callable[[RecordStore], Any]


@contextmanager
def locked(store: RecordStore) -> Iterator[None]:
    holder = sqlite3.connect(store.database.place, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        holder.close()


@contextmanager
def set_by_pragma(store: RecordStore, on: str, off: str) -> Iterator[None]:
    """Make real SQLite refuse: ``on`` before each statement of the store, ``off`` afterwards."""
    engine = store.database._engine.sync_engine
    pragma = on

    def before(_connection: Any, cursor: Any, *_: Any) -> None:
        cursor.execute(f"PRAGMA {pragma}")

    event.listen(engine, "before_cursor_execute", before)
    try:
        yield
    finally:
        pragma = off


def full(store: RecordStore) -> Any:
    return set_by_pragma(store, "max_page_count = 1", "max_page_count = 1073741823")


def not_writable(store: RecordStore) -> Any:
    return set_by_pragma(store, "query_only = ON", "query_only = OFF")


OUTAGES = [
    pytest.param(locked, "locked it for too long", id="locked"),
    pytest.param(full, "disk is full", id="full"),
    pytest.param(not_writable, "may not be written", id="not writable"),
]


@pytest.fixture
async def impatient(sqlite_url: str) -> Any:
    """A store that waits 20 ms for a lock and not five seconds."""
    store = RecordStore(await Database.open(sqlite_url, busy_timeout_ms=20))
    yield store
    await store.close()


async def until(condition: Callable[[], Awaitable[bool] | bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.005)


def fill(store: RecordStore) -> list[Any]:
    """Enough that a full database has no free page left to take them."""
    return [record(number, caller_name="x" * 2_000) for number in range(60)]


@pytest.mark.parametrize(("outage", "message"), OUTAGES)
async def test_a_write_says_what_is_wrong_and_where(impatient: RecordStore, outage: Outage, message: str) -> None:
    with outage(impatient), pytest.raises(StoreUnavailable, match=message) as caught:
        await impatient.write(fill(impatient))
    assert impatient.database.place in str(caught.value)
    assert await impatient.count() == 0
    await impatient.write(fill(impatient))
    assert await impatient.count() == 60


@pytest.mark.parametrize(("outage", "message"), OUTAGES)
async def test_records_wait_while_the_store_is_out_and_are_all_written_when_it_is_back(
    impatient: RecordStore, outage: Outage, message: str
) -> None:
    writer = RecordWriter(impatient, pace=PACE)
    writer.start()
    writer.offer(record(1000))
    await writer.flush()
    records = fill(impatient)
    with outage(impatient):
        for one in records[:30]:
            assert writer.offer(one)
        await until(lambda: writer.last_error is not None)
        for one in records[30:]:
            assert writer.offer(one)
        assert message in (writer.last_error or "")
        assert writer.waiting == 60
    await asyncio.wait_for(writer.flush(), 30)
    assert (writer.written, writer.waiting, writer.refused, writer.put_aside) == (61, 0, 0, 0)
    assert writer.last_error is None
    assert await impatient.count() == 61
    assert await writer.close() == 0


async def test_closing_during_an_outage_ends_in_time_and_leaves_the_database_whole(impatient: RecordStore) -> None:
    writer = RecordWriter(impatient, pace=PACE)
    writer.start()
    with locked(impatient):
        for one in fill(impatient):
            writer.offer(one)
        assert await writer.close(timeout=0.2) == 60
    await impatient.write([record(1)])
    assert await impatient.count() == 1
    assert await impatient.get(call_id(1)) == record(1)


def content_of(path: Path) -> bytes:
    return path.read_bytes()


def move(source: Path | str, target: Path | str) -> Path:
    return Path(source).replace(target)


async def test_a_database_taken_away_and_brought_back(impatient: RecordStore) -> None:
    """No new file is made in its place, and nothing is written to a ghost."""
    writer = RecordWriter(impatient, pace=PACE)
    writer.start()
    writer.offer(record(1))
    await writer.flush()
    place = impatient.database.place
    away = move(place, f"{place}.away")
    writer.offer(record(2))
    await until(lambda: writer.last_error is not None)
    assert "is gone. Put the file back" in (writer.last_error or "")
    with pytest.raises(StoreUnavailable, match="gone"):
        await impatient.count()
    assert not (set(away.parent.iterdir()) & {Path(place)})
    move(away, place)
    await asyncio.wait_for(writer.flush(), 30)
    assert await impatient.count() == 2
    await writer.close()


async def test_a_file_put_in_place_while_we_run_is_neither_written_nor_read(impatient: RecordStore) -> None:
    await impatient.write([record(1)])
    path = Path(impatient.database.place)
    backup = back_up(path, path.with_name("copy.db"))
    await impatient.write([record(2)])
    first = move(path, path.with_name("first.db"))
    move(backup, path)
    content = content_of(path)
    with pytest.raises(StoreUnavailable, match="stop the program first"):
        await impatient.write([record(3)])
    assert content_of(path) == content
    move(first, path)
    await impatient.write([record(3)])
    assert await impatient.count() == 3


async def test_a_backup_put_in_place_after_a_stop_is_gone_on_with(sqlite_url: str) -> None:
    store = await RecordStore.open(sqlite_url)
    await store.write([record(1)])
    path = Path(store.database.place)
    backup = back_up(path, path.with_name("copy.db"))
    await store.write([record(2)])
    await store.close()
    assert [entry.name for entry in path.parent.glob("zhitong.db*")] == ["zhitong.db"]
    move(backup, path)
    store = await RecordStore.open(sqlite_url)
    await store.write([record(3)])
    assert {one.call_id async for one in store.stream(CallQuery())} == {call_id(1), call_id(3)}
    await store.close()
