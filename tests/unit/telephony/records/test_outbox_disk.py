"""The outbox while its own disk is full, broken, late or silent, and what it sets aside."""

import asyncio
import threading
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from telephony.errors import StoreError
from telephony.records.outbox import Outbox
from telephony.records.writer import RecordWriter
from tests.unit.telephony.records.disk import Disk
from tests.unit.telephony.records.outboxes import (
    SMALL,
    block,
    clear,
    files,
    in_memory,
    move,
    newer,
    outbox_in,
    put,
    synced,
    take_away,
    taken,
)
from tests.unit.telephony.records.samples import call_id, record
from tests.unit.telephony.records.test_writer import QUICK, FakeStore, ids, many, until

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
    disk.room = 0
    async with outbox_in(folder) as outbox:
        with capture_logs() as logs:
            for one in many(50):
                assert outbox.put(one)
                outbox.set_aside((await outbox.oldest(1))[0], StoreError("will not have it"))
                outbox.drop(1)
        assert outbox.set_aside_count == 50
        assert len([entry for entry in logs if entry["event"] == "call record set aside"]) == 6
        assert not outbox.put(record(99)), "the bound of the memory holds for them too"
        disk.room = None
    async with outbox_in(folder) as outbox:
        assert {one.call_id for one in await taken(outbox)} == set(ids(many(50)))


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
