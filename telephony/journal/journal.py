"""The journal at work: what the logs say, beside what is on record; what is missing is handed on.

A call is held here, and its place in the logs with it, until it is on record as well as it can be told. So a kill at
any moment loses nothing: the next start reads again from the oldest place that was held. And it doubles nothing: the
logs give a call the same id as the manager interface does, and writing a record twice changes nothing.

Calls are judged (``review``) as soon as the logs have been read to their end at the start, a few seconds after each
login, when what was not seen has been closed, and every so often besides.
"""

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import structlog

from telephony.errors import StoreError, ZhitongError
from telephony.journal.errors import JournalUnreadable
from telephony.journal.files import Logs
from telephony.journal.grouping import SETTLE, Finished
from telephony.journal.losses import Losses
from telephony.journal.places import Cursor
from telephony.journal.ports import Pace, Places, Records, Status
from telephony.journal.reader import LogReader, Look
from telephony.journal.rebuild import rebuild
from telephony.journal.review import Beside, CallRebuilt, Verdict, overlaps, review
from telephony.journal.tail import Flaw
from telephony.model.calls import Call
from telephony.model.changes import CallEnded, Change, EpochBegan, EpochEnded
from telephony.model.ids import CallId, MemberName, Micros, Uniqueid
from telephony.model.world import World
from telephony.records.build import build_record, is_no_call
from telephony.records.identity import family, same_call, settled
from telephony.records.record import CallRecord

MAX_DUE = 2_000
"""Calls that wait to be judged (law 10). Beyond it nothing is read: the logs keep what they have."""
_AT_ONCE = 20
"""Calls that are judged in one go, half a millisecond each: in between the loop is free to wake who waits."""
_SPANS_KEPT = 200
_REVIEWS_KEPT = 20
_TRIES = 10
"""So often a record is handed on that never gets on record: the store will not have it."""
_FLAWS_LOGGED = 20  # of each kind
_SOON_S = 60.0
"""After the start, and after logs that were away, have been read to their end: what was written last is found some
seconds later."""

log = structlog.get_logger(__name__)
Result = TypeVar("Result")


_PACE = Pace()


async def _no_names() -> Mapping[str, MemberName]:
    return {}


def _nothing() -> int:
    return 0


@dataclass(slots=True)
class _Due:
    """A call that waits to be judged. ``elsewhere`` are channels of other calls of its group, ``mark`` its place in the
    logs."""

    call: Call
    headless: bool
    elsewhere: frozenset[Uniqueid]
    mark: int
    name: CallId  # which its first channel gives; ``call`` may be another of that name
    handed_on: int = 0

    @property
    def record(self) -> CallRecord:
        return msgspec.structs.replace(build_record(self.call), call_id=self.name)

    @property
    def ids(self) -> tuple[CallId, ...]:
        return (self.call.call_id, *self.call.aliases)


