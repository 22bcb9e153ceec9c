"""Between ingest and the store, on disk: what the store cannot take waits here, over a kill and a restart too.

**What ``put`` promises.** True: the record is taken, and it is lost only if the process dies before the record is on
disk. That is one write and one fdatasync away: they begin as soon as the loop gets its turn, and records that come
meanwhile share the next ones. ``saved`` counts those that are on disk. ``put`` itself never writes, since even a write
into the page cache waits while the disk is busy syncing, and ingest must not. What dies in that moment is not lost to
the site: Asterisk's own logs have it (telephony.journal).

**A record may be written to the store twice** (after a kill, or a failed sync), which changes nothing there: see
``folding``. The order in which records were put is kept, except after a disk that was not there at the start.

**Bounds.** On disk ``Limits.disk_bytes``, in memory ``Limits.memory`` records that the disk has not taken yet. When
either is reached the newest record is refused and those that wait are kept (``backlog`` says why). While the outbox's
own disk is full or broken, records wait in memory and still go to the store, if that can be written.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Generic, Self, TypeVar

import msgspec
import structlog

from telephony.records.backlog import R
from telephony.records.spool import SEGMENT_BYTES, Extent, OutboxTaken, Segment, Spool

log = structlog.get_logger(__name__)

T = TypeVar("T")


class Limits(msgspec.Struct, frozen=True):
    """How much an outbox holds, and how it works; seconds."""

    disk_bytes: int = 1024 * 1024 * 1024
    """About 400,000 calls: eleven hours of the heaviest load we plan for, a year of the first user's. What is in memory
    when it is reached still goes to disk."""
    memory: int = 10_000
    """Records that are not on disk yet: 16 minutes of that load with a disk that takes nothing, some 30 MB."""
    window: int = 1_000
    """Records at the head of the queue that are kept in memory though they are on disk, so that a store that is well
    is never waited for by a disk. No one asks for more at once."""
    segment_bytes: int = SEGMENT_BYTES
    group: int = 200
    """Records that share one sync at most."""
    retry: float = 1.0
    """Between two tries at a disk that failed."""


@dataclass(slots=True, eq=False)
class _Entry(Generic[R]):
    """A record in memory."""

    record: R
    number: int  # in this run, from 0; of those found on disk -1
    segment: Segment | None = None  # where it is on disk
    refused: bool = False  # by the store: to be set aside
    done: bool = False


class Outbox(Generic[R]):
    """A ``Backlog`` on disk. Made by ``open``, in the loop it is used in; ``close`` ends it.

    The queue, oldest first: ``_window`` in memory, ``_extents`` on disk only, ``_beyond`` in memory and not yet on
    disk. A record of the window or beyond that is not on disk is in ``_unsaved`` as well. Only the loop touches these;
    files are touched by one thread, asked by ``_work`` and ``oldest``.
    """

    lasting = True

    def __init__(self, spool: Spool[R], limits: Limits) -> None:
        self._spool = spool
        self._limits = limits
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        self._window: deque[_Entry[R]] = deque()
        self._extents: deque[Extent] = deque()
        self._stored = 0  # records of the extents
        self._beyond: deque[_Entry[R]] = deque()
        self._unsaved: deque[_Entry[R]] = deque()
        self._saving: Sequence[_Entry[R]] = ()
        self._aside: list[_Entry[R]] = []
        self._segments: set[Segment] = set()
        self._wake = asyncio.Event()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._taken = 0
        self.trouble: str | None = None
        """Why nothing can be written to the outbox's disk at present; None while all is well."""
        self.set_aside_count = 0
        """Records of this run that the store, or this program, would not have."""
        self.unreadable = 0
        """Records that wait on disk for the next start, because their file cannot be read."""
        self._asked: list[float] = []

    @classmethod
    async def open(cls, folder: Path, limits: Limits | None = None, decode: Callable[[str], R] | None = None) -> Self:
        """The outbox in ``folder``, with what was left there. A folder that cannot be used at present is ``trouble``,
        and tried again. ``decode``: see ``Spool``.

        Raises OutboxTaken when another process has it.
        """
        limits = limits or Limits()
        outbox = cls(Spool(folder, limits.segment_bytes, decode=decode), limits)
        try:
            await outbox._open()
        except OSError as error:
            outbox._note(error)
        except BaseException:
            outbox._hand.shutdown(wait=False)
            raise
        outbox._task = asyncio.create_task(outbox._work(), name="outbox")
        return outbox

    # -- the backlog

    def __len__(self) -> int:
        return len(self._window) + self._stored + len(self._beyond)

    @property
    def fill(self) -> float:
        """How full it is, 1 or more: full."""
        waiting = len(self._unsaved) + len(self._saving)
        return max(self._spool.bytes / self._limits.disk_bytes, waiting / self._limits.memory)

    @property
    def saved(self) -> int:
        """So many of the first records put in this run are on disk, or were done with before they got there."""
        waiting = chain(self._saving, self._unsaved)
        return next((entry.number for entry in waiting if not entry.done), self._taken)

    def put(self, record: R) -> bool:
        """Keep ``record``; False when there is no room. Quick, never raises. See the module for what it promises."""
        if self.fill >= 1 or self._closing.is_set():
            return False
        entry = _Entry(record, self._taken)
        self._taken += 1
        self._unsaved.append(entry)
        if self._stored or self._beyond or len(self._window) >= self._limits.window:
            self._beyond.append(entry)
        else:
            self._window.append(entry)
        self._wake.set()
        return True

    async def oldest(self, count: int) -> Sequence[R]:
        """Up to ``count`` records, oldest first, without taking them away; at most ``Limits.window``.

        Empty if all that waits cannot be read: then it waits no longer (see ``unreadable``).
        """
        count = min(count, self._limits.window)
        while len(self._window) < count and self._stored:
            await self._load(count - len(self._window))
        while len(self._window) < count and self._beyond:
            self._window.append(self._beyond.popleft())
        return [entry.record for entry in islice(self._window, count)]

    async def _load(self, count: int) -> None:
        extent = self._extents.popleft()  # so that what is put meanwhile does not lengthen it
        try:
            read = await self._on_disk(self._spool.read, extent, count)
        except BaseException as error:
            self._extents.appendleft(extent)
            if not isinstance(error, OSError):
                raise
            self._pass_over(extent.segment, error)
            return
        if read.rest:
            self._extents.appendleft(read.rest)
        self._stored -= len(read.records) + read.unknown
        self._window.extend(_Entry(record, -1, extent.segment) for record in read.records)
        if read.unknown:
            self._count_aside(read.unknown, "no record that this program knows")
            extent.segment.left -= read.unknown
            self._wake.set()

    def _pass_over(self, segment: Segment, error: OSError) -> None:
        """Leave the rest of a file that cannot be read to the next start; its ``left`` never falls to 0."""
        lost = [extent for extent in self._extents if extent.segment is segment]
        self._extents = deque(extent for extent in self._extents if extent.segment is not segment)
        count = sum(extent.lines for extent in lost)
        self._stored -= count
        self.unreadable += count
        log.error(
            "outbox: a file cannot be read; its records are tried again at the next start",
            file=segment.path.name,
            records=count,
            error=str(error),
        )

    def drop(self, count: int) -> None:
        """The oldest ``count``, got from ``oldest`` before, are done with."""
        for _ in range(count):
            entry = self._window.popleft()
            if not entry.refused:
                self._finish(entry)
            elif entry.segment is None or len(self._aside) < self._limits.window:
                self._aside.append(entry)
            # else it is not taken off its file, which is then not deleted: the next start finds it there.
        self._wake.set()

    def _finish(self, entry: _Entry[R]) -> None:
        """``entry`` is needed no longer, neither in memory nor on disk."""
        entry.done = True
        if entry.segment is not None:
            entry.segment.left -= 1
        while self._unsaved and self._unsaved[0].done:
            self._unsaved.popleft()

    def set_aside(self, record: R, error: Exception) -> None:
        """The store will not have ``record``, the oldest: when it is dropped, keep it for the next start all the same,
        since a newer program may manage. What is beyond ``spool.ASIDE_BYTES`` in one run is not kept.
        """
        self._window[0].refused = True
        self._count_aside(1, str(error), call=record.call_id, pbx=record.pbx)

    def _count_aside(self, count: int, reason: str, **of: str) -> None:
        before = self.set_aside_count
        self.set_aside_count += count
        if before.bit_length() < self.set_aside_count.bit_length():  # at 1, 2, 4, 8 …: a bug must not fill the log too
            log.error("call record set aside", records=self.set_aside_count, reason=reason, **of)

    # -- the disk

    async def _on_disk(self, action: Callable[..., T], *arguments: object) -> T:
        now = time.monotonic()
        self._asked.append(now)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._hand, action, *arguments)
        finally:
            self._asked.remove(now)

    @property
    def stuck_s(self) -> float:
        """For how many seconds the disk has not answered."""
        return time.monotonic() - min(self._asked) if self._asked else 0.0

    async def _open(self) -> None:
        extents = await self._on_disk(self._spool.open)
        for extent in extents:
            extent.segment.left += extent.lines
            self._segments.add(extent.segment)
        self._extents.extend(extents)
        self._stored += sum(extent.lines for extent in extents)
        if extents:
            log.info("outbox: records of an earlier run wait", records=self._stored)

    async def _work(self) -> None:
        while True:
            try:
                busy = await self._step()
            except (OSError, OutboxTaken) as error:
                self._note(error)
            except Exception as error:
                if self.trouble is None:
                    log.exception("outbox: a bug")
                self._note(error)
            else:
                if busy:
                    continue
                if self._closing.is_set():
                    return
                await self._wake.wait()
                self._wake.clear()
                continue
            if self._closing.is_set():
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._limits.retry)

    async def _step(self) -> bool:
        """Do what is most urgent; False when there is nothing to do."""
        if not self._spool.is_open:
            await self._open()
        elif self._unsaved:
            await self._save()
        elif self._aside:
            await self._keep_aside()
        elif finished := self._finished():
            await self._discard(finished)
        elif self.trouble:
            await self._on_disk(self._spool.probe)
            self._note(None)
        else:
            return False
        return True

    async def _save(self) -> None:
        group = [self._unsaved.popleft() for _ in range(min(self._limits.group, len(self._unsaved)))]
        self._saving = group
        try:
            segment, offsets = await self._on_disk(self._spool.append, [entry.record for entry in group])
        except BaseException:
            self._unsaved.extendleft(entry for entry in reversed(group) if not entry.done)
            raise
        else:
            self._segments.add(segment)
            self._settle(group, segment, offsets)
            self._note(None)
        finally:
            self._saving = ()

    def _settle(self, group: Sequence[_Entry[R]], segment: Segment, offsets: Sequence[int]) -> None:
        """``group`` is on disk: what is beyond the window needs its memory no longer."""
        waiting = [entry for entry in group if not entry.done]
        for entry in waiting:
            entry.segment = segment
        segment.left += len(waiting)
        beyond = 0
        while self._beyond and self._beyond[0].segment is not None:
            self._beyond.popleft()
            beyond += 1
        if beyond:
            self._store(Extent(segment, offsets[-1 - beyond], offsets[-1], beyond))

    def _store(self, extent: Extent) -> None:
        """Add to what is on disk only."""
        self._stored += extent.lines
        last = self._extents[-1] if self._extents else None
        if last is not None and last.segment is extent.segment and last.end == extent.start:
            self._extents.pop()
            extent = Extent(last.segment, last.start, extent.end, last.lines + extent.lines)
        self._extents.append(extent)

    async def _keep_aside(self) -> None:
        entries = list(self._aside)
        if not await self._on_disk(self._spool.set_aside, [entry.record for entry in entries]):
            log.error("outbox: no room to set records aside", calls=[entry.record.call_id for entry in entries])
        del self._aside[: len(entries)]
        for entry in entries:
            self._finish(entry)

    def _finished(self) -> Segment | None:
        """A file with nothing in it that is still needed."""
        done = (segment for segment in self._segments if not segment.left)
        return next((segment for segment in done if segment.size or not self._spool.is_active(segment)), None)

    async def _discard(self, segment: Segment) -> None:
        await self._on_disk(self._spool.discard, segment)
        if not self._spool.is_active(segment):
            self._segments.discard(segment)

    def _note(self, error: Exception | None) -> None:
        """Log when the disk goes and when it comes back, not each try in between."""
        if error is not None and self.trouble is None:
            log.error("outbox: the disk takes no records; they wait in memory", error=str(error), waiting=len(self))
        elif error is None and self.trouble is not None:
            log.warning("outbox: the disk takes records again", waiting=len(self))
        self.trouble = None if error is None else str(error)

    async def sync(self) -> None:
        """Return once all that was put is on disk. For as long as the disk takes nothing this does not return: give it
        a deadline."""
        wanted = self._taken
        while self.saved < wanted:  # noqa: ASYNC110 - the saver must not know who waits
            await asyncio.sleep(0.001)

    async def close(self, timeout: float = 5.0) -> int:
        """Put to disk what is not there yet, for ``timeout`` seconds at most, and let go of the folder. Returns how
        many records are lost with the process."""
        self._closing.set()
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=timeout)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        closed = asyncio.get_running_loop().run_in_executor(self._hand, self._spool.close)
        await asyncio.wait([closed], timeout=timeout)
        self._hand.shutdown(wait=False)
        lost = sum(not entry.done for entry in self._unsaved)
        if lost:
            log.error("outbox: records lost with this process", records=lost, reason=self.trouble)
        return lost
