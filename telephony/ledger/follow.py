"""From what changed on record to the ledger's facts: the one way by which calls come into the ledger.

Whatever is told again changes nothing more. All of it happens in one transaction with the mark of how far the records
have been followed, so a kill loses nothing and repeats nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import structlog
from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from telephony.ledger import missed, rows
from telephony.ledger.attempts import Attempt, ended
from telephony.ledger.entry import Answered, Entry, Fact, Missed, MissedCall
from telephony.ledger.refold import Around, Touched, refold
from telephony.ledger.rows import CLOSE, REOPEN, KnownCall
from telephony.ledger.schema import ledger_attempts, ledger_calls, ledger_commands, ledger_entries, ledger_progress
from telephony.ledger.terms import CallerKey, EntryId
from telephony.model.ids import CallId, Micros
from telephony.numbers.kinds import Rules
from telephony.records.feed import CallChange, read_changes
from telephony.records.record import CallRecord

log = structlog.get_logger(__name__)

SOURCE = "records"
_IDS_AT_ONCE = 5_000
"""Below the number of variables that a statement may have."""


class Following(msgspec.Struct, frozen=True):
    """``where`` names the database in errors; ``rules``: how the site understands numbers; ``now`` is the time that a
    correction is noted at."""

    where: str
    rules: Rules
    now: Micros
    short_ms: int


async def follow(connection: AsyncConnection, limit: int, following: Following) -> int:
    """Take in up to ``limit`` changes of the records; returns how many there were."""
    done = await followed(connection)
    changes = await read_changes(connection, done or 0, limit, following.where)
    if changes:
        batch = await _Batch.read(connection, changes, following)
        for change in changes:
            batch.take(change)
        await batch.write(connection)
        await refold(connection, batch.touched, Around(following.where, following.rules))
        await mark(connection, changes[-1].revision, first=done is None)
    return len(changes)


async def followed(connection: AsyncConnection, source: str = SOURCE) -> int | None:
    """How far what comes from this source was taken in; None: not at all."""
    of_source = select(ledger_progress.c.revision).where(ledger_progress.c.source == source)
    revision: int | None = (await connection.execute(of_source)).scalar_one_or_none()
    return revision


async def mark(connection: AsyncConnection, revision: int, *, first: bool, source: str = SOURCE) -> None:
    """Note how far that is now."""
    if first:
        await connection.execute(insert(ledger_progress).values(source=source, revision=revision))
    else:
        this = update(ledger_progress).where(ledger_progress.c.source == source)
        await connection.execute(this.values(revision=revision))


class _Batch:
    """What the ledger holds of the calls of one batch, and what the batch makes of it."""

    def __init__(self, following: Following) -> None:
        self.following = following
        self.known: dict[CallId, KnownCall] = {}
        self.before: dict[CallId, KnownCall] = {}
        self.attempts: dict[str, Attempt] = {}  # by Uniqueid
        self.ended: dict[str, Attempt] = {}
        self.closed_by: defaultdict[CallId, list[Entry]] = defaultdict(list)
        self.decided: Mapping[CallerKey, int] = {}
        self.callers: set[str] = set()  # of those in the batch, who are in the ledger
        self.next = EntryId(1)
        self.touched: defaultdict[CallerKey, Touched] = defaultdict(Touched)

    @classmethod
    async def read(cls, connection: AsyncConnection, changes: Sequence[CallChange], following: Following) -> "_Batch":
        batch = cls(following)
        records = [change.record for change in changes if change.record is not None]
        ids = {change.call_id for change in changes} | {alias for record in records for alias in record.aliases}
        where = following.where
        for row in await _in(connection, ledger_calls, "call_id", ids):
            batch.known[row.call_id] = rows.known_call(row, where)
        for row in await _in(connection, ledger_entries, "closed_call", ids):
            batch.closed_by[row.closed_call].append(rows.entry_of(row.body, where))
        uniqueids = {uniqueid for record in records for uniqueid in record.uniqueids}
        for row in await _in(connection, ledger_attempts, "uniqueid", uniqueids):
            batch.attempts[row.uniqueid] = rows.attempt_of(row, where)
        batch.before = dict(batch.known)
        callers = {missed.caller_key(record, following.rules) for record in records}
        batch.callers = {row.caller for row in await _in(connection, ledger_entries, "caller", callers)}
        batch.decided = await _decided(connection, callers)
        highest = (await connection.execute(select(func.max(ledger_calls.c.number)))).scalar_one()
        batch.next = EntryId((highest or 0) + 1)
        return batch

    def take(self, change: CallChange) -> None:
        for entry in self.closed_by.get(change.call_id, ()):
            self.touched[entry.caller].change(entry.first.at)
        if change.damage:
            log.error("the missed-call ledger cannot read a record", call=change.call_id, reason=change.damage)
        elif change.record is None:
            self._withdraw(change.call_id, None)
        else:
            self._take(change.record)

    def _take(self, record: CallRecord) -> None:
        for alias in record.aliases:
            self._withdraw(alias, record.call_id)
        for uniqueid in record.uniqueids:
            if uniqueid in self.attempts:
                self._end(self.attempts[uniqueid], record)
        if missed.is_missed(record):
            self._miss(record)
            return
        self._withdraw(record.call_id, record.call_id)
        caller = missed.caller_key(record, self.following.rules)
        if record.answered_at is not None and missed.is_answered(record) and caller in self.callers:
            self._tell(caller, Answered(record.answered_at, record.call_id))

    def _tell(self, caller: CallerKey, fact: Fact) -> None:
        self.touched[caller].facts.append(fact)

    def _miss(self, record: CallRecord) -> None:
        known = self.known.get(record.call_id)
        if known is None:
            call = self._missed_call(record, self.next)
            self.next = EntryId(self.next + 1)
            self.known[call.call_id] = KnownCall(call=call, at=self._place(call), entry=None)
            self._tell(call.caller, Missed(self.known[call.call_id].at, call))
            return
        call = self._missed_call(record, known.call.number)
        if call != known.call or known.withdrawn_at is not None:
            at = known.at if call.received_at == known.call.received_at else self._place(call)
            self._change(known, KnownCall(call=call, at=at, entry=known.entry))

    def _missed_call(self, record: CallRecord, number: EntryId) -> MissedCall:
        return missed.missed_call(record, number, self.following.rules, self.following.short_ms)

    def _place(self, call: MissedCall) -> Micros:
        """Behind whatever a person has closed of this caller: nobody can have meant a call not yet heard of. And
        behind what was reopened since, which it belongs to."""
        return Micros(max(call.received_at, self.decided.get(call.caller, -1) + 1))

    def _withdraw(self, call_id: CallId, by: CallId | None) -> None:
        known = self.known.get(call_id)
        if known is None or (known.withdrawn_at is not None and (by is None or by == known.withdrawn_by)):
            return
        since = known.withdrawn_at or self.following.now
        self._change(known, msgspec.structs.replace(known, withdrawn_at=since, withdrawn_by=by))

    def _change(self, old: KnownCall, new: KnownCall) -> None:
        self.known[new.call.call_id] = new
        self.touched[old.call.caller].change(old.at)
        self.touched[new.call.caller].change(new.at)

    def _end(self, attempt: Attempt, record: CallRecord) -> None:
        now = ended(attempt, record)
        if now == attempt:
            return
        assert now.ended_place is not None
        self.attempts[attempt.uniqueid] = self.ended[attempt.uniqueid] = now
        if attempt.ended_place is None:
            self._tell(attempt.caller, rows.end_of(now, now.ended_place))
        else:
            self.touched[attempt.caller].change(min(attempt.ended_place, now.ended_place))

    async def write(self, connection: AsyncConnection) -> None:
        changed = [known for call_id, known in self.known.items() if self.before.get(call_id) != known]
        new = [rows.call_row(known) for known in changed if known.call.call_id not in self.before]
        again = [rows.call_row(known) for known in changed if known.call.call_id in self.before]
        if new:
            await connection.execute(insert(ledger_calls), new)
        if again:
            this = update(ledger_calls).where(ledger_calls.c.call_id == bindparam("which"))
            await connection.execute(this, [{**row, "which": row["call_id"]} for row in again])
        for attempt in self.ended.values():
            await write_attempt(connection, attempt)


async def write_attempt(connection: AsyncConnection, attempt: Attempt) -> None:
    """Replace the row of a known attempt."""
    this = update(ledger_attempts).where(ledger_attempts.c.number == attempt.number)
    await connection.execute(this, dict(rows.attempt_row(attempt)))


async def _in(connection: AsyncConnection, table: Any, column: str, values: Iterable[str]) -> list[Any]:
    """The rows of ``table`` whose ``column`` is one of ``values``."""
    wanted = sorted(values)
    found: list[Any] = []
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        some = table.c[column].in_(wanted[start : start + _IDS_AT_ONCE])
        found += (await connection.execute(select(table).where(some))).all()
    return found


async def _decided(connection: AsyncConnection, callers: Iterable[CallerKey]) -> dict[CallerKey, int]:
    """Where each caller's last closing or reopening by a person stands in the order."""
    told = await _in(connection, ledger_commands, "caller", callers)
    found = [row for row in told if row.kind in (CLOSE, REOPEN)]
    return {row.caller: row.at for row in sorted(found, key=lambda row: row.at)}
