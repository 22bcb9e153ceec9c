"""Call records in the database."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from telephony.database.database import Database
from telephony.errors import StoreError
from telephony.model.ids import CallId, Micros, PbxName
from telephony.numbers.sought import Sought
from telephony.records import rows
from telephony.records.feed import note_changes
from telephony.records.folding import Shelf
from telephony.records.identity import contested, family
from telephony.records.query import PAGE_LIMIT, CallQuery, Cursor, Damaged, Page
from telephony.records.record import CallRecord
from telephony.records.schema import aliases, call_channels, calls, offers

# Below the number of variables a statement may have in SQLite (32,766) and PostgreSQL (32,767).
_IDS_AT_ONCE = 5_000
_BESIDE = (call_channels, offers, aliases)


class Written(msgspec.Struct, frozen=True):
    """What a write changed; a repeat changes nothing."""

    added: int
    changed: int
    folded: int  # records that became part of another call and are gone under their own id


class RecordStore:
    """All call records of a site. Several processes may write and read at the same time.

    Everything raises StoreError when the database cannot do it; StoreUnavailable when trying again may help.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    async def open(cls, url: str, *, create: bool = True) -> "RecordStore":
        """Open the database at ``url`` and bring its schema up to date (see ``Database.open``)."""
        return cls(await Database.open(url, create=create))

    async def close(self) -> None:
        """Close the database."""
        await self.database.close()

    async def write(self, records: Sequence[CallRecord]) -> Written:
        """Write all of ``records`` or none. When it returns they are on disk.

        Idempotent by ``call_id``, and the order does not matter: see ``folding``. A record of another call than the
        one that has its id gets an id of its own: see ``identity``.
        """
        told = [rows.clean(record) for record in records]
        if not told:
            return Written(0, 0, 0)
        async with self.database.writing() as connection:
            stored = await self._concerned(connection, told)
            if contested_ids := contested(told, stored):
                ids = {each for call_id in contested_ids for each in family(call_id)}
                stored += await self._stored(connection, ids - {record.call_id for record in stored})
            shelf = Shelf(stored)
            for record in told:
                shelf.put(record)
            await _apply(connection, shelf)
        added = sum(not shelf.was_stored(key) for key in shelf.changed)
        return Written(added, len(shelf.changed) - added, len(shelf.removed))

    async def _concerned(self, connection: AsyncConnection, told: Iterable[CallRecord]) -> list[CallRecord]:
        """The stored records that share an id or an alias with those told."""
        return await self._stored(connection, {key for record in told for key in (record.call_id, *record.aliases)})

    async def _stored(self, connection: AsyncConnection, keys: Iterable[CallId]) -> list[CallRecord]:
        """The records under these ids, or that have one of them as an alias."""
        found: dict[str, str] = {}
        ids = sorted(keys)
        for start in range(0, len(ids), _IDS_AT_ONCE):
            some = ids[start : start + _IDS_AT_ONCE]
            owners = select(aliases.c.call_id).where(aliases.c.alias.in_(some))
            for where in (calls.c.call_id.in_(some), calls.c.call_id.in_(owners)):
                result = await connection.execute(select(calls.c.call_id, calls.c.body).where(where))
                found.update((key, body) for key, body in result)
        return [self._record(body) for body in found.values()]

    async def get(self, key: str) -> CallRecord | None:
        """The call with this CallId, alias or Uniqueid, tried in that order; the latest when there are
        several.
        """
        by_alias = select(aliases.c.call_id).where(aliases.c.alias == key)
        by_channel = select(call_channels.c.call_id).where(call_channels.c.uniqueid == key)
        async with self.database.reading() as connection:
            for where in (calls.c.call_id == key, calls.c.call_id.in_(by_alias), calls.c.call_id.in_(by_channel)):
                newest = select(calls.c.body).where(where).order_by(calls.c.received_at.desc(), calls.c.call_id)
                body = (await connection.execute(newest.limit(1))).scalar_one_or_none()
                if body is not None:
                    return self._record(body)
        return None

    async def find(self, query: CallQuery, *also: ColumnElement[bool]) -> Page:
        """One page of the calls asked for, in order of (received_at, call_id), newest first unless asked
        otherwise. A record that cannot be read is among the page's ``damaged``. ``also``: what else must hold of
        ``calls``, by tables of those who keep something beside the records.
        """
        if not 1 <= query.limit <= PAGE_LIMIT:
            raise StoreError(f"A page holds 1 to {PAGE_LIMIT} calls, not {query.limit}. Ask for more pages instead.")
        columns = (calls.c.call_id, calls.c.received_at, calls.c.pbx, calls.c.body)
        statement = _ordered(select(*columns).where(*also), query).limit(query.limit + 1)
        async with self.database.reading() as connection:
            found = (await connection.execute(statement)).all()
        page = found[: query.limit]
        read = [self._readable(row) for row in page]
        return Page(
            records=tuple(each for each in read if isinstance(each, CallRecord)),
            next=Cursor(page[-1].received_at, page[-1].call_id) if len(found) > query.limit else None,
            damaged=tuple(each for each in read if isinstance(each, Damaged)),
        )

    def _readable(self, row: Row[Any]) -> CallRecord | Damaged:
        try:
            return self._record(row.body)
        except StoreError as error:
            return Damaged(CallId(row.call_id), Micros(row.received_at), PbxName(row.pbx), str(error.__cause__))

    async def stream(self, query: CallQuery, damaged: list[Damaged] | None = None) -> AsyncIterator[CallRecord]:
        """All calls asked for, page by page, so that no transaction stays open however slow the reader is. Those that
        cannot be read are put into ``damaged``; without it they raise StoreError.
        """
        more: CallQuery | None = query
        while more is not None:
            page = await self.find(more)
            if page.damaged and damaged is None:
                raise StoreError(str(page.damaged[0]))
            if damaged is not None:
                damaged.extend(page.damaged)
            for record in page.records:
                yield record
            more = msgspec.structs.replace(query, after=page.next) if page.next else None

    async def count(self, query: CallQuery | None = None) -> int:
        """How many calls there are of those asked for; limit and cursor do not matter."""
        statement = select(func.count()).select_from(calls).where(*_filters(query or CallQuery()))
        async with self.database.reading() as connection:
            return int((await connection.execute(statement)).scalar_one())

    async def latest_received_at(self) -> Micros | None:
        """When the latest call on record was received."""
        async with self.database.reading() as connection:
            latest: Micros | None = (await connection.execute(select(func.max(calls.c.received_at)))).scalar_one()
        return latest

    def _record(self, body: str) -> CallRecord:
        return rows.record_of(body, self.database.place)


def _filters(query: CallQuery) -> list[ColumnElement[bool]]:
    equal = {
        calls.c.agent: query.agent,
        calls.c.queue: query.queue,
        calls.c.outcome: query.outcome.value if query.outcome else None,
    }
    wanted: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
    if query.caller is not None:
        wanted.append(_is_callers(query.caller))
    if query.refused_out:
        wanted.append(calls.c.body.contains('"refused_out":[{', autoescape=True))
    if query.since is not None:
        wanted.append(calls.c.received_at >= query.since)
    if query.until is not None:
        wanted.append(calls.c.received_at < query.until)
    return wanted


def _is_callers(number: Sought) -> ColumnElement[bool]:
    """Whose key is this number's; without an extension, whoever is behind it. ``caller_key`` is in the order of its
    bytes, where ``<`` follows ``;``. A question for each index, or the database would walk through all calls."""
    key, written = calls.c.caller_key, calls.c.caller_number
    wanted: list[ColumnElement[bool]] = [key.in_(number.keys)]
    wanted += [(key > f"{each};") & (key < f"{each}<") for each in number.keys if number.any_extension]
    wanted.append(key.is_(None) & written.in_(number.written))  # nobody has looked at the number as yet
    wanted.append((key == "") & (written == number.written[0]))  # it is none
    return calls.c.call_id.in_(union_all(*(select(calls.c.call_id).where(each) for each in wanted)))


def _ordered(statement: Select[Any], query: CallQuery) -> Select[Any]:
    order = tuple_(calls.c.received_at, calls.c.call_id)
    statement = statement.where(*_filters(query))
    if query.after is not None:
        here = tuple_(literal(query.after.received_at), literal(query.after.call_id))
        statement = statement.where(order > here if query.oldest_first else order < here)
    columns = (calls.c.received_at, calls.c.call_id)
    return statement.order_by(*(c.asc() if query.oldest_first else c.desc() for c in columns))


async def _apply(connection: AsyncConnection, shelf: Shelf) -> None:
    changed = shelf.changed
    old = [key for key in changed if shelf.was_stored(key)] + sorted(shelf.removed)
    await _forget(connection, _BESIDE, old)
    await _forget(connection, [calls], sorted(shelf.removed))
    added = [rows.call_row(record) for key, record in changed.items() if not shelf.was_stored(key)]
    again = [rows.call_row(record) for key, record in changed.items() if shelf.was_stored(key)]
    if added:
        await connection.execute(insert(calls), added)
    if again:
        this = update(calls).where(calls.c.call_id == bindparam("which"))
        await connection.execute(this, [{**row, "which": row["call_id"]} for row in again])
    await note_changes(connection, [*changed, *sorted(shelf.removed)])
    for table, make in ((call_channels, rows.channel_rows), (offers, rows.offer_rows), (aliases, rows.alias_rows)):
        if made := [row for record in changed.values() for row in make(record)]:
            await connection.execute(insert(table), made)


async def _forget(connection: AsyncConnection, tables: Iterable[Table], call_ids: Sequence[CallId]) -> None:
    for table in tables:
        if call_ids:
            gone = delete(table).where(table.c.call_id == bindparam("which"))
            await connection.execute(gone, [{"which": call_id} for call_id in call_ids])
