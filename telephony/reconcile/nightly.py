"""Makes the daily figures: of every day that is over, and anew of a day of which a call changed afterwards.

What is to be made is told by the records and by the figures there are, never by when this runs: a night that was
missed is made up for at the next start. A figure is never changed; a call that is completed later gives its day a new
revision, which names its predecessor and the calls that changed. Who changed a record without writing it as a change
does not get such a revision by it: ``verify`` names it, and so does the next revision.
"""

import asyncio
import datetime
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import structlog

from telephony.errors import ZhitongError
from telephony.files import write_private
from telephony.live.alarms import AlarmName, Alarms
from telephony.model.ids import MICROS_PER_SECOND, CallId, Micros
from telephony.reconcile.canonical import hash_of
from telephony.reconcile.days import bounds, day_of, since
from telephony.reconcile.errors import FigureError
from telephony.reconcile.figure import Figure, signed
from telephony.reconcile.figures import Day, FigureStore, Kept
from telephony.reconcile.finding import Counts

SETTLE = Micros(3600 * MICROS_PER_SECOND)
"""So long after its end a day is left alone: calls that began in it go on, and records are on their way."""
EVERY_S = 60.0

log = structlog.get_logger(__name__)

Reconciled = Callable[[Micros, Micros], Awaitable[Counts]]
"""Records and books of an interval."""


