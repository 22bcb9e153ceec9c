"""Limits on numbers, in the database."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import RowMapping, func, insert, select, update

from telephony.database.database import Database
from telephony.limits.limit import Limit
from telephony.limits.schema import limits
from telephony.model.ids import Micros

_FIELDS = Limit.__struct_fields__


class NumberLimits:
    """Of a site. Raises StoreError as the database does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, limit: Limit) -> None:
        """Set it, in place of one that holds for the same number."""
        async with self._database.writing() as connection:
            await connection.execute(_lifting(limit.who, limit.at, limit.by, "replaced"))
            last = (await connection.execute(select(func.max(limits.c.id)))).scalar_one() or 0
            await connection.execute(insert(limits), {"id": last + 1, **msgspec.structs.asdict(limit)})

    async def lift(self, who: str, at: Micros, by: str, reason: str) -> bool:
        """End the one that holds; False when there is none."""
        async with self._database.writing() as connection:
            return (await connection.execute(_lifting(who, at, by, reason))).rowcount > 0

    async def listed(self, now: Micros, *, ended: bool = False) -> Sequence[Limit]:
        """Those that hold, the newest first; with ``ended`` all there ever were."""
        wanted = select(limits).order_by(limits.c.id.desc())
        if not ended:
            wanted = wanted.where(limits.c.lifted_at.is_(None), limits.c.until > now)
        async with self._database.reading() as connection:
            return [_limit(row) for row in (await connection.execute(wanted)).mappings()]

    async def unexpired(self, now: Micros) -> Sequence[Limit]:
        """The last word on each number of which anything that was ever said could still hold."""
        wanted = select(limits).where(limits.c.until > now).order_by(limits.c.id)
        async with self._database.reading() as connection:
            rows = (await connection.execute(wanted)).mappings()
            return list({row["who"]: _limit(row) for row in rows}.values())


def _lifting(who: str, at: Micros, by: str, reason: str) -> Any:
    holding = (limits.c.who == who, limits.c.lifted_at.is_(None), limits.c.until > at)
    return update(limits).where(*holding).values(lifted_at=at, lifted_by=by, lifted_because=reason)


def _limit(row: RowMapping) -> Limit:
    return Limit(**{name: row[name] for name in _FIELDS})
