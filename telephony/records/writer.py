"""From ingest to the store without making ingest wait."""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol

import msgspec
import structlog

from telephony.database.faults import StoreUnavailable
from telephony.errors import StoreError
from telephony.records.backlog import Backlog, MemoryBacklog, R, Waits

log = structlog.get_logger(__name__)


class Store(Protocol):
    """What the writer needs of a RecordStore."""

    async def write(self, records: Sequence[Any]) -> object: ...


class Pace(msgspec.Struct, frozen=True):
    """How the writer groups and how it tries again; seconds."""

    batch: int = 200
    """Records of one commit at most."""
    gather: float = 0.1
    """A record waits this long at most for others to be committed with it."""
    first_retry: float = 0.1
    last_retry: float = 5.0
    """The pause before a retry doubles from the first to the last, less up to a half by chance."""


class RecordWriter(Generic[R]):
    """Takes records at once and writes them in groups, in order, trying again for as long as the store is
    down.

    ``start`` it in the loop that ``offer`` is called from; ``close`` flushes. A record that the store
    refuses for what it contains is handed to ``set_aside`` so that it does not hold up the others; by
    default it is logged as an error with its CallId.
    """

    def __init__(
        self,
        store: Store,
        *,
        backlog: Backlog[R] | None = None,
        pace: Pace | None = None,
        set_aside: Callable[[R, Exception], None] | None = None,
        of: str = "",
    ) -> None:
        self._store = store
        self._log = log.bind(of=of) if of else log  # what is kept, where it is no call records
        self._backlog: Backlog[R] = MemoryBacklog() if backlog is None else backlog
        self._pace = pace or Pace()
        self._set_aside = set_aside or _log_set_aside
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._mark_idle()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self.written = 0
        """Records that are on disk since the start."""
        self.refused = 0
        """Records that found the backlog full or the writer closed: lost here, to be rebuilt from the
        journal.
        """
        self.put_aside = 0
        """Records the store would not have for what they contain."""
        self.last_error: str | None = None
        """Why the store cannot be written at present; None while all is well."""
        self._told: set[str] = set()  # in this outage
        self._asked_at: float | None = None

    @property
    def waiting(self) -> int:
        """Records taken and not yet on disk."""
        return len(self._backlog)

    @property
    def stuck_s(self) -> float:
        """For how many seconds the store has not answered."""
        return 0.0 if self._asked_at is None else time.monotonic() - self._asked_at

    def start(self) -> None:
        """Begin writing, with what the backlog holds already."""
        self._task = asyncio.create_task(self._run(), name="record-writer")

    def offer(self, record: R) -> bool:
        """Take ``record``. Never waits, never raises; False when it was refused (counted and logged)."""
        if self._closing or not self._backlog.put(record):
            self.refused += 1
            if self.refused.bit_count() == 1:  # at 1, 2, 4, 8 …: a full backlog must not fill the log too
                self._log.error("call record refused", call=record.call_id, refused=self.refused, waiting=self.waiting)
            return False
        self._news.set()
        self._mark_idle()
        return True

    async def flush(self) -> None:
        """Return once nothing waits. For as long as the store is down this does not return: give it a
        deadline.
        """
        await self._idle.wait()

    async def close(self, timeout: float = 10.0) -> int:
        """Write what waits, for ``timeout`` seconds at most, then stop. Returns how many could not be
        written.
        """
        self._closing = True
        self._news.set()
        if self._task is None:
            return self.waiting
        # Not cancelled: a write under way is finished, so that what is on disk and what is counted agree.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._task), timeout)
        if not self._task.done():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self.waiting and self._backlog.lasting:
            self._log.warning("call records wait for the next start", waiting=self.waiting, reason=self.last_error)
        elif self.waiting:
            self._log.error("call records left unwritten", waiting=self.waiting, reason=self.last_error)
        return self.waiting

    async def _run(self) -> None:
        while not self._closing or self.waiting:
            if not self.waiting:
                self._news.clear()
                await self._news.wait()
                continue
            await self._gather()
            if records := await self._backlog.oldest(self._pace.batch):
                await self._write(records)
            self._mark_idle()

    async def _gather(self) -> None:
        until = asyncio.get_running_loop().time() + self._pace.gather
        while not self._closing and self.waiting < self._pace.batch:
            self._news.clear()
            try:
                async with asyncio.timeout_at(until):
                    await self._news.wait()
            except TimeoutError:
                return

    async def _write(self, records: Sequence[R]) -> None:
        """Write a batch however often it takes; one by one when something in it is refused."""
        try:
            await self._insist(records)
        except Exception as error:
            if len(records) > 1:
                for record in records:
                    await self._write([record])
                return
            self.put_aside += 1
            self._set_aside(records[0], error)
        else:
            self.written += len(records)
        self._backlog.drop(len(records))
        self._mark_idle()

    def _mark_idle(self) -> None:
        if self.waiting:
            self._idle.clear()
        else:
            self._idle.set()

    async def _insist(self, records: Sequence[R]) -> None:
        pause = self._pace.first_retry
        while True:
            self._asked_at = time.monotonic()
            try:
                await self._store.write(records)
            except StoreUnavailable as error:
                self._note(str(error))
            else:
                self._note(None)
                return
            finally:
                self._asked_at = None
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, self._pace.last_retry)

    def _note(self, error: str | None) -> None:
        """Log when the store goes, each new reason why it stays away, and when it comes back; not each try."""
        if error is not None and error not in self._told:
            self._log.warning("call records wait for the store", reason=error, waiting=self.waiting)
            self._told.add(error)
        elif error is None and self.last_error is not None:
            self._log.warning("the store takes call records again", waiting=self.waiting)
            self._told.clear()
        self.last_error = error


def _log_set_aside(record: Waits, error: Exception) -> None:
    log.error(
        "call record cannot be stored",
        call=record.call_id,
        pbx=record.pbx,
        reason=str(error),
        remedy="rebuild it from the journal" if isinstance(error, StoreError) else "report this",
    )
