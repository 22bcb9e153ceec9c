"""The feed of changes: whoever follows it knows, at the end, exactly what is on record."""

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telephony.database.database import Database
from telephony.records.feed import CallChange, newest_revision, read_changes
from telephony.records.record import CallRecord
from telephony.records.store import RecordStore
from tests.unit.telephony.records.samples import call_id, record, tellings


async def changes(store: RecordStore, after: int = 0, limit: int = 1000) -> Sequence[CallChange]:
    async with store.database.reading() as connection:
        return await read_changes(connection, after, limit, store.database.place)


async def ids(store: RecordStore, after: int = 0) -> list[str]:
    return [change.call_id for change in await changes(store, after)]


async def test_what_is_new_and_what_changed_is_told_and_a_repeat_is_not(store: RecordStore) -> None:
    await store.write([record(1), record(2)])
    await store.write([record(1)])
    first = await changes(store)
    assert [change.record for change in first] == [record(1), record(2)]
    fuller = record(1, recording="other.wav", related=(call_id(9),))
    await store.write([fuller, record(2)])
    (again,) = await changes(store, first[-1].revision)
    assert again == CallChange(first[-1].revision + 1, call_id(1), fuller)
    assert await ids(store) == [call_id(2), call_id(1)], "a call has its last change only"


async def test_a_record_that_became_part_of_another_is_told_as_gone(store: RecordStore) -> None:
    await store.write([record(1), record(2)])
    joined = record(1, aliases=(call_id(2),))
    await store.write([joined])
    assert [(change.call_id, change.record) for change in await changes(store, 2)] == [
        (call_id(1), joined),
        (call_id(2), None),
    ]
    await store.write([record(2)])
    assert len(await changes(store)) == 2, "and told again, it changes nothing"


async def test_pages_follow_each_other_without_hole_or_overlap(store: RecordStore) -> None:
    await store.write([record(number) for number in range(25)])
    seen: list[str] = []
    after = 0
    while page := await changes(store, after, limit=7):
        seen += [change.call_id for change in page]
        after = page[-1].revision
    assert seen == [call_id(number) for number in range(25)]


async def test_a_write_that_fails_tells_nothing(store: RecordStore) -> None:
    async with store.database.reading() as connection:
        assert await newest_revision(connection) == 0
    await store.write([])
    assert await changes(store) == []


async def test_writers_at_once_give_each_change_a_revision_of_its_own(url: str) -> None:
    stores = [await RecordStore.open(url) for _ in range(3)]
    await asyncio.gather(
        *(store.write([record(number)]) for number, store in ((number, stores[number % 3]) for number in range(30)))
    )
    told = await changes(stores[0])
    assert [change.revision for change in told] == list(range(1, 31))
    assert {change.call_id for change in told} == {call_id(number) for number in range(30)}
    for store in stores:
        await store.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(tellings(st.integers(0, 4)), max_size=4), max_size=5), pause=st.integers(0, 4))
async def test_who_follows_knows_what_is_on_record(
    batches: list[list[CallRecord]], pause: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("feed")
    store = await RecordStore.open(f"sqlite:///{folder / 'zhitong.db'}")
    known: dict[str, CallRecord | None] = {}
    after = 0
    for number, batch in enumerate(batches):
        await store.write([msgspec.structs.replace(each, aliases=_aliases(number)) for each in batch])
        if number != pause:  # it may stand still for a while
            for change in await changes(store, after):
                known[change.call_id] = change.record
                after = change.revision
    for change in await changes(store, after):
        known[change.call_id] = change.record
    assert known == {key: await store.get(key) if await _stored(store, key) else None for key in known}
    assert {key for key, value in known.items() if value} == {
        call for call in map(call_id, range(5)) if await _stored(store, call)
    }
    await store.close()


def _aliases(number: int) -> tuple[str, ...]:
    return (call_id(4),) if number == 2 else ()


async def _stored(store: RecordStore, key: str) -> bool:
    found = await store.get(key)
    return found is not None and found.call_id == key


async def test_calls_of_before_get_their_revision_when_the_database_is_brought_up_to_date(tmp_path: Path) -> None:
    """A ledger that is new must hear of what was missed before there was one."""
    path = tmp_path / "zhitong.db"
    store = await RecordStore.open(f"sqlite:///{path}")
    await store.write([record(2), record(1), record(3)])
    await store.close()
    _back_to_0002(path)
    database = await Database.open(f"sqlite:///{path}")
    async with database.reading() as connection:
        told = await read_changes(connection, 0, 10, database.place)
    assert [(change.revision, change.record) for change in told] == [(1, record(1)), (2, record(2)), (3, record(3))]
    await database.close()


OF_0002 = {"agents", "aliases", "alembic_version", "call_channels", "calls", "journal_cursors", "offers"}


def _back_to_0002(path: Path) -> None:
    connection = sqlite3.connect(path)
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for name in {name for (name,) in tables} - OF_0002:
        connection.execute(f"DROP TABLE {name}")
    for column in ("profile", "auto_answer"):
        connection.execute(f"ALTER TABLE agents DROP COLUMN {column}")
    for column in ("caller_key", "dialled_key"):
        connection.execute(f"DROP INDEX ix_calls_{column}")
        connection.execute(f"ALTER TABLE calls DROP COLUMN {column}")
    connection.execute("UPDATE alembic_version SET version_num = '0002'")
    connection.commit()
    connection.close()