class Journal:
    """Reads ``logs`` (those in a log folder of Asterisk's, if it is a path) beside what ``world`` has seen and
    ``records`` keeps; ``run`` it until cancelled.

    ``deliver`` gets what is missing, and must see to it that it is written; it may get a call more than once. ``watch``
    must be told of every change of the model. ``names`` gives endpoint → member for phones not named by their agent.
    """

    def __init__(
        self,
        logs: Logs | Path,
        world: World,
        records: Records,
        places: Places,
        deliver: Callable[[CallRebuilt], object],
        *,
        names: Callable[[], Awaitable[Mapping[str, MemberName]]] = _no_names,
        pace: Pace = _PACE,
    ) -> None:
        self._logs, self._world, self._records, self._places = logs, world, records, places
        self._deliver, self._names, self._pace = deliver, names, pace
        self._members: Mapping[str, MemberName] = {}
        self._due: dict[CallId, _Due] = {}
        self._arriving: dict[CallId, float] = {}  # told by the model; until when its record is waited for
        self._unseen: deque[tuple[Micros, Micros]] = deque(maxlen=_SPANS_KEPT)
        self._lost_at: Micros | None = None
        self._boots: list[Micros] = []
        self._there: tuple[Micros, frozenset[Uniqueid]] | None = None  # the PBX's channels, and when
        self._reviews = [0.0]  # when, by our clock
        self._save_at = 0.0
        self._saved: Mapping[str, Cursor] = {}
        self._held = 0
        self._at_end_at = _now()
        self.counts: Counter[str] = Counter()
        self._read_counts: Counter[str] = Counter()  # the reader's own
        self._flaws_told: Counter[str] = Counter()
        self._problems: dict[type[ZhitongError], str] = {}
        self._soon_until = math.inf  # until then what is found is judged soon, as after a login: the logs were away
        self._losses = Losses(pace.silent)
        self.unwritten: Callable[[], int] = _nothing
        """How many records are on their way to the store. To be set by who knows."""

    @property
    def status(self) -> Status:
        """How it stands."""
        problem = next(iter(self._problems.values()), None)
        counts = self.counts + self._read_counts.copy()  # copied at once: a thread counts on
        counts["gaps"] = self._losses.count
        return Status(
            due=len(self._due),
            held=self._held,
            counts=dict(counts),
            problem=problem,
            unreadable=self._problems.get(JournalUnreadable),
            behind_s=_now() - self._at_end_at,
            gaps=self._losses.gaps,
            silent_since=self._losses.silent_since,
        )

    def watch(self, changes: Iterable[Change]) -> None:
        """Take note of what the model tells: a sink of ingest."""
        for change in changes:
            if isinstance(change, CallEnded):
                until = _now() + self._pace.arrive
                self._losses.saw(change.call)
                self._arriving.update(dict.fromkeys((change.call.call_id, *change.call.aliases), until))
            elif isinstance(change, EpochEnded):
                self._lost_at = change.at
            elif isinstance(change, EpochBegan):
                self._epoch_began(change.at)

    def _epoch_began(self, at: Micros) -> None:
        if self._lost_at is not None:
            self._unseen.append((self._lost_at, at))
            self._lost_at = None
        self._boots.append(self._world.booted_at)
        self._review_in(self._pace.after_login, self._pace.after_login + self._pace.arrive)

    # --- reading ------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Work until cancelled."""
        reader = LogReader(self._logs, self._world.pbx, await self._load())
        self._read_counts = reader.counts
        try:
            while True:
                at_end = await self._read(reader)
                if at_end and _now() >= min(self._reviews):
                    await self._review()
                if _now() >= self._save_at:
                    await self._save(reader)
                if at_end:
                    await asyncio.sleep(self._pace.poll)
        finally:
            reader.close()

    async def _load(self) -> Mapping[str, Cursor]:
        while True:
            places = await self._attempt(self._look_up(), StoreError)
            if places is not None:
                return places
            await asyncio.sleep(self._pace.again)

    async def _look_up(self) -> Mapping[str, Cursor]:
        self._members = await self._names()
        return await self._places.load(self._world.pbx)

    async def _read(self, reader: LogReader) -> bool:
        """One look. True when there is nothing more to be read for now."""
        if len(self._due) >= MAX_DUE:
            self._review_in(0.0)
            return True
        boots, self._boots = self._boots, []
        there = self._beyond(reader.written_until)
        found = await self._attempt(_to_its_end(self._step, reader, boots, there), JournalUnreadable)
        if found is None:
            self._soon_until = math.inf
            return True
        look, due = found
        for flaw in look.flaws:
            self._note(flaw)
        self._losses.look(reader, look)
        for each in due:
            self._take(each)
        self._held = reader.grouping.held
        if look.at_end:
            self._at_end_at = _now()
            self._soon_until = min(self._soon_until, _now() + _SOON_S)
        if due and _now() < self._soon_until:
            self._review_in(self._pace.after_login)
        return look.at_end

    def _beyond(self, written_until: Micros) -> tuple[Micros, frozenset[Uniqueid]] | None:
        """The PBX's channels at a time beyond which CEL was read: what it has not told the end of by then is lost."""
        if self._there is None or written_until <= self._there[0] + SETTLE:
            return None
        there, self._there = self._there, None
        return there

    def _step(
        self, reader: LogReader, boots: Iterable[Micros], there: tuple[Micros, frozenset[Uniqueid]] | None
    ) -> tuple[Look, list[_Due]]:
        """In a thread of its own: nobody else touches the reader meanwhile."""
        for at in boots:
            reader.grouping.booted(at)
        if there is not None:
            reader.grouping.vanished(there[1], there[0])
        look = reader.look(_micros())
        return look, [due for finished in look.finished for due in self._rebuilt(finished)]

    def _rebuilt(self, finished: Finished) -> list[_Due]:
        try:
            told = rebuild(self._world.pbx, finished.calls, self._members)
        except Exception:  # a bug of ours must not stop the journal; the rows are kept by Asterisk
            self.counts["failures"] += 1
            log.exception("calls could not be rebuilt", first=str(finished.calls.rows[0].row_id))
            return []
        calls = [call for call in told if not is_no_call(call)]
        headless, everyone = finished.calls.headless, frozenset(leg for call in told for leg in call.legs)
        return [
            _Due(call, not headless.isdisjoint(call.legs), everyone - call.legs.keys(), finished.mark, call.call_id)
            for call in calls
        ]

    def _take(self, due: _Due) -> None:
        """A call can show twice: where reading began anew in its middle, and whole."""
        if due.name in self._due:
            due.call.call_id = settled(due.record, self._namesakes(due)).call_id
        known = self._due.get(due.call.call_id)
        if known is not None:
            due.mark = min(due.mark, known.mark)
            due = known if due.headless else due
        self._due[due.call.call_id] = due

    def _note(self, flaw: Flaw) -> None:
        self._flaws_told[flaw.kind] += 1
        if self._flaws_told[flaw.kind] <= _FLAWS_LOGGED:
            log.warning("a log has a flaw", kind=flaw.kind, file=flaw.file, offset=flaw.offset, detail=flaw.detail)

    # --- judging ------------------------------------------------------------------------------------------

    def _review_in(self, *seconds: float) -> None:
        self._reviews = sorted({*self._reviews, *(_now() + each for each in seconds)})[:_REVIEWS_KEPT]

    async def _review(self) -> None:
        now = _now()
        self._reviews = [at for at in self._reviews if at > now]
        self._review_in(self._pace.review)
        if self._there is None and self._world.epoch and self._lost_at is None and not self._world.full:
            self._there = (self._world.now, frozenset(self._world.channels))
        if not self.unwritten():
            self._arriving = {call_id: until for call_id, until in self._arriving.items() if until > now}
        if await self._attempt(self._judge_all(), StoreError) is None:
            self._review_in(self._pace.again)

    async def _judge_all(self) -> bool:
        self._members = await self._names()
        waiting = [due for due in self._due.values() if not self._expected(due)]
        if self.unwritten():  # the store is away, or busy: what was handed on is among them
            waiting = [due for due in waiting if not due.handed_on]
            self._review_in(self._pace.again)
        for start in range(0, len(waiting), _AT_ONCE):
            await self._judge(waiting[start : start + _AT_ONCE])
        return True

    def _expected(self, due: _Due) -> bool:
        """Whether the model is about to tell of this call, or just has."""
        live = any(uniqueid in self._world.by_leg for uniqueid in due.call.legs)
        return live or any(call_id in self._arriving for call_id in due.ids)

    async def _judge(self, some: Sequence[_Due]) -> None:
        found = dict(await self._records.find([due.call.call_id for due in some]))
        await self._tell_apart([due for due in some if _repeated(due, found.get(due.call.call_id))], found)
        lost = [due for due in some if due.headless and due.call.call_id not in found]
        known = await self._records.known([uniqueid for due in lost for uniqueid in due.call.legs]) if lost else set()
        for due in some:
            beside = Beside(
                found.get(due.call.call_id),
                unseen=overlaps(due.call, self._unseen),
                known=not known.isdisjoint(due.call.legs),
                elsewhere=due.elsewhere,
            )
            self._act(due, review(due.call, due.headless, beside))

    async def _tell_apart(self, repeated: Sequence[_Due], found: dict[CallId, CallRecord]) -> None:
        """Give each of these calls the id that it has on record, or one that no other of its name has."""
        if not repeated:
            return
        found.update(await self._records.find([call_id for due in repeated for call_id in family(due.name)]))
        for due in repeated:
            self._due.pop(due.call.call_id, None)
            due.call.call_id = settled(due.record, {**self._namesakes(due), **found}).call_id
            self._due[due.call.call_id] = due

    def _namesakes(self, due: _Due) -> Mapping[CallId, CallRecord]:
        """What else waits to be judged under an id that this call may have."""
        return {call_id: self._due[call_id].record for call_id in family(due.name) if call_id in self._due}

    def _act(self, due: _Due, verdict: Verdict) -> None:
        if verdict.differences:
            self.counts["differing"] += 1
            told = [str(difference) for difference in verdict.differences]
            log.warning("a call differs from the logs", call=due.call.call_id, differences=told)
        if verdict.record is None:
            self._due.pop(due.call.call_id, None)
        elif due.handed_on == _TRIES:
            self.counts["given up"] += 1
            log.error("a call cannot be put on record", call=due.call.call_id)
            self._due.pop(due.call.call_id, None)
        else:
            self._hand_on(due, verdict.record)

    def _hand_on(self, due: _Due, record: CallRecord) -> None:
        if not due.handed_on:
            self.counts[record.provenance.value] += 1
            log.info("call out of the logs", call=record.call_id, provenance=record.provenance.value)
            self._review_in(self._pace.again)
        due.handed_on += 1
        self._deliver(CallRebuilt(record))

    # --- places -------------------------------------------------------------------------------------------

    async def _save(self, reader: LogReader) -> None:
        """Keep the place from which all that is not on record yet can be read again."""
        self._save_at = _now() + self._pace.save
        places = reader.places(min((due.mark for due in self._due.values()), default=None))
        if places != self._saved and await self._attempt(self._keep(places), StoreError):
            self._saved = places

    async def _keep(self, places: Mapping[str, Cursor]) -> bool:
        await self._places.save(self._world.pbx, places)
        return True

    async def _attempt(self, work: Awaitable[Result], kind: type[ZhitongError]) -> Result | None:
        """None when it cannot be done at present: said once, and tried again by whoever asked for it."""
        try:
            result = await work
        except kind as error:
            if self._problems.get(kind) != str(error):
                self._problems[kind] = str(error)
                log.warning("the journal cannot go on", why=str(error))
            return None
        self._problems.pop(kind, None)
        return result


def _repeated(due: _Due, record: CallRecord | None) -> bool:
    """Whether its channel's name is known to be another call's as well."""
    return due.call.call_id != due.name or (record is not None and not same_call(record, due.record))


def _now() -> float:
    return time.monotonic()


def _micros() -> Micros:
    return Micros(time.monotonic_ns() // 1_000)


async def _to_its_end(work: Callable[..., Result], *arguments: object) -> Result:
    """In a thread. Being cancelled waits for its end, since what it works on is about to be closed."""
    future = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise
