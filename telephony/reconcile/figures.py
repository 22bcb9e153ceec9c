"""Daily figures in the database, and the records of a day as figures see them."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, delete, func, insert, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from telephony.database.database import Database
from telephony.errors import StoreError
from telephony.model.ids import NEVER, CallId, Micros
from telephony.reconcile.canonical import digest
from telephony.reconcile.days import day_of
from telephony.reconcile.figure import DayCounts, Figure, Tally, digest_of, figure_of
from telephony.reconcile.schema import day_figure_calls, day_figures, day_figures_progress
from telephony.records.feed import newest_revision
from telephony.records.rows import call_row, record_of
from telephony.records.schema import call_changes, calls

_PAGE = 500
_AT_ONCE = 5_000
"""Below the number of variables that a statement may have in SQLite and PostgreSQL."""
_TRIES = 5
_SOURCE = "records"


class Kept(msgspec.Struct, frozen=True):
    """A figure as it is stored. ``calls_revision``: the newest change of the records that it knows of."""

    figure: Figure
    body: str
    calls_revision: int

    @property
    def digest(self) -> str:
        """By which its successors name it."""
        return digest_of(self.body)


class Day(msgspec.Struct, frozen=True):
    """The records of a day. ``damaged`` cannot be read; of ``misfiled`` the columns that are searched contradict the
    record itself."""

    digests: dict[CallId, str]
    counts: DayCounts
    calls_revision: int
    damaged: tuple[CallId, ...] = ()
    misfiled: tuple[CallId, ...] = ()


class FigureStore:
    """Everything raises StoreError; StoreUnavailable when trying again may help."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.place = database.place

    # --- figures ------------------------------------------------------------------------------------------

    async def all(self, day: str | None = None) -> list[Kept]:
        """Every figure (of this day), in order of their numbers."""
        wanted = select(day_figures).order_by(day_figures.c.number)
        async with self._database.reading() as connection:
            found = (await connection.execute(wanted if day is None else wanted.where(day_figures.c.day == day))).all()
        return [self._kept(row) for row in found]

    async def numbered(self, number: int) -> Kept | None:
        """The figure with this number."""
        async with self._database.reading() as connection:
            found = (await connection.execute(select(day_figures).where(day_figures.c.number == number))).all()
        return next((self._kept(row) for row in found), None)

    def _kept(self, row: Row[Any]) -> Kept:
        return Kept(figure_of(row.body, self.place), row.body, row.calls_revision)

    async def days(self) -> set[str]:
        """Days that have a figure."""
        async with self._database.reading() as connection:
            return set((await connection.execute(select(day_figures.c.day).distinct())).scalars())

    async def digests(self, day: str) -> dict[CallId, str]:
        """What the latest figure of this day was made from."""
        wanted = select(day_figure_calls.c.call_id, day_figure_calls.c.digest).where(day_figure_calls.c.day == day)
        async with self._database.reading() as connection:
            return {CallId(call_id): told for call_id, told in await connection.execute(wanted)}

    async def add(self, day: str, revision: int, read: Day, make: Callable[[int, Kept | None], str]) -> Kept | None:
        """Keep revision ``revision`` of this day; ``make`` gives its body from its number and the figure before it.
        None when another was quicker."""
        async with self._database.writing() as connection:
            taken = select(func.max(day_figures.c.revision)).where(day_figures.c.day == day)
            if ((await connection.execute(taken)).scalar_one() or 0) != revision - 1:
                return None
            newest = select(day_figures).order_by(day_figures.c.number.desc()).limit(1)
            last = next((self._kept(row) for row in await connection.execute(newest)), None)
            number = 1 if last is None else last.figure.number + 1
            body = make(number, last)
            row = {"number": number, "day": day, "revision": revision, "calls_revision": read.calls_revision}
            await connection.execute(insert(day_figures), [{**row, "body": body}])
            await _keep_digests(connection, day, read.digests)
        return Kept(figure_of(body, self.place), body, read.calls_revision)

    # --- records ------------------------------------------------------------------------------------------

    async def first_call_at(self) -> Micros | None:
        """When the oldest call on record was received."""
        async with self._database.reading() as connection:
            first: Micros | None = (await connection.execute(select(func.min(calls.c.received_at)))).scalar_one()
        return first

    async def read_day(self, since: Micros, until: Micros) -> Day:
        """The records of calls received from ``since`` to before ``until``. What is written meanwhile is read again, a
        few times; should it not come to rest, what is missed bears a newer revision and is found by the next look."""
        for _ in range(_TRIES - 1):
            day = await self._read_day(since, until)
            if not await self._changed_since(day.calls_revision, since, until):
                return day
        return await self._read_day(since, until)

    async def _read_day(self, since: Micros, until: Micros) -> Day:
        async with self._database.reading() as connection:
            reader = _DayReader(self.place, await newest_revision(connection))
        here: tuple[int, str] = (NEVER - 1, "")
        while page := await self._page(since, until, here):
            await asyncio.to_thread(reader.take, page)
            here = (page[-1].received_at, page[-1].call_id)
        return reader.day()

    async def _page(self, since: Micros, until: Micros, after: tuple[int, str]) -> Sequence[Row[Any]]:
        order = (calls.c.received_at, calls.c.call_id)
        wanted = select(calls).where(calls.c.received_at >= since, calls.c.received_at < until)
        wanted = wanted.where(tuple_(*order) > tuple_(literal(after[0]), literal(after[1])))
        async with self._database.reading() as connection:
            return (await connection.execute(wanted.order_by(*order).limit(_PAGE))).all()

    async def _changed_since(self, revision: int, since: Micros, until: Micros) -> bool:
        joined = call_changes.join(calls, calls.c.call_id == call_changes.c.call_id)
        wanted = select(func.count()).select_from(joined).where(call_changes.c.revision > revision)
        wanted = wanted.where(calls.c.received_at >= since, calls.c.received_at < until)
        async with self._database.reading() as connection:
            return bool((await connection.execute(wanted)).scalar_one())

    # --- what changed later -------------------------------------------------------------------------------

    async def accounted(self, call_ids: Iterable[CallId], after: int) -> set[CallId]:
        """Those of these calls whose last change was written as one, after this revision."""
        wanted, found = sorted(call_ids), set[CallId]()
        async with self._database.reading() as connection:
            for start in range(0, len(wanted), _AT_ONCE):
                some = call_changes.c.call_id.in_(wanted[start : start + _AT_ONCE])
                changed = select(call_changes.c.call_id).where(some, call_changes.c.revision > after)
                found.update(CallId(call_id) for call_id in (await connection.execute(changed)).scalars())
        return found

    async def changed_days(self, zone: str) -> tuple[int, set[str]]:
        """The days of calls that changed since ``looked_at`` was last said, and what to say next. A call that is gone
        is of the day whose figure knows it."""
        async with self._database.reading() as connection:
            newest = await newest_revision(connection)
            looked = (await connection.execute(select(day_figures_progress.c.revision))).scalar_one_or_none()
            if looked is None:
                return newest, set()
            joined = call_changes.outerjoin(calls, calls.c.call_id == call_changes.c.call_id)
            joined = joined.outerjoin(day_figure_calls, day_figure_calls.c.call_id == call_changes.c.call_id)
            wanted = select(calls.c.received_at, day_figure_calls.c.day).select_from(joined)
            rows = (await connection.execute(wanted.where(call_changes.c.revision > looked))).all()
        days = {day for _, day in rows if day is not None}
        return newest, days | {day_of(at, zone).isoformat() for at, _ in rows if at is not None}

    async def looked_at(self, revision: int) -> None:
        """Up to this change of the records every day that changed has its new figure."""
        async with self._database.writing() as connection:
            await connection.execute(delete(day_figures_progress))
            await connection.execute(insert(day_figures_progress), [{"source": _SOURCE, "revision": revision}])


