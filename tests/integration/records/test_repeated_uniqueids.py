"""A PBX that was started again with its clock set back gives the names of earlier channels again: the calls stay two,
for who sees them, for who reads of them in the logs, and on record; whoever tells of one tells of the same one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from telephony.journal.journal import Journal
from telephony.journal.kept import KeptRecords
from telephony.journal.places import Cursor
from telephony.journal.ports import Pace
from telephony.journal.review import CallRebuilt
from telephony.model.events import CallerIdChanged, ChannelCreated, Event, SnapshotTaken, Tick
from telephony.model.ids import CallId, Micros, PbxName, Uniqueid, call_id_of
from telephony.model.tracker import Tracker
from telephony.model.world import World
from telephony.records.query import CallQuery
from telephony.records.record import CallRecord
from telephony.records.store import RecordStore
from tests.unit.telephony.journal import recorded
from tests.unit.telephony.model.script import Told

STORY = "caller-ends"
FIRST, SECOND = "13800000001", "13900000002"
SET_BACK = Micros(-700_000)
"""The second call has its times, by the clock that was set back, a little before the first's."""
PACE = Pace(poll=0.02, review=0.1, after_login=0.05, again=0.05, arrive=0.1, save=0.05, silent=60.0)


def first() -> list[Event]:
    return recorded.events(STORY)


def second() -> list[Event]:
    """Another caller, after a restart of the PBX: the same channels by name."""
    return [_moved(event) for event in first()]


def _moved(event: Event) -> Event:
    moved = msgspec.structs.replace(event, at=Micros(event.at + SET_BACK))
    if isinstance(moved, SnapshotTaken):
        return msgspec.structs.replace(moved, epoch=2, booted_at=Micros(moved.booted_at - 3600 * 1_000_000))
    if isinstance(moved, ChannelCreated) and moved.caller_number == FIRST:
        return msgspec.structs.replace(moved, caller_number=SECOND)
    if isinstance(moved, CallerIdChanged) and moved.number == FIRST:
        return msgspec.structs.replace(moved, number=SECOND)
    return moved


def seen(events: Sequence[Event], told: Told) -> list[CallRecord]:
    """The records of who heard these events."""
    before = len(told.records)
    told.hear(events).hear([Tick(Micros(events[-1].at + 5_000_000))])
    return told.records[before:]


def books(folder: Path) -> None:
    """The logs of both calls, and of the start between them."""
    cel, queue_log = (recorded._bytes(STORY, name).decode() for name in ("cel.csv", "queue_log"))
    later = "".join(_later(line) for line in cel.splitlines(keepends=True))
    start = f"{queue_log[:10]}|NONE|NONE|NONE|QUEUESTART|\n"
    (folder / "cel-custom").mkdir()
    (folder / "cel-custom" / "zhitong-cel.csv").write_text(cel + later.replace(FIRST, SECOND), encoding="utf-8")
    (folder / "queue_log").write_text(queue_log + start + queue_log.replace(FIRST, SECOND), encoding="utf-8")


def _later(row: str) -> str:
    version, at, rest = row.split(",", 2)
    micros = int(at.strip('"').replace(".", "")) + SET_BACK
    return f'{version},"{micros // 1_000_000}.{micros % 1_000_000:06}",{rest}'


async def on_record(store: RecordStore) -> dict[str, CallRecord]:
    """By the caller's number; the calls of the site's own phones left out."""
    found = (await store.find(CallQuery())).records
    assert len({record.call_id for record in found}) == len(found)
    return {record.caller_number: record for record in found}


class NoPlaces:
    """Each journal begins at the logs' beginning."""

    async def load(self, pbx: PbxName) -> Mapping[str, Cursor]:
        return {}

    async def save(self, pbx: PbxName, places: Mapping[str, Cursor]) -> None:
        pass


@asynccontextmanager
async def reading(folder: Path, store: RecordStore) -> AsyncIterator[Journal]:
    """A journal at work, whose records are written."""
    records, places = KeptRecords(store.database), NoPlaces()
    waiting: asyncio.Queue[CallRecord] = asyncio.Queue()

    def deliver(rebuilt: CallRebuilt) -> None:
        waiting.put_nowait(rebuilt.record)

    async def write() -> None:
        while True:
            await store.write([await waiting.get()])

    journal = Journal(folder, World(PbxName("pbx1")), records, places, deliver, pace=PACE)
    tasks = [asyncio.create_task(journal.run()), asyncio.create_task(write())]
    try:
        yield journal
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def settled(journal: Journal, read: int) -> None:
    """Until it has read ``read`` rows and judged what they tell."""
    async with asyncio.timeout(60):
        while journal.status.counts.get("rows", 0) < read or journal.status.due or journal.status.held:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.02)


ROWS = 2 * recorded._bytes(STORY, "cel.csv").count(b"\n")


# --- who sees them ----------------------------------------------------------------------------------------