class Nightly:
    """``run`` until cancelled, or ``make_up`` once. ``folder`` is where figures are put as files; without
    ``reconciled`` they do not tell of Asterisk's books."""

    def __init__(
        self,
        store: FigureStore,
        key: str,
        zone: str,
        folder: Path,
        reconciled: Reconciled | None = None,
        alarms: Alarms | None = None,
    ) -> None:
        self._store, self._key, self._zone, self._folder = store, key, zone, folder
        self._reconciled, self._alarms = reconciled, alarms
        self._looked: datetime.date | None = None
        self.last_error: str | None = None
        """Why figures cannot be made at present; None while all is well."""
        self.without_books: dict[str, str] = {}
        """Days whose figure was made without Asterisk's books, by the last ``make_up``, and why."""

    async def run(self) -> None:
        while True:
            await self.step(Micros(time.time_ns() // 1_000))
            await asyncio.sleep(EVERY_S)

    async def step(self, now: Micros) -> None:
        """Make what is due, once a day and at the first call. What fails is tried again at the next."""
        today = day_of(Micros(now - SETTLE), self._zone)
        if today == self._looked:
            return
        try:
            made = await self.make_up(now)
        except (ZhitongError, OSError) as error:
            self._note(str(error))
            if self._alarms is not None and isinstance(error, FigureError):
                self._alarms.settle({AlarmName.BOOKS_DIFFER: str(error)})
            return
        self._looked = today
        self._note(None)
        for figure in made:
            _tell(figure, self.without_books.get(figure.day))
        await self._alarm(made)

    async def _alarm(self, made: Sequence[Figure]) -> None:
        """Raised by the figures just made and the newest day's; by later ones without a fault cleared."""
        kept = [kept.figure for kept in await self._store.all()]
        newest = [figure for figure in kept if figure.day == max(each.day for each in kept)][-1:]
        faults = dict.fromkeys(why for figure in (*made, *newest) if (why := _fault(figure)))
        if self._alarms is not None:
            self._alarms.settle({AlarmName.BOOKS_DIFFER: "; ".join(faults)[:500] or None})

    async def make_up(self, now: Micros) -> list[Figure]:
        """Make every figure that is missing, and new revisions where calls changed; returns those made."""
        self.without_books.clear()
        newest, late = await self._store.changed_days(self._zone)
        known = await self._store.days()
        made = [await self._first(day, now) for day in await self._due(now, known)]
        made += [await self._again(day, now) for day in sorted(late & known)]
        await self._store.looked_at(newest)
        await self._write_files()
        return [kept.figure for kept in made if kept is not None]

    async def _due(self, now: Micros, known: set[str]) -> list[str]:
        """Days that are over and have no figure, from the first call on record on."""
        first = await self._store.first_call_at()
        if first is None:
            return []
        today = day_of(Micros(now - SETTLE), self._zone)
        return [day.isoformat() for day in since(day_of(first, self._zone), today) if day.isoformat() not in known]

    async def _first(self, day: str, now: Micros) -> Kept | None:
        return await self._make(day, await self._read(day), now, None, {})

    async def _again(self, day: str, now: Micros) -> Kept | None:
        """A new revision; None when the day is as it was."""
        last = (await self._store.all(day))[-1]
        read = await self._read(day)
        if hash_of(read.digests) == last.figure.hash and read.counts == last.figure.counts:
            return None
        return await self._make(day, read, now, last, await self._store.digests(day))

    async def _read(self, day: str) -> Day:
        return await self._store.read_day(*bounds(datetime.date.fromisoformat(day), self._zone))

    async def _make(
        self, day: str, read: Day, now: Micros, last: Kept | None, digests: Mapping[CallId, str]
    ) -> Kept | None:
        differing = different(digests, read.digests) if last is not None else set()
        accounted = await self._store.accounted(differing, last.calls_revision) if last is not None else set()
        books = await self._books(day)

        def make(number: int, before: Kept | None) -> str:
            figure = Figure(
                number=number,
                day=day,
                zone=self._zone,
                revision=1 if last is None else last.figure.revision + 1,
                made_at=now,
                counts=read.counts,
                hash=hash_of(read.digests),
                predecessor=None if last is None else last.digest,
                before=None if before is None else before.digest,
                changed=tuple(sorted(accounted)),
                unaccounted=tuple(sorted(differing - accounted)),
                books=books,
            )
            return signed(figure, self._key)

        return await self._store.add(day, 1 if last is None else last.figure.revision + 1, read, make)

    async def _books(self, day: str) -> Counts | None:
        if self._reconciled is None:
            return None
        try:
            return await self._reconciled(*bounds(datetime.date.fromisoformat(day), self._zone))
        except ZhitongError as error:
            self.without_books[day] = str(error)
            return None

    async def _write_files(self) -> None:
        """Put down each figure that has no file yet. A file that is there is never written again."""
        for kept in await self._store.all():
            path = self._folder / file_name(kept.figure)
            if not path.exists():
                text = msgspec.json.format(kept.body.encode(), indent=2).decode() + "\n"
                await asyncio.to_thread(write_private, path, text)

    def _note(self, error: str | None) -> None:
        if error is not None and self.last_error is None:
            log.warning("daily figures wait", reason=error)
        elif error is None and self.last_error is not None:
            log.warning("daily figures go on")
        self.last_error = error


def different(one: Mapping[CallId, str], other: Mapping[CallId, str]) -> set[CallId]:
    """The calls that are not alike in both, or in one only."""
    return {call_id for call_id in one.keys() | other.keys() if one.get(call_id) != other.get(call_id)}


def file_name(figure: Figure) -> str:
    """``2026-11-22.json``; of a later revision ``2026-11-22.r2.json``."""
    return f"{figure.day}.json" if figure.revision == 1 else f"{figure.day}.r{figure.revision}.json"


def _fault(figure: Figure) -> str | None:
    """What somebody should look at."""
    unexplained = 0 if figure.books is None else figure.books.unexplained
    if not unexplained and not figure.unaccounted:
        return None
    return f"{figure.day}: {unexplained} calls unexplained, {len(figure.unaccounted)} changed without a trace"


def _tell(figure: Figure, without_books: str | None) -> None:
    log.info("daily figure", day=figure.day, revision=figure.revision, calls=figure.counts.calls, hash=figure.hash)
    if without_books is not None:
        log.warning("a day's figure is made without Asterisk's books", day=figure.day, reason=without_books)
    if figure.unaccounted:
        log.error("records were changed without a trace", day=figure.day, calls=figure.unaccounted[:20])
    if figure.books is not None and figure.books.unexplained:
        log.error("records and Asterisk's books differ", day=figure.day, unexplained=figure.books.unexplained)