async def _keep_digests(connection: AsyncConnection, day: str, digests: dict[CallId, str]) -> None:
    await connection.execute(delete(day_figure_calls).where(day_figure_calls.c.day == day))
    rows = [{"day": day, "call_id": call_id, "digest": told} for call_id, told in digests.items()]
    for start in range(0, len(rows), _AT_ONCE):
        await connection.execute(insert(day_figure_calls), rows[start : start + _AT_ONCE])


class _DayReader:
    """Takes the rows of a day in; ``take`` runs in a thread of its own."""

    def __init__(self, place: str, revision: int) -> None:
        self._place, self._revision = place, revision
        self._digests: dict[CallId, str] = {}
        self._tally = Tally()
        self._damaged: list[CallId] = []
        self._misfiled: list[CallId] = []

    def take(self, page: Collection[Row[Any]]) -> None:
        for row in page:
            call_id = CallId(row.call_id)
            self._digests[call_id] = digest(row.body, call_id)
            try:
                record = record_of(row.body, self._place)
            except StoreError:
                self._damaged.append(call_id)
                continue
            self._tally.add(record)
            told = {**call_row(record), "body": row.body}
            if any(getattr(row, name) != value for name, value in told.items()):
                self._misfiled.append(call_id)

    def day(self) -> Day:
        counts = self._tally.counts()
        return Day(self._digests, counts, self._revision, tuple(self._damaged), tuple(self._misfiled))
