"""What changed on record, for those who build upon the records: the missed-call ledger, and whoever comes next.

Each write leaves, in its own transaction, one row for each call it changed, with a revision higher than all before.
Writers are alone among themselves (``Database.writing``), so revisions become visible in their order, and a reader that
keeps the last revision it has dealt with misses nothing: not after a kill, not after a day of standing still. A call
that changed again has only its last revision: a reader sees what is, not each step on the way.
"""

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from telephony.errors import StoreError
from telephony.model.ids import CallId
from telephony.records.record import CallRecord
from telephony.records.rows import record_of
from telephony.records.schema import call_changes, calls


class CallChange(msgspec.Struct, frozen=True):
    """``record`` is None when there is none under this id any more: it has become a part of another call, whose
    record names it among its aliases. ``damage`` says why a record that is there cannot be read."""

    revision: int
    call_id: CallId
    record: CallRecord | None
    damage: str = ""


async def note_changes(connection: AsyncConnection, call_ids: Iterable[CallId]) -> None:
    """Say, within the transaction that changes them, that these calls changed."""
    changed = list(dict.fromkeys(call_ids))
    if not changed:
        return
    before = await newest_revision(connection)
    gone = delete(call_changes).where(call_changes.c.call_id == bindparam("which"))
    await connection.execute(gone, [{"which": call_id} for call_id in changed])
    rows = [{"call_id": call_id, "revision": before + number} for number, call_id in enumerate(changed, 1)]
    await connection.execute(insert(call_changes), rows)


async def newest_revision(connection: AsyncConnection) -> int:
    """The revision of the last change; 0 before the first."""
    newest = (await connection.execute(select(func.max(call_changes.c.revision)))).scalar_one()
    return int(newest or 0)


async def read_changes(connection: AsyncConnection, after: int, limit: int, place: str) -> Sequence[CallChange]:
    """Up to ``limit`` calls that changed since revision ``after``, in the order of their changes. ``place`` names the
    database in errors."""
    joined = call_changes.outerjoin(calls, calls.c.call_id == call_changes.c.call_id)
    statement = select(call_changes.c.revision, call_changes.c.call_id, calls.c.body).select_from(joined)
    since = statement.where(call_changes.c.revision > after).order_by(call_changes.c.revision).limit(limit)
    found = await connection.execute(since)
    return [_change(revision, call_id, body, place) for revision, call_id, body in found]


def _change(revision: int, call_id: str, body: str | None, place: str) -> CallChange:
    """One damaged record must not keep all later ones from who follows."""
    try:
        return CallChange(revision, CallId(call_id), None if body is None else record_of(body, place))
    except StoreError as error:
        return CallChange(revision, CallId(call_id), None, damage=str(error))
