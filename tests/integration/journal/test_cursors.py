"""The journal's places and its questions, in a real database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from telephony.database.database import Database
from telephony.journal.cursors import CursorStore, keep
from telephony.journal.kept import KeptRecords
from telephony.journal.places import Cursor
from telephony.model.ids import PbxName, Uniqueid
from telephony.records.store import RecordStore
from tests.unit.telephony.records.samples import call_id, record

ONE, TWO = PbxName("pbx1"), PbxName("pbx2")
PLACE = Cursor((1 << 64) - 1, 1 << 40, "ab" * 20, 1_795_400_000_123_456_789)
LATER = Cursor(7, 12, "cd" * 20, 1)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(f"sqlite:///{tmp_path / 'zhitong.db'}")
    yield opened
    await opened.close()


async def test_places_of_each_pbx_are_kept_exactly(database: Database) -> None:
    store = CursorStore(database)
    assert await store.load(ONE) == {}
    await store.save(ONE, {"cel": PLACE, "queue_log": LATER})
    await store.save(TWO, {"cel": LATER})
    assert await store.load(ONE) == {"cel": PLACE, "queue_log": LATER}
    assert await store.load(TWO) == {"cel": LATER}
    await store.save(ONE, {"cel": LATER})
    assert await store.load(ONE) == {"cel": LATER, "queue_log": LATER}


async def test_a_place_is_kept_with_what_it_led_to_or_not_at_all(database: Database) -> None:
    store = CursorStore(database)
    await store.save(ONE, {"cel": LATER})
    with pytest.raises(ZeroDivisionError):
        async with database.writing() as connection:
            await keep(connection, ONE, {"cel": PLACE})
            raise ZeroDivisionError
    assert await store.load(ONE) == {"cel": LATER}
    async with database.writing() as connection:
        await keep(connection, ONE, {"cel": PLACE})
    assert await store.load(ONE) == {"cel": PLACE}


async def test_records_are_found_under_their_ids_and_aliases(database: Database) -> None:
    joined = record(1, aliases=(call_id(9),))
    await RecordStore(database).write([joined, record(2)])
    kept = KeptRecords(database)
    assert await kept.find([]) == {}
    assert await kept.find([call_id(1), call_id(9), call_id(5)]) == {call_id(1): joined, call_id(9): joined}


async def test_channels_on_record(database: Database) -> None:
    await RecordStore(database).write([record(1)])
    known = Uniqueid(record(1).uniqueids[0])
    assert await KeptRecords(database).known([known, Uniqueid("pbx1-1.1")]) == {known}


async def test_more_ids_than_a_statement_may_have(database: Database) -> None:
    await RecordStore(database).write([record(1)])
    many = [call_id(number) for number in range(12_000)]
    assert (await KeptRecords(database).find(many)).keys() == {call_id(1)}
