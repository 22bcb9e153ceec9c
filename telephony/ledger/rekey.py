"""Callers get their keys anew when numbers are understood otherwise than before: by a later program, or at a site that
has told its area code. What was two callers may be one then: their entries are folded anew from their facts.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from telephony.ledger import rows
from telephony.ledger.follow import followed, mark
from telephony.ledger.refold import Around, Touched, refold
from telephony.ledger.schema import ledger_attempts, ledger_calls, ledger_commands, ledger_entries
from telephony.ledger.terms import CallerKey
from telephony.numbers.kinds import Rules
from telephony.numbers.received import normalised

_SOURCE = "numbers"
_READING = 1
"""Which reading of numbers the keys are of; raised with the rules of telephony.numbers."""


def reading(rules: Rules) -> int:
    """One number for all that the keys depend on."""
    return _READING * 10_000 + int(rules.area_code or 0)


async def is_of_now(connection: AsyncConnection, rules: Rules) -> bool:
    """Whether the callers' keys are as ``rules`` understand numbers."""
    return await followed(connection, _SOURCE) == reading(rules)


async def rekey(connection: AsyncConnection, around: Around) -> None:
    """Give every caller the key of now. Repeated, it changes nothing."""
    before = await followed(connection, _SOURCE)
    if before == reading(around.rules):
        return
    told = (await connection.execute(select(ledger_calls.c.caller).distinct())).scalars().all()
    moved = {caller: key for caller in told if (key := _key_of_now(caller, around.rules)) != caller}
    if moved:
        await _move(connection, moved, around)
        await refold(connection, {key: Touched(changed_from=0) for key in set(moved.values())}, around)
    await mark(connection, reading(around.rules), first=before is None, source=_SOURCE)


def _key_of_now(caller: str, rules: Rules) -> CallerKey:
    """A key is a number itself, but for callers who told none."""
    return CallerKey(caller if caller.startswith("call:") else normalised(caller, rules).key or caller)


async def _move(connection: AsyncConnection, moved: Mapping[str, CallerKey], around: Around) -> None:
    for old, new in moved.items():
        await connection.execute(delete(ledger_entries).where(ledger_entries.c.caller == old))
        await connection.execute(update(ledger_commands).where(ledger_commands.c.caller == old).values(caller=new))
        for row in await _of(connection, ledger_calls, old):
            known = rows.known_call(row, around.where)
            call = msgspec.structs.replace(known.call, caller=new)
            await _replace(
                connection, ledger_calls, "call_id", rows.call_row(msgspec.structs.replace(known, call=call))
            )
        for row in await _of(connection, ledger_attempts, old):
            attempt = msgspec.structs.replace(rows.attempt_of(row, around.where), caller=new)
            await _replace(connection, ledger_attempts, "number", rows.attempt_row(attempt))


async def _of(connection: AsyncConnection, table: Table, caller: str) -> Iterable[Any]:
    return (await connection.execute(select(table).where(table.c.caller == caller))).all()


async def _replace(connection: AsyncConnection, table: Table, key: str, row: rows.Row) -> None:
    this = update(table).where(table.c[key] == bindparam("which"))
    await connection.execute(this, [{**row, "which": row[key]}])
