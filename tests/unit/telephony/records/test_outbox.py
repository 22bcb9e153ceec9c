"""The queue on disk: first in, first out, over restarts, bounded."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from telephony.database.faults import StoreUnavailable
from telephony.model.ids import CallId
from telephony.records.outbox import Limits, Outbox
from telephony.records.record import CallRecord
from telephony.records.spool import OutboxTaken
from telephony.records.writer import RecordWriter
from tests.unit.telephony.records.disk import Disk
from tests.unit.telephony.records.outboxes import (
    SMALL,
    files,
    in_memory,
    outbox_in,
    put,
    synced,
    taken,
)
from tests.unit.telephony.records.samples import record
from tests.unit.telephony.records.test_writer import QUICK, FakeStore, ids, many, until

# --- a queue ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3, 5, 6, 30])
async def test_first_in_first_out_from_memory_and_from_disk(folder: Path, count: int) -> None:
    async with outbox_in(folder) as outbox:
        assert put(outbox, many(count)) == len(outbox) == count
        await synced(outbox)
        assert in_memory(outbox) <= SMALL.window
        assert await taken(outbox) == many(count)
        assert len(outbox) == 0


async def test_records_are_to_be_had_before_they_are_on_disk(folder: Path) -> None:
    async with outbox_in(folder) as outbox:
        put(outbox, many(4))
        assert await outbox.oldest(3) == await outbox.oldest(3) == many(3)
        assert outbox.saved == 0
        outbox.drop(2)
        assert len(outbox) == 2
        await synced(outbox)
        assert await taken(outbox) == many(2, first=2)
        assert outbox.saved == 4


async def test_what_was_taken_and_not_dropped_is_there_after_a_restart(folder: Path) -> None:
    async with outbox_in(folder) as outbox:
        put(outbox, many(9))
        await outbox.oldest(5)
    async with outbox_in(folder) as outbox:
        assert len(outbox) == 9
        put(outbox, many(4, first=9))
        assert await taken(outbox) == many(13)


async def test_what_is_left_comes_before_what_is_new_over_many_restarts(folder: Path) -> None:
    for start in range(0, 60, 10):
        async with outbox_in(folder) as outbox:
            put(outbox, many(10, first=start))
            some = await outbox.oldest(4)
            assert ids(some) == sorted(ids(some))
            outbox.drop(4)
    async with outbox_in(folder) as outbox:
        left = await taken(outbox)
    # 24 were dropped; of these some come again, since their file held others too.
    assert ids(left) == ids(many(len(left), first=60 - len(left)))
    assert 36 <= len(left) < 50


async def test_files_go_as_they_are_done_and_the_last_is_empty(folder: Path) -> None:
    async with outbox_in(folder) as outbox:
        put(outbox, many(30))
        await synced(outbox)
        before = files(folder)
        assert len(before) > 5
        await outbox.oldest(5)
        outbox.drop(5)
        await until(lambda: len(files(folder)) < len(before))
        assert await taken(outbox) == many(25, first=5)
        await until(lambda: sum(files(folder).values()) == 0)
        await until(lambda: outbox.fill == 0)  # told by the thread that emptied the file, a moment later
        put(outbox, many(2, first=30))
        await synced(outbox)
        assert sum(files(folder).values()) > 0
        assert len(await taken(outbox)) == 2
    assert files(folder) == {}


async def test_a_hundred_thousand_records_leave_a_handful_in_memory(folder: Path) -> None:
    """Two thousand here; tests/integration/records/test_outbox_memory.py weighs a process."""
    async with outbox_in(folder, Limits(window=10, memory=100)) as outbox:
        for one in many(2_000):
            await until(lambda one=one: outbox.put(one))  # type: ignore[misc]
        await synced(outbox)
        assert (len(outbox), in_memory(outbox)) == (2_000, 10)
        assert len(outbox._extents) < 5
        assert await taken(outbox, 10) == many(2_000)


async def test_nobody_gets_more_at_once_than_the_window_holds(folder: Path) -> None:
    async with outbox_in(folder) as outbox:
        put(outbox, many(20))
        await synced(outbox)
        assert await outbox.oldest(1_000) == many(5)


async def test_records_put_while_others_are_read_from_disk(folder: Path) -> None:
    async with outbox_in(folder) as outbox:
        put(outbox, many(10))
        await synced(outbox)
        outbox.drop(len(await outbox.oldest(5)))
        reading = asyncio.create_task(outbox.oldest(5))
        await asyncio.sleep(0)
        put(outbox, many(10, first=10))
        assert await reading == many(5, first=5)
        await synced(outbox)
        assert await taken(outbox) == many(15, first=5)


async def test_a_reading_that_is_given_up_loses_nothing(folder: Path) -> None:
    async with outbox_in(folder) as outbox:
        put(outbox, many(12))
        await synced(outbox)
        outbox.drop(len(await outbox.oldest(5)))
        reading = asyncio.create_task(outbox.oldest(5))
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        assert len(outbox) == 7
        assert await taken(outbox) == many(7, first=5)


async def test_a_second_process_is_turned_away(folder: Path) -> None:
    async with outbox_in(folder):
        with pytest.raises(OutboxTaken, match="Stop that one first"):
            await Outbox.open(folder)
    async with outbox_in(folder) as outbox:
        assert len(outbox) == 0


# --- bounds -----------------------------------------------------------------------------------------------


async def test_when_the_disk_bound_is_reached_the_newest_is_refused_and_the_others_stay(folder: Path) -> None:
    size = 2_200
    limits = Limits(disk_bytes=20 * size, memory=50, window=5, group=3, segment_bytes=2 * size)
    async with outbox_in(folder, limits) as outbox:
        kept: list[CallRecord] = []
        for one in many(60):
            kept += [one] if outbox.put(one) else []
            await synced(outbox)
        assert 18 <= len(kept) <= 22
        assert kept == many(len(kept))
        assert outbox.fill >= 1
        assert sum(files(folder).values()) <= limits.disk_bytes + size
        outbox.drop(len(await outbox.oldest(5)))
        await until(lambda: outbox.fill < 1)
        assert outbox.put(record(99))
        assert await taken(outbox) == [*kept[5:], record(99)]


async def test_when_it_closes_it_takes_nothing_more(folder: Path) -> None:
    outbox = await Outbox.open(folder, SMALL)
    put(outbox, many(3))
    assert await outbox.close() == 0
    assert not outbox.put(record(9))


# --- with the writer --------------------------------------------------------------------------------------


async def test_the_writer_says_that_what_it_leaves_is_not_lost(folder: Path) -> None:
    class Away(FakeStore):
        async def write(self, records: Sequence[CallRecord]) -> None:
            raise StoreUnavailable("The database is away.")

    async with outbox_in(folder) as outbox:
        writer = RecordWriter(Away(), backlog=outbox, pace=QUICK)
        writer.start()
        for one in many(4):
            writer.offer(one)
        with capture_logs() as logs:
            assert await writer.close(timeout=0.05) == 4
        assert (logs[-1]["event"], logs[-1]["waiting"]) == ("call records wait for the next start", 4)
        assert {entry["log_level"] for entry in logs} <= {"warning", "info"}
    store = FakeStore()
    async with outbox_in(folder) as outbox:
        writer = RecordWriter(store, backlog=outbox, pace=QUICK)
        writer.start()
        assert await writer.close() == 0
    assert store.ids == ids(many(4))


@pytest.mark.parametrize("store_first", [True, False])
async def test_all_is_written_in_order_when_store_and_disk_come_back(
    folder: Path, disk: Disk, store_first: bool
) -> None:
    store = FakeStore()
    away: list[Exception] = [StoreUnavailable("away")] * 100_000
    store.faults = away
    async with outbox_in(folder) as outbox:
        writer = RecordWriter(store, backlog=outbox, pace=QUICK)
        writer.start()
        put_by_writer: Callable[[CallRecord], bool] = writer.offer
        for one in many(20):
            assert put_by_writer(one)
        await synced(outbox)
        disk.room = 0
        for one in many(20, first=20):
            assert put_by_writer(one)
        await until(lambda: outbox.trouble is not None)
        if store_first:
            store.faults = []
            await asyncio.wait_for(writer.flush(), 10)
        disk.room = None
        await synced(outbox)
        store.faults = []
        await asyncio.wait_for(writer.flush(), 10)
        expected: list[CallId] = ids(many(40))
        assert store.ids == expected
        assert await writer.close() == 0
    assert files(folder) == {}