async def test_item3_uniqueids_that_repeat_are_two_calls_to_a_bridge_that_lives_through_it(store: RecordStore) -> None:
    told = Told()
    one, two = *seen(first(), told), *seen(second(), told)
    assert one.uniqueids == two.uniqueids
    assert (one.caller_number, two.caller_number) == (FIRST, SECOND)
    assert one.call_id == call_id_of("pbx1", one.uniqueids[0])
    assert two.call_id == call_id_of("pbx1", one.uniqueids[0], 1)
    for order in ([one, two], [two, one], [two], [one]):
        await store.write(order)
        assert await on_record(store) == {FIRST: one, SECOND: two} or len(order) == 1
    assert await store.get(two.call_id) == two
    assert await store.get(one.call_id) == one


async def test_item3_uniqueids_that_repeat_are_two_calls_to_bridges_that_know_nothing_of_each_other(
    store: RecordStore,
) -> None:
    """The bridge was started again, too: both calls have the same id until they meet in the store."""
    (one,), (two,) = seen(first(), Told()), seen(second(), Told())
    assert one.call_id == two.call_id
    await store.write([one])
    await store.write([two])
    both = await on_record(store)
    assert both[FIRST] == one
    assert both[SECOND] == msgspec.structs.replace(two, call_id=both[SECOND].call_id)
    assert both[SECOND].call_id == call_id_of("pbx1", one.uniqueids[0], 1)
    for again in ([two], [one], [one, two], [two, one], [two, two]):
        await store.write(again)
        assert await on_record(store) == both, "an outbox that is replayed"


async def test_both_in_one_write(store: RecordStore) -> None:
    (one,), (two,) = seen(first(), Told()), seen(second(), Told())
    await store.write([two, one, two])
    both = await on_record(store)
    assert {record.ended_at for record in both.values()} == {one.ended_at, two.ended_at}


# --- who reads of them ------------------------------------------------------------------------------------


async def test_item3_uniqueids_that_repeat_are_two_calls_to_the_journal(store: RecordStore, tmp_path: Path) -> None:
    """Nobody saw either. Read again from the beginning, the logs tell nothing new."""
    (one,), (two,) = seen(first(), Told()), seen(second(), Told())
    books(tmp_path)
    async with reading(tmp_path, store) as journal:
        await settled(journal, ROWS)
        both = await on_record(store)
        assert {number: (record.outcome, record.agent, record.hung_up_by) for number, record in both.items()} == {
            one.caller_number: (one.outcome, one.agent, one.hung_up_by),
            two.caller_number: (two.outcome, two.agent, two.hung_up_by),
        }
        assert abs(both[FIRST].received_at - one.received_at) < 50_000
        assert abs(both[SECOND].received_at - two.received_at) < 50_000
    async with reading(tmp_path, store) as journal:
        await settled(journal, ROWS)
    assert await on_record(store) == both


@pytest.mark.parametrize("generation", [0, 1])
async def test_item3_the_journal_and_who_saw_them_mean_the_same_calls(
    generation: int, store: RecordStore, tmp_path: Path
) -> None:
    """Both were seen, by one bridge or by two: the logs agree, each with its own, and add nothing."""
    told = Told()
    (one,) = seen(first(), told)
    (two,) = seen(second(), told if generation else Told())
    await store.write([one])
    await store.write([two])
    both = await on_record(store)
    books(tmp_path)
    async with reading(tmp_path, store) as journal:
        await settled(journal, ROWS)
        assert journal.status.counts.get("differing", 0) == 0
        assert journal.status.counts.get("rebuilt", 0) == 0
    assert await on_record(store) == both


async def test_item3_of_two_calls_with_one_uniqueid_the_one_that_was_not_seen_is_rebuilt(
    store: RecordStore, tmp_path: Path
) -> None:
    (one,) = seen(first(), Told())
    await store.write([one])
    books(tmp_path)
    async with reading(tmp_path, store) as journal:
        await settled(journal, ROWS)
        assert journal.status.counts.get("rebuilt", 0) == 1
    both = await on_record(store)
    assert both.keys() == {FIRST, SECOND}
    assert both[FIRST] == one
    assert both[SECOND].call_id == call_id_of("pbx1", one.uniqueids[0], 1)


# --- what a tracker remembers -----------------------------------------------------------------------------


def test_within_one_start_an_id_is_not_given_away() -> None:
    """A Uniqueid cannot repeat there: who says it again speaks of the same call."""
    tracker = Tracker(PbxName("pbx1"))
    told = Told(tracker)
    (one,) = seen(first(), told)
    assert tracker.world.past == {one.call_id: tracker.world.booted_at}
    assert tracker.world.free_id(one.uniqueids[0]) == one.call_id
    tracker.world.booted_at = Micros(1)
    assert tracker.world.free_id(one.uniqueids[0]) != one.call_id


def test_a_uniqueid_that_repeats_again_and_again() -> None:
    told = Told()
    ids: list[CallId] = []
    for start in range(1, 5):
        events = [
            msgspec.structs.replace(event, booted_at=Micros(start * 10_000_000))
            if isinstance(event, SnapshotTaken)
            else event
            for event in first()
        ]
        ids += [record.call_id for record in seen(events, told)]
    assert len(set(ids)) == len(ids) == 4
    assert ids[0] == call_id_of("pbx1", Uniqueid(recorded.rows(STORY)[0].uniqueid))
