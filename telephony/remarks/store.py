"""What people have put down of calls, in the database."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Subquery, bindparam, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from telephony.database.database import Database
from telephony.errors import StoreError
from telephony.model.ids import CallId, Micros, PbxName
from telephony.records.remarked import Remarked
from telephony.records.schema import aliases, calls
from telephony.remarks.remark import Remark, Resolution, remarked
from telephony.remarks.schema import remarks

_IDS_AT_ONCE = 5_000
"""Below the number of variables that a statement may have."""
_ALIASES_OF = select(aliases.c.alias, aliases.c.call_id).where(aliases.c.call_id.in_(bindparam("some", expanding=True)))
_ALL_OF = select(remarks).where(remarks.c.call_id.in_(bindparam("names", expanding=True))).order_by(remarks.c.number)
"""Made once: they are asked at every call, and making a statement costs more than carrying it out."""


def remark_of(body: str) -> Remark:
    """A remark that waited on disk. Raises StoreError."""
    try:
        return msgspec.json.decode(body, type=Remark)
    except (msgspec.MsgspecError, ValueError) as error:
        raise StoreError(
            f"A remark cannot be read ({error}). It was written by a newer program, or damaged."
        ) from error


class Remarks:
    """Of all calls of a site. Raises StoreError as the database does."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def write(self, told: Sequence[Remark]) -> None:
        """Keep all of them or none. Those that are kept already, by their keys, change nothing."""
        async with self.database.writing() as connection:
            known = await _known(connection, [remark.key for remark in told])
            fresh = {remark.key: remark for remark in told if remark.key not in known}
            highest = (await connection.execute(select(func.max(remarks.c.number)))).scalar_one() or 0
            rows = [_row(remark, highest + place) for place, remark in enumerate(fresh.values(), 1)]
            if rows:
                await connection.execute(insert(remarks), rows)

    async def of(self, call_ids: Sequence[CallId]) -> Mapping[CallId, Remarked]:
        """What holds of each of these calls, whatever it was called when somebody said so. Calls of which nobody has
        said anything are left out."""
        told = await self._told(call_ids)
        return {call_id: remarked(each) for call_id, each in told.items()}

    async def history(self, call_id: CallId) -> Sequence[Remark]:
        """All that was ever said of this call, in its order."""
        return (await self._told([call_id])).get(call_id, [])

    async def _told(self, call_ids: Sequence[CallId]) -> Mapping[CallId, list[Remark]]:
        found: defaultdict[CallId, list[Remark]] = defaultdict(list)
        async with self.database.reading() as connection:
            for start in range(0, len(call_ids), _IDS_AT_ONCE):
                some = list(call_ids[start : start + _IDS_AT_ONCE])
                names = {each: {each} for each in some}
                for alias, call_id in await connection.execute(_ALIASES_OF, {"some": some}):
                    names.setdefault(alias, set()).add(call_id)
                for row in (await connection.execute(_ALL_OF, {"names": list(names)})).mappings():
                    for call_id in sorted(names[row["call_id"]]):
                        found[call_id].append(_remark(row))
        return dict(found)


def marked(mark: str) -> ColumnElement[bool]:
    """Of ``calls``: those that are marked so now."""
    told = _by_call(remarks.c.mark)
    last = select(func.max(told.c.number)).group_by(told.c.call_id)
    return calls.c.call_id.in_(select(told.c.call_id).where(told.c.number.in_(last), told.c.mark == mark))


def about(codes: Iterable[str]) -> ColumnElement[bool]:
    """Of ``calls``: those that are about one of these topics, to somebody."""
    told = _by_call(remarks.c.topics)
    last = select(func.max(told.c.number)).group_by(told.c.call_id, told.c.who)
    one_of = or_(*(told.c.topics.contains(f" {code} ", autoescape=True) for code in codes))
    return calls.c.call_id.in_(select(told.c.call_id).where(told.c.number.in_(last), one_of))


def _by_call(spoken_of: ColumnElement[Any]) -> Subquery:
    """The remarks that speak of this, under the id that their call has now."""
    call_id = func.coalesce(aliases.c.call_id, remarks.c.call_id).label("call_id")
    columns = (remarks.c.number, remarks.c.who, remarks.c.mark, remarks.c.topics)
    joined = remarks.outerjoin(aliases, aliases.c.alias == remarks.c.call_id)
    return select(call_id, *columns).select_from(joined).where(spoken_of.is_not(None)).subquery()


async def _known(connection: AsyncConnection, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(keys), _IDS_AT_ONCE):
        some = select(remarks.c.key).where(remarks.c.key.in_(keys[start : start + _IDS_AT_ONCE]))
        found |= set((await connection.execute(some)).scalars())
    return found


def _row(remark: Remark, number: int) -> dict[str, Any]:
    plain = msgspec.structs.asdict(remark)
    codes = None if remark.topics is None else "".join(f" {code} " for code in remark.topics)
    answered = None if remark.answered is None else int(remark.answered)
    return {**plain, "number": number, "topics": codes, "answered": answered, "resolved": _text(remark.resolved)}


def _text(resolved: Resolution | None) -> str | None:
    return None if resolved is None else resolved.value


def _remark(row: Mapping[Any, Any]) -> Remark:
    return Remark(
        key=row["key"],
        call_id=CallId(row["call_id"]),
        pbx=PbxName(row["pbx"]),
        at=Micros(row["at"]),
        who=row["who"],
        by=row["by"],
        note=row["note"],
        topics=None if row["topics"] is None else tuple(row["topics"].split()),
        answered=None if row["answered"] is None else bool(row["answered"]),
        mark=row["mark"],
        resolved=None if row["resolved"] is None else Resolution(row["resolved"]),
    )
