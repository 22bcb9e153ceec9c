"""From the facts in the database to the entries in the database, one caller at a time.

Mostly a caller's new facts lie behind all that is known, and the last entry goes on from where it stands. Whatever
lies before, or changes what was told, has the entries since then folded anew from their facts.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Table, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from telephony.ledger import rows
from telephony.ledger.entry import Answered, Entry, Fact, Folded, fold, name_of, place
from telephony.ledger.missed import PROMISED
from telephony.ledger.schema import ledger_attempts, ledger_calls, ledger_commands, ledger_entries
from telephony.ledger.terms import CallerKey, EntryId
from telephony.model.ids import CallId, Micros
from telephony.model.terms import Direction, Outcome
from telephony.numbers.kinds import Rules
from telephony.numbers.sought import sought
from telephony.records.numbered import INTERNAL
from telephony.records.schema import calls


@dataclass(slots=True)
class Touched:
    """What is new of one caller: facts that were not known, and from where on known ones have changed."""

    facts: list[Fact] = field(default_factory=list)
    changed_from: int | None = None

    def change(self, at: int) -> None:
        self.changed_from = at if self.changed_from is None else min(self.changed_from, at)


class _Plan(NamedTuple):
    caller: CallerKey
    since: int  # entries that begin from here on are replaced
    folded: Folded
    entries_before: Mapping[str, EntryId | None]  # of the facts, by name


class Around(NamedTuple):
    """``where`` names the database in errors; ``rules`` are those of the site, by which the callers' keys were made."""

    where: str
    rules: Rules


async def refold(connection: AsyncConnection, touched: Mapping[CallerKey, Touched], around: Around) -> None:
    """Bring the entries of these callers up to their facts, which are in their tables already."""
    plans = [plan for caller, news in touched.items() if (plan := await _plan(connection, caller, news, around))]
    for plan in plans:  # all go before any comes: a call may have moved from one caller to another
        gone = (ledger_entries.c.caller == plan.caller) & (ledger_entries.c.first_at >= plan.since)
        await connection.execute(delete(ledger_entries).where(gone))
    for plan in plans:
        if plan.folded.entries:
            await connection.execute(insert(ledger_entries), [rows.entry_row(each) for each in plan.folded.entries])
    await _renumber(connection, plans)


async def last_entry(connection: AsyncConnection, caller: CallerKey, where: str) -> Entry | None:
    """The caller's last entry; the only one that can be open."""
    mine = select(ledger_entries.c.body).where(ledger_entries.c.caller == caller)
    body = (await connection.execute(mine.order_by(ledger_entries.c.first_at.desc()).limit(1))).scalar_one_or_none()
    return None if body is None else rows.entry_of(body, where)


async def _plan(connection: AsyncConnection, caller: CallerKey, news: Touched, around: Around) -> _Plan | None:
    last = await last_entry(connection, caller, around.where)
    if last is not None and news.changed_from is None and all(place(fact) > last.until for fact in news.facts):
        return _Plan(caller, last.first.at, fold(news.facts, last), {})
    since = await _since(connection, caller, news)
    if since is None:
        return None
    facts, before = await _known(connection, caller, since, around.where)
    return _Plan(caller, since, fold([*facts, *await _answers(connection, caller, since, around.rules)]), before)


async def _since(connection: AsyncConnection, caller: CallerKey, news: Touched) -> int | None:
    """Where the entry begins that the earliest change falls into; else where the caller's first missed call stands.
    None when the ledger has never heard of the caller."""
    earliest = min([fact.at for fact in news.facts] + ([] if news.changed_from is None else [news.changed_from]))
    mine = (ledger_entries.c.caller == caller) & (ledger_entries.c.first_at <= earliest)
    of_entry: int | None = (await connection.execute(select(func.max(ledger_entries.c.first_at)).where(mine))).scalar()
    if of_entry is not None:
        return of_entry
    first = select(func.min(ledger_calls.c.at)).where(ledger_calls.c.caller == caller)
    of_call: int | None = (await connection.execute(first)).scalar()
    return None if of_call is None else min(of_call, earliest)


async def _known(
    connection: AsyncConnection, caller: CallerKey, since: int, where: str
) -> tuple[list[Fact], dict[str, EntryId | None]]:
    """The caller's facts in the ledger's own tables from ``since`` on, and the entry each stands under now."""
    facts: list[Fact] = []
    before: dict[str, EntryId | None] = {}
    for row in await _rows(connection, ledger_calls, caller, since):
        facts.append(rows.known_call(row, where).fact())
        before[name_of(facts[-1])] = row.entry
    for row in await _rows(connection, ledger_commands, caller, since):
        facts.append(rows.command_of(row).fact())
        before[name_of(facts[-1])] = row.entry
    for row in await _rows(connection, ledger_attempts, caller, since):
        began, *end = rows.facts_of(rows.attempt_of(row, where))
        before[name_of(began)] = row.entry
        facts += [fact for fact in (began, *end) if fact.at >= since]
    return facts, before


async def _rows(connection: AsyncConnection, table: Table, caller: CallerKey, since: int) -> Iterable[Any]:
    late = table.c.at >= since
    if table is ledger_attempts:
        late = or_(late, table.c.ended_place >= since)
    return await connection.execute(select(table).where(table.c.caller == caller, late))


async def _answers(connection: AsyncConnection, caller: CallerKey, since: int, rules: Rules) -> list[Fact]:
    """The caller's calls that were answered, from the records."""
    number = sought(caller, rules)
    unseen = calls.c.caller_key.is_(None) & calls.c.caller_number.in_(number.written)
    through = select(calls.c.call_id, calls.c.answered_at).where(
        or_(calls.c.caller_key.in_(number.keys), unseen),
        calls.c.direction == Direction.INBOUND.value,
        calls.c.trunk != INTERNAL,
        calls.c.outcome == Outcome.ANSWERED.value,
        calls.c.answered_at >= since,
        # Answered, sent on, and then promised a call-back: that is owed (``missed.is_missed``).
        *(~calls.c.body.contains(f'"promise":"{state}"', autoescape=True) for state in PROMISED),
    )
    return [Answered(Micros(at), CallId(call_id)) for call_id, at in await connection.execute(through)]


_NUMBERED: tuple[tuple[str, Table, str, Callable[[str], Any]], ...] = (
    ("call", ledger_calls, "call_id", str),
    ("command", ledger_commands, "number", int),
    ("attempt", ledger_attempts, "number", int),
)


async def _renumber(connection: AsyncConnection, plans: Iterable[_Plan]) -> None:
    """Write down at each call, command and attempt which entry it belongs to, where that is news."""
    moved = [
        (name, entry)
        for plan in plans
        for name, entry in plan.folded.where.items()
        if plan.entries_before.get(name) != entry
    ]
    for kind, table, column, convert in _NUMBERED:
        told = [
            {"which": convert(name.partition(":")[2]), "now": entry}
            for name, entry in moved
            if name.startswith(f"{kind}:")
        ]
        if told:
            this = update(table).where(table.c[column] == bindparam("which")).values(entry=bindparam("now"))
            await connection.execute(this, told)
