"""The queue on disk: first in, first out, over restarts; bounded; nothing acknowledged is ever missing."""

import asyncio
import threading
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from telephony.database.faults import StoreUnavailable
from telephony.errors import StoreError
from telephony.model.ids import CallId
from telephony.records.outbox import Limits, Outbox
from telephony.records.record import CallRecord
from telephony.records.spool import OutboxTaken, body_of
from telephony.records.writer import RecordWriter
from tests.unit.telephony.records.disk import Disk
from tests.unit.telephony.records.samples import call_id, record
from tests.unit.telephony.records.test_writer import QUICK, FakeStore, ids, many, until

SMALL = Limits(memory=50, window=5, group=3, retry=0.001, segment_bytes=6_000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


@asynccontextmanager
async def outbox_in(folder: Path, limits: Limits = SMALL) -> AsyncIterator[Outbox]:
    outbox = await Outbox.open(folder, limits)
    try:
        yield outbox
    finally:
        await outbox.close()


async def synced(outbox: Outbox) -> None:
    async with asyncio.timeout(10):
        await outbox.sync()


async def taken(outbox: Outbox, at_once: int = 3) -> list[CallRecord]:
    """All that waits, taken away as the writer does."""
    records: list[CallRecord] = []
    while some := await outbox.oldest(at_once):
        records += some
        outbox.drop(len(some))
    return records


def put(outbox: Outbox, records: Sequence[CallRecord]) -> int:
    """How many were taken."""
    return sum(outbox.put(one) for one in records)


def in_memory(outbox: Outbox) -> int:
    return len({*outbox._window, *outbox._beyond, *outbox._unsaved, *outbox._saving})


def block(folder: Path) -> None:
    """No folder can be made there."""
    folder.write_text("in the way")


def clear(folder: Path) -> None:
    folder.unlink()


def move(source: Path, target: Path) -> Path:
    return source.replace(target)


def take_away(path: Path) -> bytes:
    content = path.read_bytes()
    path.unlink()
    return content


def newer(path: Path) -> None:
    """Make the second line one that a newer program has written."""
    lines = path.read_bytes().splitlines(keepends=True)
    body = body_of(lines[1])
    assert body is not None
    body = body.replace(b'"outcome":"answered"', b'"outcome":"teleported"')
    lines[1] = b"%08x %s\n" % (zlib.crc32(body), body)
    path.write_bytes(b"".join(lines))


def files(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.iterdir()}


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
        assert outbox.fill == 0
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


# --- its own disk -----------------------------------------------------------------------------------------


async def test_a_full_disk_keeps_records_in_memory_up_to_a_bound_and_says_so_once(disk: Disk, folder: Path) -> None:
    async with outbox_in(folder) as outbox:
        with capture_logs() as logs:
            disk.room = 3_000
            assert put(outbox, many(60)) == SMALL.memory
            await until(lambda: outbox.trouble is not None)
            assert "No space left" in (outbox.trouble or "")
            calls = disk.calls
            await until(lambda: disk.calls > calls + 10)  # it tries again and again
            assert outbox.fill >= 1
            disk.room = None
            await synced(outbox)
        assert outbox.trouble is None
        assert [entry["event"] for entry in logs] == [
            "outbox: the disk takes no records; they wait in memory",
            "outbox: the disk takes records again",
        ]
        assert in_memory(outbox) == SMALL.window
        assert await taken(outbox) == many(SMALL.memory)


async def test_records_go_to_the_store_although_the_outbox_has_no_disk(disk: Disk, folder: Path) -> None:
    disk.room = 0
    store = FakeStore()
    async with outbox_in(folder) as outbox:
        writer = RecordWriter(store, backlog=outbox, pace=QUICK)
        writer.start()
        for one in many(200):
            await until(lambda one=one: writer.offer(one))  # type: ignore[misc]
        await asyncio.wait_for(writer.flush(), 10)
        assert store.ids == ids(many(200))
        await until(lambda: not outbox._saving)
        assert in_memory(outbox) == 0, "what is in the store needs no memory, though it was never on disk"
        assert await writer.close() == 0


async def test_the_trouble_is_over_when_the_disk_takes_something_though_no_call_comes(disk: Disk, folder: Path) -> None:
    async with outbox_in(folder) as outbox:
        disk.room = 0
        put(outbox, many(1))
        await until(lambda: outbox.trouble is not None)
        assert await taken(outbox) == many(1)
        await asyncio.sleep(0.01)
        assert outbox.trouble is not None, "nothing waits, but the next record would find no room"
        disk.room = None
        await until(lambda: outbox.trouble is None)
    assert files(folder) == {}


async def test_a_folder_that_cannot_be_used_at_the_start_is_tried_again(folder: Path) -> None:
    block(folder)
    outbox = await Outbox.open(folder, SMALL)
    assert "File exists" in (outbox.trouble or "")
    put(outbox, many(12))
    assert await outbox.oldest(3) == many(3)
    outbox.drop(3)
    clear(folder)
    await synced(outbox)
    assert outbox.trouble is None
    assert await taken(outbox) == many(9, first=3)
    await outbox.close()


async def test_what_lies_on_a_disk_that_comes_late_is_found_and_nothing_in_hand_is_lost(folder: Path) -> None:
    async with outbox_in(folder) as outbox:
        put(outbox, many(7))
    hidden = move(folder, folder.with_name("hidden"))
    block(folder)
    async with outbox_in(folder) as outbox:
        put(outbox, many(20, first=7))
        assert await outbox.oldest(4) == many(4, first=7)
        clear(folder)
        move(hidden, folder)
        await synced(outbox)
        assert len(outbox) == 27
        outbox.drop(4)  # those that were handed out, not others
        left = await taken(outbox)
        assert sorted(ids(left)) == sorted(ids([*many(7), *many(16, first=11)]))


async def test_a_file_that_cannot_be_read_is_passed_over_and_tried_at_the_next_start(folder: Path) -> None:
    async with outbox_in(folder) as outbox:
        put(outbox, many(20))
        await synced(outbox)
        victim = folder / sorted(files(folder))[2]
        content = take_away(victim)
        lost = content.count(b"\n")
        with capture_logs() as logs:
            found = await taken(outbox)
        assert len(found) == 20 - lost
        assert (len(outbox), outbox.unreadable) == (0, lost)
        assert [(entry["file"], entry["records"]) for entry in logs] == [(victim.name, lost)]
    victim.write_bytes(content)
    async with outbox_in(folder) as outbox:
        assert sorted(ids([*found, *await taken(outbox)])) == ids(many(20))


async def test_a_disk_that_does_not_answer_blocks_nobody_and_is_noticed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = threading.Event()
    async with outbox_in(folder) as outbox:
        monkeypatch.setattr(outbox._spool, "append", lambda _: answer.wait(30))
        put(outbox, many(10))
        await until(lambda: outbox.stuck_s > 0.05)
        assert await taken(outbox, 5) == many(10)
        monkeypatch.undo()
        answer.set()
        await until(lambda: outbox.stuck_s == 0)


async def test_closing_on_a_full_disk_says_what_is_lost(disk: Disk, folder: Path) -> None:
    outbox = await Outbox.open(folder, SMALL)
    put(outbox, many(2))
    await synced(outbox)
    disk.room = 0
    put(outbox, many(4, first=2))
    with capture_logs() as logs:
        assert await outbox.close() == 4
    assert (logs[-1]["event"], logs[-1]["records"]) == ("outbox: records lost with this process", 4)
    assert "No space left" in logs[-1]["reason"]
    disk.room = None
    async with outbox_in(folder) as outbox:
        assert await taken(outbox) == many(2)


# --- set aside --------------------------------------------------------------------------------------------


async def test_a_record_the_store_will_not_have_is_kept_and_tried_again_by_the_next_program(folder: Path) -> None:
    store = FakeStore(poison=[call_id(2), call_id(5)])
    async with outbox_in(folder) as outbox:
        writer = RecordWriter(store, backlog=outbox, pace=QUICK, set_aside=outbox.set_aside)
        writer.start()
        for one in many(8):
            writer.offer(one)
        with capture_logs() as logs:
            await asyncio.wait_for(writer.flush(), 10)
            assert await writer.close() == 0
        assert outbox.set_aside_count == writer.put_aside == 2
        assert [entry["call"] for entry in logs] == [call_id(2), call_id(5)]
        assert "13812345678" not in str(logs)
    assert [name.rpartition(".")[2] for name in files(folder)] == ["aside"]
    async with outbox_in(folder) as outbox:
        assert await taken(outbox) == [record(2), record(5)]
    assert files(folder) == {}


async def test_a_store_that_refuses_everything_fills_neither_the_log_nor_the_memory(folder: Path, disk: Disk) -> None:
    async with outbox_in(folder) as outbox:
        disk.room = 0
        with capture_logs() as logs:
            for number in range(100):
                outbox.set_aside(record(number), StoreError("will not have it"))
        assert outbox.set_aside_count == 100
        assert len(logs) == 7
        assert len(outbox._aside) == SMALL.window
        disk.room = None


async def test_a_line_of_a_newer_program_holds_up_nobody(folder: Path) -> None:
    async with outbox_in(folder) as outbox:
        put(outbox, many(9))
        await synced(outbox)
    newer(folder / min(files(folder)))
    async with outbox_in(folder) as outbox:
        assert len(outbox) == 9
        assert ids(await taken(outbox)) == [call_id(number) for number in range(9) if number != 1]
        assert outbox.set_aside_count == 1
        await until(lambda: [name.rpartition(".")[2] for name in files(folder)] == ["aside"])


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
