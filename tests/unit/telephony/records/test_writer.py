"""The writer between ingest and a store that is slow, away, choosy or broken."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from telephony.database.faults import StoreUnavailable
from telephony.errors import StoreError
from telephony.model.ids import CallId
from telephony.records.backlog import MemoryBacklog
from telephony.records.record import CallRecord
from telephony.records.writer import Pace, RecordWriter
from tests.unit.telephony.records.samples import call_id, record

QUICK = Pace(gather=0.005, first_retry=0.001, last_retry=0.004)


class FakeStore:
    """Notes what was committed; ``faults`` are raised first, one a try."""

    def __init__(self, faults: Sequence[Exception] = (), poison: Sequence[CallId] = ()) -> None:
        self.faults = list(faults)
        self.poison = set(poison)
        self.commits: list[list[CallId]] = []
        self.tries = 0

    async def write(self, records: Sequence[CallRecord]) -> None:
        self.tries += 1
        await asyncio.sleep(0)
        if self.faults:
            raise self.faults.pop(0)
        if any(one.call_id in self.poison for one in records):
            raise StoreError("The database will not have it.")
        self.commits.append([one.call_id for one in records])

    @property
    def ids(self) -> list[CallId]:
        return [key for commit in self.commits for key in commit]


def many(count: int, first: int = 0) -> list[CallRecord]:
    return [record(number) for number in range(first, first + count)]


def ids(records: Sequence[CallRecord]) -> list[CallId]:
    return [one.call_id for one in records]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.001)


async def test_records_offered_together_are_one_commit_in_order() -> None:
    store = FakeStore()
    writer = RecordWriter(store, pace=QUICK)
    writer.start()
    assert all(writer.offer(one) for one in many(50))
    await writer.flush()
    assert store.commits == [ids(many(50))]
    assert (writer.written, writer.waiting, writer.last_error) == (50, 0, None)
    assert await writer.close() == 0


async def test_a_commit_holds_no_more_than_a_batch_and_a_full_batch_does_not_wait() -> None:
    store = FakeStore()
    writer = RecordWriter(store, pace=Pace(batch=20, gather=3600.0))
    writer.start()
    for one in many(60):
        writer.offer(one)
    await asyncio.wait_for(writer.flush(), 10)  # an hour if it waited for others
    assert [len(commit) for commit in store.commits] == [20, 20, 20]
    await writer.close()


async def test_a_single_record_is_written_without_others_coming() -> None:
    store = FakeStore()
    writer = RecordWriter(store, pace=QUICK)
    writer.start()
    await asyncio.sleep(0)
    writer.offer(record(1))
    await asyncio.wait_for(writer.flush(), 10)
    assert store.ids == [call_id(1)]
    await writer.close()


async def test_offer_neither_waits_nor_raises_when_nobody_writes() -> None:
    writer = RecordWriter(FakeStore(), backlog=MemoryBacklog(3))
    with capture_logs() as logs:
        assert [writer.offer(one) for one in many(5)] == [True, True, True, False, False]
    assert (writer.waiting, writer.refused) == (3, 2)
    assert [(entry["call"], entry["refused"]) for entry in logs] == [(call_id(3), 1), (call_id(4), 2)]
    assert await writer.close() == 3


async def test_a_long_refusal_does_not_flood_the_log() -> None:
    writer = RecordWriter(FakeStore(), backlog=MemoryBacklog(0))
    with capture_logs() as logs:
        for one in many(1000):
            writer.offer(one)
    assert writer.refused == 1000
    assert len(logs) == 10


async def test_what_waited_is_written_once_the_store_is_back_and_the_log_says_each_once() -> None:
    away = [StoreUnavailable("The database z.db cannot be used: locked.") for _ in range(7)]
    store = FakeStore(away)
    writer = RecordWriter(store, pace=QUICK)
    seen: set[str | None] = set()

    def written_yet() -> bool:
        seen.add(writer.last_error)
        return bool(store.commits)

    with capture_logs() as logs:
        writer.start()
        for one in many(3):
            writer.offer(one)
        await until(written_yet)
        await writer.flush()
    assert store.commits == [ids(many(3))]
    assert seen == {None, "The database z.db cannot be used: locked."}
    assert writer.last_error is None
    assert store.tries == 8
    assert [entry["event"] for entry in logs] == [
        "call records wait for the store",
        "the store takes call records again",
    ]
    await writer.close()


async def test_records_that_come_while_the_store_is_away_keep_their_order() -> None:
    store = FakeStore([StoreUnavailable("away")] * 5)
    writer = RecordWriter(store, pace=QUICK)
    writer.start()
    for one in many(40):
        writer.offer(one)
        await asyncio.sleep(0)
    await writer.flush()
    assert store.ids == ids(many(40))
    await writer.close()


async def test_a_record_that_cannot_be_stored_does_not_hold_up_the_others() -> None:
    store = FakeStore(poison=[call_id(2)])
    aside: list[tuple[CallId, str]] = []
    writer = RecordWriter(store, pace=QUICK, set_aside=lambda one, error: aside.append((one.call_id, str(error))))
    writer.start()
    for one in many(5):
        writer.offer(one)
    await writer.flush()
    assert store.ids == [call_id(number) for number in (0, 1, 3, 4)]
    assert aside == [(call_id(2), "The database will not have it.")]
    assert (writer.written, writer.put_aside) == (4, 1)
    await writer.close()


async def test_a_record_put_aside_is_in_the_log_with_its_id_and_no_number_of_the_caller() -> None:
    writer = RecordWriter(FakeStore(poison=[call_id(1)]), pace=QUICK)
    with capture_logs() as logs:
        writer.start()
        writer.offer(record(1))
        await writer.flush()
        await writer.close()
    assert [(entry["log_level"], entry["call"]) for entry in logs] == [("error", call_id(1))]
    assert "13812345678" not in str(logs)


async def test_a_bug_in_the_store_does_not_end_the_writer() -> None:
    store = FakeStore([RuntimeError("bug"), RuntimeError("bug")])
    writer = RecordWriter(store, pace=QUICK, set_aside=lambda _one, _error: None)
    writer.start()
    for one in many(3):
        writer.offer(one)
    await writer.flush()
    writer.offer(record(9))
    await writer.flush()
    assert store.ids == [call_id(1), call_id(2), call_id(9)]
    await writer.close()


async def test_close_writes_what_waits_and_takes_nothing_more() -> None:
    store = FakeStore()
    writer = RecordWriter(store, pace=Pace(gather=3600.0))
    writer.start()
    await asyncio.sleep(0)
    for one in many(5):
        writer.offer(one)
    assert await writer.close() == 0
    assert store.ids == ids(many(5))
    assert not writer.offer(record(9))
    assert writer.refused == 1


async def test_close_gives_up_on_a_store_that_stays_away_and_says_how_many_were_left() -> None:
    class Away(FakeStore):
        async def write(self, records: Sequence[CallRecord]) -> None:
            raise StoreUnavailable("The database is away.")

    writer = RecordWriter(Away(), pace=QUICK)
    writer.start()
    for one in many(4):
        writer.offer(one)
    with capture_logs() as logs:
        assert await writer.close(timeout=0.05) == 4
    assert logs[-1]["waiting"] == 4
    assert logs[-1]["reason"] == "The database is away."


async def test_a_backlog_that_holds_records_already_is_written_at_the_start() -> None:
    backlog = MemoryBacklog()
    for one in many(3):
        backlog.put(one)
    store = FakeStore()
    writer = RecordWriter(store, backlog=backlog, pace=QUICK)
    writer.start()
    await asyncio.wait_for(writer.flush(), 10)
    assert store.ids == ids(many(3))
    await writer.close()


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=30),
    st.integers(0, 10),
    st.integers(1, 7),
)
def test_every_record_taken_is_written_once_and_in_order(bursts: list[int], faults: int, batch: int) -> None:
    async def run() -> None:
        store = FakeStore([StoreUnavailable("away")] * faults)
        writer = RecordWriter(store, pace=Pace(batch, 0.0005, 0.0001, 0.0002))
        writer.start()
        numbers = iter(range(10_000))
        offered = []
        for burst in bursts:
            for number in islice(numbers, burst):
                writer.offer(record(number))
                offered.append(call_id(number))
            await asyncio.sleep(0)
        assert await writer.close() == 0
        assert store.ids == offered
        assert writer.written == len(offered)
        assert max((len(commit) for commit in store.commits), default=0) <= batch

    asyncio.run(run())


# --- the backlog in memory --------------------------------------------------------------------------------


@given(st.integers(0, 6), st.lists(st.integers(-3, 3), max_size=40))
def test_a_backlog_is_a_queue_that_refuses_the_newest(capacity: int, steps: list[int]) -> None:
    backlog = MemoryBacklog(capacity)
    model: list[CallRecord] = []
    for number, step in enumerate(steps):
        if step >= 0:
            room = len(model) < capacity
            assert backlog.put(record(number)) is room
            model += [record(number)] if room else []
        else:
            count = min(-step, len(model))
            assert list(asyncio.run(backlog.oldest(count))) == model[:count]
            backlog.drop(count)
            del model[:count]
        assert len(backlog) == len(model)


async def test_a_backlog_does_not_forget_what_was_only_looked_at() -> None:
    backlog = MemoryBacklog()
    backlog.put(record(1))
    assert await backlog.oldest(9) == await backlog.oldest(9) == [record(1)]
    with pytest.raises(IndexError):
        backlog.drop(2)
