"""The spine: one task takes events in order, applies them to the tracker, and hands on what changed. Nothing else.

Comes in: events from ``telephony.ami.connection`` (``deliver``), in arrival order, and a tick each second. Goes out:
changes to the sinks (live state, counters), records of ended calls to the writer. Only this module calls
``Tracker.apply`` (law 1).
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog

from telephony.journal.review import CallRebuilt
from telephony.live.ages import Ages
from telephony.model.calls import Call
from telephony.model.changes import Anomaly, CallEnded, Change
from telephony.model.clock import PbxClock
from telephony.model.events import ClockSet, Event, LinkLost, SnapshotTaken, Tick
from telephony.model.ids import MICROS_PER_SECOND, Micros
from telephony.model.local import LocalEvent
from telephony.model.tracker import Tracker
from telephony.model.world import SETTLE, World
from telephony.records.build import build_record, is_no_call
from telephony.records.record import CallRecord

INBOX_LIMIT = 200_000
"""Events that may wait. Beyond it new ones are dropped and ``on_overflow`` is told, who cuts the link: the next login's
snapshot then makes the state right again, which a stream with holes would not. The loss of a link and a snapshot, one
of each a login, are always taken in."""
_BATCH = 500  # events applied before other tasks get their turn
_TICK_S = 1.0
_TICK_LAG = Micros(MICROS_PER_SECOND // 2)  # a tick must not outrun events that are still on their way
_ANOMALIES_LOGGED = 20  # of each kind

log = structlog.get_logger(__name__)

Sink = Callable[[Sequence[Change]], None]


def monotonic() -> Micros:
    """Our monotonic clock in microseconds."""
    return Micros(time.monotonic_ns() // 1_000)


@dataclass(slots=True)
class Counters:
    """What went through, for health and metrics."""

    events: int = 0
    changes: int = 0
    records: int = 0
    rebuilt: int = 0  # records that came from the journal
    dropped: int = 0
    failures: int = 0  # events whose handler raised: a bug of ours
    max_age: int = 0  # of an event as it came, microseconds, since ``Ingest.take_age``
    max_wait: int = 0  # of an event in the inbox, likewise
    anomalies: Counter[str] = field(default_factory=Counter)


class Ingest:
    """``keep`` gets the record of each ended call, ``sinks`` get every batch of changes; none of them may block.

    A sink or a handler that raises is logged and counted; the spine goes on. After an event that could not be applied
    the state may be wrong: ``on_doubt`` is told why, who asks the PBX how it is.
    """

    def __init__(
        self,
        tracker: Tracker,
        keep: Callable[[CallRecord], object],
        sinks: Sequence[Sink] = (),
        on_overflow: Callable[[], None] = lambda: None,
        on_doubt: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._tracker = tracker
        self._keep = keep
        self._sinks = sinks
        self._on_overflow = on_overflow
        self._on_doubt = on_doubt
        self._inbox: deque[tuple[Event | CallRebuilt, Micros]] = deque()
        self._wake = asyncio.Event()
        self._first_of_batch = monotonic()
        self._unfinished: list[int] = []
        """Of each event of the batch how old it was as it came, less when that was: added to now, its age."""
        self.clock = PbxClock()
        self.counters = Counters()
        self.ages = Ages()
        """Of the PBX's events, from their making at the PBX until every sink had what they changed."""

    def deliver(self, event: Event | CallRebuilt) -> None:
        """Put an event into the inbox. Never blocks."""
        if len(self._inbox) >= INBOX_LIMIT and not isinstance(event, (SnapshotTaken, LinkLost)):
            self.counters.dropped += 1
            if self.counters.dropped == 1 or self.counters.dropped % INBOX_LIMIT == 0:
                log.error("inbox full: events dropped, the link will be renewed", dropped=self.counters.dropped)
            self._on_overflow()
            return
        self._inbox.append((event, monotonic()))
        self._wake.set()

    @property
    def world(self) -> World:
        """What the model knows now. To be read only (law 1)."""
        return self._tracker.world

    @property
    def waiting(self) -> int:
        """Events in the inbox."""
        return len(self._inbox)

    def heard(self) -> Micros:
        """When the first event of the batch that the sinks are given was read, by our wall clock (UTC)."""
        return Micros(time.time_ns() // 1_000 - (monotonic() - self._first_of_batch))

    def take_age(self) -> Micros:
        """How old an event was at most when it was taken in, since this was asked last; with its time in the inbox."""
        counters = self.counters
        waiting = monotonic() - self._inbox[0][1] if self._inbox else 0
        age = counters.max_age + max(counters.max_wait, waiting)
        counters.max_age = counters.max_wait = 0
        return Micros(age)

    async def run(self) -> None:
        """Work until cancelled. What is in the inbox then is not lost: ``drain`` applies it."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tick())
            group.create_task(self._work())

    def now(self) -> Micros | None:
        """The time at the PBX; None before it has said anything."""
        return self.clock.now(monotonic())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            if (now := self.now()) is not None:
                self.deliver(Tick(Micros(now - _TICK_LAG)))

    async def _work(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._inbox:
                self.drain(_BATCH)
                await asyncio.sleep(0)

    def finish(self) -> None:
        """The end: apply what waits, and hand over the calls that have ended without letting them settle."""
        self.drain()
        now = self.clock.now(monotonic())
        if now is not None:
            self.deliver(Tick(Micros(now + 2 * SETTLE)))
            self.drain()

    def drain(self, limit: int = INBOX_LIMIT) -> None:
        """Apply up to ``limit`` waiting events now."""
        inbox = self._inbox
        if inbox:
            self._first_of_batch = inbox[0][1]
            self.counters.max_wait = max(self.counters.max_wait, monotonic() - self._first_of_batch)
        changes: list[Change] = []
        for _ in range(min(limit, len(inbox))):
            event, arrived = inbox.popleft()
            changes += self._apply(event, arrived)
        if changes:
            self._hand_on(changes)
        now = monotonic()
        for since in self._unfinished:
            self.ages.add(Micros(now + since))
        self._unfinished.clear()

    def _apply(self, event: Event | CallRebuilt, arrived: Micros) -> Sequence[Change]:
        self.counters.events += 1
        if isinstance(event, CallRebuilt):  # told whole, by the journal: nothing for the tracker
            self.counters.rebuilt += 1
            self._guard(partial(self._keep, event.record), "record")
            return ()
        if isinstance(event, LinkLost):  # stamped by the clock as it was at the login, which may have been set since
            return self._track(LinkLost(self.clock.now(arrived) or event.at, event.epoch))
        if isinstance(event, Tick | LocalEvent):  # not by the PBX's clock
            return self._track(event)
        if isinstance(event, SnapshotTaken):
            self.clock.login(event.at, Micros(arrived - event.age))
        else:
            age = self.clock.see(event.at, arrived)
            self.counters.max_age = max(self.counters.max_age, age)
            self._unfinished.append(age - arrived)
        if not self.clock.stepped:
            return self._track(event)
        return [*self._track(ClockSet(event.at, self.clock.stepped)), *self._track(event)]

    def _track(self, event: Event) -> Sequence[Change]:
        try:
            return self._tracker.apply(event)
        except (
            Exception
        ) as error:  # a bug of ours must never stop the spine; what it broke is repaired by the next snapshot
            self._failed("an event could not be applied", type(event).__name__, error)
            self._on_doubt(f"an event could not be applied: {type(event).__name__}")
            return ()

    def _hand_on(self, changes: Sequence[Change]) -> None:
        self.counters.changes += len(changes)
        for change in changes:
            if isinstance(change, CallEnded):
                if not is_no_call(change.call):
                    self.counters.records += 1
                    self._guard(partial(self._record, change.call), "record")
            elif isinstance(change, Anomaly):
                self._note(change)
        for sink in self._sinks:
            self._guard(partial(sink, changes), "sink")

    def _record(self, call: Call) -> None:
        self._keep(build_record(call))

    def _guard(self, action: Callable[[], object], what: str) -> None:
        try:
            action()
        except Exception as error:
            self._failed("a receiver of changes failed", what, error)

    def _failed(self, message: str, kind: str, error: Exception) -> None:
        """What comes again and again must not fill the log."""
        self.counters.failures += 1
        if self.counters.failures.bit_count() == 1:  # at 1, 2, 4, 8 …
            log.error(message, kind=kind, times=self.counters.failures, exc_info=error)

    def _note(self, anomaly: Anomaly) -> None:
        self.counters.anomalies[anomaly.kind] += 1
        if self.counters.anomalies[anomaly.kind] <= _ANOMALIES_LOGGED:
            log.warning("anomaly", kind=anomaly.kind, detail=anomaly.detail)
