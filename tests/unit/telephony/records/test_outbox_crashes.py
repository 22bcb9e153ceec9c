"""Any order of calls, outages, full disks, kills and restarts: nothing acknowledged is lost, nothing counted twice.

A kill lets so many system calls pass and cuts the last write short; from then on neither disk nor store changes until
the next start. What had been acknowledged by then must be in the store in the end.
"""

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from telephony.database.faults import StoreUnavailable
from telephony.errors import StoreError
from telephony.model.ids import CallId
from telephony.model.terms import Provenance
from telephony.records.folding import Shelf
from telephony.records.outbox import Limits, Outbox
from telephony.records.record import CallRecord
from telephony.records.writer import Pace, RecordWriter
from tests.unit.telephony.records.disk import Disk
from tests.unit.telephony.records.samples import record, tellings

LIMITS = Limits(memory=40, window=4, group=3, retry=0.0005, segment_bytes=5_000)
PACE = Pace(batch=3, gather=0.0001, first_retry=0.0001, last_retry=0.0002)


class FoldingStore:
    """In memory, folding as the real one does."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self.away = False
        self.choosy = False
        self.rows: dict[CallId, CallRecord] = {}
        self.writes: list[CallRecord] = []

    async def write(self, records: Sequence[CallRecord]) -> None:
        await asyncio.sleep(0)
        if self.away or self._disk.calls_left == 0:
            raise StoreUnavailable("The database is away.")
        if self.choosy and any(one.provenance is Provenance.OBSERVED for one in records):
            raise StoreError("The database will not have it.")
        shelf = Shelf(self.rows.values())
        for one in records:
            shelf.put(one)
        self.rows.update(shelf.changed)
        for gone in shelf.removed:
            del self.rows[gone]
        self.writes += records


class Site:
    """One site over many starts."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.folder = folder
        self.disk = disk
        self.store = FoldingStore(disk)
        self.taken: list[CallRecord] = []
        self.promised: list[CallRecord] = []

    async def start(self) -> None:
        self.outbox = await Outbox.open(self.folder, LIMITS)
        self.writer = RecordWriter(self.store, backlog=self.outbox, pace=PACE, set_aside=self.outbox.set_aside)
        self.writer.start()
        self.of_this_run: list[CallRecord] = []

    def offer(self, records: Sequence[CallRecord]) -> None:
        self.of_this_run += [one for one in records if self.writer.offer(one)]

    def _remember(self) -> None:
        self.taken += self.of_this_run
        self.promised += self.of_this_run[: self.outbox.saved]

    async def kill(self, after: int, part: float) -> None:
        self.disk.calls_left, self.disk.part = after, part
        await turns(30)
        self.disk.calls_left = 0
        self._remember()
        tasks = [task for task in (self.outbox._task, self.writer._task) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.outbox._hand.shutdown(wait=True)
        spool = self.outbox._spool
        for kept in (spool._active, spool._aside):
            if kept is not None:
                os.close(kept[1])
        if spool._folder_fd is not None:
            os.close(spool._folder_fd)
        self.disk.calls_left = None
        await self.start()

    async def stop(self) -> None:
        """As on SIGTERM."""
        await self.writer.close(timeout=0.02)
        lost = await self.outbox.close(timeout=1)
        self._remember()
        if self.disk.room is None:
            assert lost == 0
            assert self.promised[len(self.promised) - len(self.of_this_run) :] == self.of_this_run

    async def finish(self) -> None:
        """All is well again; what was set aside is tried at the second start."""
        self.store.away, self.store.choosy, self.disk.room = False, False, None
        for _ in range(2):
            async with asyncio.timeout(20):
                await self.writer.flush()
            await self.stop()
            await self.start()
        await self.stop()


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0.0002)


OFFER = st.lists(st.integers(0, 60).map(record) | tellings(st.integers(0, 20)), min_size=1, max_size=12)
STEPS = st.lists(
    st.tuples(st.just("offer"), OFFER)
    | st.tuples(st.just("turns"), st.integers(1, 8))
    | st.tuples(st.just("store"), st.booleans())
    | st.tuples(st.just("choosy"), st.booleans())
    | st.tuples(st.just("room"), st.none() | st.integers(0, 9_000))
    | st.tuples(st.just("kill"), st.tuples(st.integers(0, 12), st.floats(0, 1)))
    | st.tuples(st.just("stop"), st.none()),
    max_size=25,
)


async def play(site: Site, steps: Sequence[tuple[str, object]]) -> None:
    await site.start()
    for step in steps:
        match step:
            case ("offer", list(records)):
                site.offer(records)
            case ("turns", int(count)):
                await turns(count)
            case ("store", bool(away)):
                site.store.away = away
            case ("choosy", bool(choosy)):
                site.store.choosy = choosy
            case ("room", room):
                assert room is None or isinstance(room, int)
                site.disk.room = room
            case ("kill", (int(after), float(part))):
                await site.kill(after, part)
            case _:
                await site.stop()
                await site.start()
    await site.finish()


def twelve(first: int) -> tuple[str, object]:
    return ("offer", [record(number) for number in range(first, first + 12)])


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
@example([("store", True), twelve(0), ("turns", 8), ("kill", (0, 0.5)), twelve(12), ("kill", (3, 0.5))])
@example([("store", True), ("room", 4_000), twelve(0), ("turns", 8), ("room", None), ("turns", 8), ("kill", (1, 0.3))])
@example([("store", True), twelve(0), ("stop", None), ("store", False), ("turns", 2), ("kill", (0, 0.0))])
def test_whatever_happens_in_whatever_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, object]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(patch)
        site = Site(tmp_path_factory.mktemp("site") / "outbox", disk)
        asyncio.run(play(site, steps))
        left = [path.name for path in site.folder.iterdir()]
    written = site.store.writes
    assert all(one in written for one in site.promised), "an acknowledged record is missing"
    assert all(one in site.taken for one in written), "a record nobody offered"
    assert [name for name in left if not name.endswith(".spoilt")] == []
    judge_fold(site)
    event(f"{'some' if len(written) > len(site.taken) else 'none'} written twice")


def judge_fold(site: Site) -> None:
    """Twice or once, in whatever order: when the journal has told the rest, the store is the same."""
    told, once = Shelf(site.store.rows.values()), Shelf([])
    for one in site.taken:
        told.put(one)
        once.put(one)
    assert dict(told._rows) == dict(once._rows)


@pytest.mark.parametrize("after", range(14))
@pytest.mark.parametrize("part", [0.0, 0.4, 0.999])
@pytest.mark.parametrize("choosy", [False, True])
def test_a_kill_at_each_system_call_of_one_outage(tmp_path: Path, after: int, part: float, choosy: bool) -> None:
    """From the first file to the last truncation, twice over: the kills meet the store's return too, or its refusal of
    every record."""
    with pytest.MonkeyPatch.context() as patch:
        site = Site(tmp_path / "outbox", Disk(patch))
        outage: list[tuple[str, object]] = [("choosy", choosy), ("store", True), twelve(0), ("turns", 3)]
        back: list[tuple[str, object]] = [("kill", (after, part)), twelve(12), ("store", False), ("turns", after // 2)]
        asyncio.run(play(site, [*outage, *back, ("kill", (after, part))]))
        with suppress(FileNotFoundError):
            assert list(site.folder.iterdir()) == []
    ids = {one.call_id for one in site.store.writes}
    assert {one.call_id for one in site.promised} <= ids <= {one.call_id for one in site.taken}
    assert len(site.taken) == 24
