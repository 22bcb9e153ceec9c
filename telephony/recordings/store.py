"""What is on record of recordings: which there are to be, what became of each, and what may not be deleted.

It follows the records by itself (``catch_up``), each change in one transaction with the mark of how far it has come, so
a kill loses nothing and repeats nothing. A hash once taken is never replaced: it is what a file is held against.
"""

import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from telephony.database.database import Database
from telephony.errors import RecordingError
from telephony.model.ids import CallId, Micros, PbxName
from telephony.recordings.judge import cases_of
from telephony.recordings.rows import Hold, case_row, fate_row, hold_of, kept_of
from telephony.recordings.schema import recording_holds, recordings, recordings_progress
from telephony.recordings.terms import KEPT, Case, Fate, Kept, State
from telephony.records.feed import CallChange, newest_revision, read_changes
from telephony.records.schema import aliases

_BATCH = 200
NOTE_LIMIT = 500
_MILLION = 1_000_000
_DAY = 86_400 * _MILLION


def _now() -> Micros:
    return Micros(time.time_ns() // 1_000)


class RecordingQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Whatever is given must hold. ``since`` and ``until`` (exclusive) are of the call's end."""

    since: Micros | None = None
    until: Micros | None = None
    states: tuple[State, ...] = ()
    call_id: CallId | None = None


class Recordings:
    """Of all PBXs that keep their records in this database. Raises StoreError as the database does, RecordingError for
    what is refused."""

    def __init__(self, database: Database, now: Callable[[], Micros] = _now) -> None:
        self.database = database
        self._now = now

    # --- following the records --------------------------------------------------------------------------------

    async def catch_up(self, pbx: PbxName) -> int:
        """Take in what changed on record of this PBX's calls. Returns how many changes that were."""
        done = 0
        while await self._is_behind(pbx):
            async with self.database.writing() as connection:
                done += await self._follow(connection, pbx)
        return done

    async def _is_behind(self, pbx: PbxName) -> bool:
        async with self.database.reading() as connection:
            return await newest_revision(connection) > (await _mark(connection, pbx) or 0)

    async def _follow(self, connection: AsyncConnection, pbx: PbxName) -> int:
        mark = await _mark(connection, pbx)
        changes = await read_changes(connection, mark or 0, _BATCH, self.database.place)
        for change in changes:
            await self._take(connection, pbx, change)
        if changes:
            await _set_mark(connection, pbx, changes[-1].revision, first=mark is None)
        return len(changes)

    async def _take(self, connection: AsyncConnection, pbx: PbxName, change: CallChange) -> None:
        record = change.record
        if record is None or record.pbx != pbx:
            return
        if record.aliases:
            joined = update(recordings).where(recordings.c.call_id.in_(record.aliases))
            await connection.execute(joined.values(call_id=record.call_id))
        for case in cases_of(record):
            await self._expect(connection, case)

    async def _expect(self, connection: AsyncConnection, case: Case) -> None:
        """What was told anew is looked at anew; what is deleted stays so."""
        row = await _row(connection, case.pbx, case.path)
        if row is None:
            fate = fate_row(Fate(state=State.PENDING))
            await connection.execute(insert(recordings).values(**case_row(case), **fate, checked_at=0))
            return
        known = kept_of(row)
        if known.case == case or known.fate.state not in KEPT:
            return
        again = case_row(case) | {"state": State.PENDING.value, "checked_at": 0}
        await connection.execute(update(recordings).where(_is(case.pbx, case.path)).values(**again))

    # --- looking at files -------------------------------------------------------------------------------------

    async def pending(self, pbx: PbxName, checked_before: Micros, limit: int) -> Sequence[Kept]:
        """Those to be looked at, the longest unseen first."""
        wanted = and_(
            recordings.c.pbx == pbx,
            recordings.c.state == State.PENDING.value,
            recordings.c.checked_at < checked_before,
        )
        return await self._read(select(recordings).where(wanted).order_by(recordings.c.checked_at).limit(limit))

    async def settle(self, case: Case, fate: Fate) -> bool:
        """Say what became of it, unless more was told of it meanwhile. Returns whether it was said."""
        told = and_(
            _is(case.pbx, case.path),
            recordings.c.state.in_([state.value for state in KEPT]),
            recordings.c.expected_ms == case.expected_ms,
            recordings.c.call_id == case.call_id,
        )
        values = fate_row(fate) | {"checked_at": self._now()}
        if fate.sha256 is None:  # what was hashed once is not forgotten because the file is away
            values = {key: value for key, value in values.items() if key not in ("sha256", "size", "length_ms")}
        async with self.database.writing() as connection:
            done = await connection.execute(update(recordings).where(told).values(**values))
        return done.rowcount == 1

    async def look_again(self, pbx: PbxName, *states: State) -> None:
        """Have all in these states looked at anew."""
        wanted = and_(recordings.c.pbx == pbx, recordings.c.state.in_([state.value for state in states]))
        async with self.database.writing() as connection:
            await connection.execute(update(recordings).where(wanted).values(state=State.PENDING.value, checked_at=0))

    # --- reading ----------------------------------------------------------------------------------------------

    async def of_calls(self, call_ids: Sequence[CallId]) -> Mapping[CallId, Kept]:
        """The recordings of these calls, of each the one of most talk; calls without one are left out."""
        statement = select(recordings).where(recordings.c.call_id.in_(call_ids)).order_by(recordings.c.expected_ms)
        return {kept.case.call_id: kept for kept in await self._read(statement)}

    async def find(self, query: RecordingQuery, limit: int) -> Sequence[Kept]:
        """The newest first."""
        order = (recordings.c.ended_at.desc(), recordings.c.path)
        return await self._read(select(recordings).where(*_filters(query)).order_by(*order).limit(limit))

    async def every(self, query: RecordingQuery) -> AsyncIterator[Kept]:
        """All of them, page by page, in the order of their paths."""
        after: tuple[str, str] = ("", "")
        while True:
            beyond = (recordings.c.pbx > after[0]) | and_(recordings.c.pbx == after[0], recordings.c.path > after[1])
            statement = select(recordings).where(beyond, *_filters(query))
            page = await self._read(statement.order_by(recordings.c.pbx, recordings.c.path).limit(_BATCH))
            for kept in page:
                yield kept
            if len(page) < _BATCH:
                return
            after = (page[-1].case.pbx, page[-1].case.path)

    async def _read(self, statement: Any) -> Sequence[Kept]:
        async with self.database.reading() as connection:
            return [kept_of(row) for row in (await connection.execute(statement)).mappings()]

    # --- legal holds ------------------------------------------------------------------------------------------

    async def hold(self, call_id: CallId, reason: str, by: str) -> Hold:
        """Keep this call's recordings until the hold is released. A call may be held for several reasons."""
        _worded(reason)
        async with self.database.writing() as connection:
            states = select(recordings.c.state).where(recordings.c.call_id == call_id)
            if State.DELETING in {row.state for row in await connection.execute(states)}:
                raise RecordingError("Its recording is being deleted at this moment; it cannot be held any more.")
            number = (await connection.execute(select(func.max(recording_holds.c.number)))).scalar_one() or 0
            hold = Hold(number=number + 1, call_id=call_id, reason=reason, said_at=self._now(), said_by=by)
            await connection.execute(insert(recording_holds).values(**msgspec.structs.asdict(hold)))
        return hold

    async def release(self, call_id: CallId, reason: str, by: str) -> int:
        """End all holds on this call; returns how many. Raises RecordingError when it is under none."""
        _worded(reason)
        values = {"released_at": self._now(), "released_by": by, "released_because": reason}
        async with self.database.writing() as connection:
            ids = await _same(connection, call_id)
            held = and_(recording_holds.c.call_id.in_(ids), recording_holds.c.released_at.is_(None))
            done = await connection.execute(update(recording_holds).where(held).values(**values))
        if done.rowcount == 0:
            raise RecordingError(
                f"The call {call_id} is under no hold. `zhitong retention holds` lists those that are."
            )
        return int(done.rowcount)

    async def holds(self, *, released: bool = False) -> Sequence[Hold]:
        """Those in force, or with ``released`` all there ever were; the oldest first."""
        statement = select(recording_holds).order_by(recording_holds.c.number)
        if not released:
            statement = statement.where(recording_holds.c.released_at.is_(None))
        async with self.database.reading() as connection:
            return [hold_of(row) for row in (await connection.execute(statement)).mappings()]

    # --- deletion ---------------------------------------------------------------------------------------------

    async def due(self, pbx: PbxName, keep_days: int) -> Sequence[Kept]:
        """All whose time has passed and that are not deleted, held or not, the oldest first. Times are of 24 hours."""
        wanted = and_(
            recordings.c.pbx == pbx,
            recordings.c.ended_at <= self._now() - keep_days * _DAY,
            recordings.c.state.in_([state.value for state in (*KEPT, State.DELETING)]),
        )
        return await self._read(select(recordings).where(wanted).order_by(recordings.c.ended_at, recordings.c.path))

    async def held(self) -> frozenset[CallId]:
        """The calls under hold, by every id they have."""
        async with self.database.reading() as connection:
            return await _held(connection)

    async def claim(self, wanted: Sequence[Kept], certificate: int) -> Sequence[Kept]:
        """Mark these for deletion by the run that writes this certificate; returns those that are not held, and have
        not changed since they were read. From here on no hold can be laid on them."""
        claimed = []
        async with self.database.writing() as connection:
            held = await _held(connection)
            for kept in wanted:
                if kept.case.call_id in held:
                    continue
                this = and_(_is(kept.case.pbx, kept.case.path), recordings.c.state == kept.fate.state.value)
                values = {"state": State.DELETING.value, "certificate": certificate}
                if (await connection.execute(update(recordings).where(this).values(**values))).rowcount:
                    claimed.append(kept)
        return claimed

    async def claimed(self, pbx: PbxName) -> Sequence[Kept]:
        """Those that a run marked and did not come to delete."""
        wanted = and_(recordings.c.pbx == pbx, recordings.c.state == State.DELETING.value)
        return await self._read(select(recordings).where(wanted).order_by(recordings.c.path))

    async def deleted(self, gone: Iterable[Kept]) -> None:
        """These files are no more."""
        await self._end(gone, State.DELETED, self._now())

    async def not_deleted(self, left: Iterable[Kept]) -> None:
        """These could not be deleted, or no certificate names them: they are kept, and looked at anew."""
        await self._end(left, State.PENDING, None)

    async def _end(self, kept: Iterable[Kept], state: State, at: Micros | None) -> None:
        rows = [{"of_pbx": each.case.pbx, "of_path": each.case.path} for each in kept]
        if not rows:
            return
        this = and_(recordings.c.pbx == bindparam("of_pbx"), recordings.c.path == bindparam("of_path"))
        values: dict[str, Any] = {"state": state.value, "deleted_at": at}
        if at is None:
            values |= {"certificate": None, "checked_at": 0}
        async with self.database.writing() as connection:
            await connection.execute(update(recordings).where(this).values(**values), rows)


def _worded(reason: str) -> None:
    if not reason.strip() or len(reason) > NOTE_LIMIT:
        raise RecordingError(f"A hold needs a reason of 1 to {NOTE_LIMIT} characters, for whoever asks later.")


def _is(pbx: str, path: str) -> ColumnElement[bool]:
    return and_(recordings.c.pbx == pbx, recordings.c.path == path)


def _filters(query: RecordingQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if query.since is not None:
        wanted.append(recordings.c.ended_at >= query.since)
    if query.until is not None:
        wanted.append(recordings.c.ended_at < query.until)
    if query.states:
        wanted.append(recordings.c.state.in_([state.value for state in query.states]))
    if query.call_id is not None:
        wanted.append(recordings.c.call_id == query.call_id)
    return wanted


async def _row(connection: AsyncConnection, pbx: str, path: str) -> Mapping[Any, Any] | None:
    return (await connection.execute(select(recordings).where(_is(pbx, path)))).mappings().one_or_none()


async def _mark(connection: AsyncConnection, pbx: str) -> int | None:
    wanted = select(recordings_progress.c.revision).where(recordings_progress.c.pbx == pbx)
    return (await connection.execute(wanted)).scalar_one_or_none()


async def _set_mark(connection: AsyncConnection, pbx: str, revision: int, *, first: bool) -> None:
    if first:
        await connection.execute(insert(recordings_progress).values(pbx=pbx, revision=revision))
    else:
        this = update(recordings_progress).where(recordings_progress.c.pbx == pbx)
        await connection.execute(this.values(revision=revision))


async def _held(connection: AsyncConnection) -> frozenset[CallId]:
    """A hold laid on a call that later became a part of another holds that one."""
    wanted = select(recording_holds.c.call_id).where(recording_holds.c.released_at.is_(None))
    laid = {CallId(row.call_id) for row in await connection.execute(wanted)}
    joined = aliases.join(recording_holds, recording_holds.c.call_id == aliases.c.alias)
    roots = select(aliases.c.call_id).select_from(joined).where(recording_holds.c.released_at.is_(None))
    return frozenset(laid | {CallId(row.call_id) for row in await connection.execute(roots)})


async def _same(connection: AsyncConnection, call_id: CallId) -> list[CallId]:
    """All ids of this call."""
    wanted = select(aliases.c.alias).where(aliases.c.call_id == call_id)
    return [call_id, *(CallId(row.alias) for row in await connection.execute(wanted))]
