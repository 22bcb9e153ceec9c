"""The keys of calls that were put on record before there were any.

They are filled in the columns alone: a record says for good what was known of the call when it was made, and the
figures of a day that is over have its digest.
"""

import asyncio
from typing import Any

from sqlalchemy import bindparam, select, update

from telephony.database.database import Database
from telephony.errors import StoreError
from telephony.model.terms import Direction
from telephony.numbers.kinds import Rules
from telephony.numbers.received import normalised
from telephony.records.numbered import is_of_site
from telephony.records.rows import key_column
from telephony.records.schema import calls

BATCH = 1_000
"""Calls of one transaction: some ten milliseconds, in which nobody else can write."""

_PAUSE_S, _REST_S = 0.05, 60.0

_SEEN = (calls.c.call_id, calls.c.caller_number, calls.c.dialled, calls.c.direction, calls.c.trunk)


async def keep_filling(database: Database, rules: Rules) -> None:
    """Until cancelled: the old ones, and whatever comes without a key, such as a backup that is restored."""
    while True:
        try:
            looked_at = await fill_keys(database, rules)
        except StoreError:  # it is away, and whoever needs it more says so
            looked_at = 0
        await asyncio.sleep(_PAUSE_S if looked_at else _REST_S)


async def fill_keys(database: Database, rules: Rules, limit: int = BATCH) -> int:
    """Look at the numbers of up to ``limit`` calls that nobody has looked at, the newest first. Returns how many there
    were; 0: none is left."""
    missing = select(*_SEEN).where(calls.c.caller_key.is_(None)).order_by(calls.c.received_at.desc()).limit(limit)
    async with database.reading() as connection:
        found = (await connection.execute(missing)).all()
    if found:
        this = update(calls).where(calls.c.call_id == bindparam("which"), calls.c.caller_key.is_(None))
        keys: dict[str, Any] = {"caller_key": bindparam("caller"), "dialled_key": bindparam("outside")}
        async with database.writing() as connection:
            await connection.execute(this.values(keys), [_keys(*row, rules=rules) for row in found])
    return len(found)


def _keys(
    call_id: str, caller: str, dialled: str, direction: str, trunk: str, *, rules: Rules
) -> dict[str, str | None]:
    made_by = Direction(direction)
    outside = normalised(dialled, rules) if made_by is Direction.OUTBOUND else None
    return {
        "which": call_id,
        "caller": key_column(normalised(caller, rules, inside=is_of_site(made_by, trunk))),
        "outside": None if outside is None else key_column(outside),
    }
