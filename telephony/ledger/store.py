"""The missed-call ledger in the database: every unanswered call of a citizen, who owns it, and what became of it.

It follows the records by itself (``catch_up``); before each command it does so too, so that nobody acts upon what the
records know better. Nothing is closed but by a fact or a person, and the entry says which.
"""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Select, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from telephony.database.database import Database
from telephony.directory.store import AgentStore
from telephony.errors import LedgerError
from telephony.ledger import missed, rows
from telephony.ledger.attempts import Attempt, failed, uniqueid_of
from telephony.ledger.entry import Entry, Fact
from telephony.ledger.follow import Following, follow, followed, write_attempt
from telephony.ledger.query import PAGE_LIMIT, Detail, EntryQuery, Listed
from telephony.ledger.refold import Around, Touched, last_entry, refold
from telephony.ledger.rekey import is_of_now, rekey
from telephony.ledger.rows import ASSIGN, CLOSE, REOPEN, Command
from telephony.ledger.said import who, words
from telephony.ledger.schema import ledger_attempts, ledger_calls, ledger_commands, ledger_entries
from telephony.ledger.terms import BY_HAND, AttemptId, AttemptOutcome, CloseReason, EntryId, EntryState
from telephony.model.ids import MemberName, Micros, PbxName, Uniqueid
from telephony.numbers.kinds import Rules
from telephony.numbers.sought import Sought
from telephony.records.feed import newest_revision
from telephony.records.schema import calls

_BATCH = 200
"""Changes of records taken in by one transaction: some 50 ms, in which nobody else can write."""
_SHOWN_CALLS = 100
_HIGHEST = 2**31 - 1
"""What the database's numbers can hold."""


def _listed() -> Select[Any]:
    """Entries, each with how often somebody tried to call back, and what became of the last try."""
    tries = select(
        ledger_attempts.c.entry, func.count().label("count"), func.max(ledger_attempts.c.number).label("last")
    )
    tried = tries.group_by(ledger_attempts.c.entry).subquery()
    last = ledger_attempts.alias("last")
    joined = ledger_entries.outerjoin(tried, tried.c.entry == ledger_entries.c.number)
    listed = select(ledger_entries.c.body, tried.c.count, last.c.outcome)
    listed = listed.select_from(joined.outerjoin(last, last.c.number == tried.c.last))
    return listed.order_by(ledger_entries.c.opened_at, ledger_entries.c.number)


_LISTED = _listed()
"""Made once: it is asked at every call."""


def _now() -> Micros:
    return Micros(time.time_ns() // 1_000)


class CallOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Who is to call back, by whose order, over which trunks the site has. ``key`` names the order: given twice it is
    one."""

    agent: MemberName
    by: str
    key: str
    pbx: PbxName
    trunks: tuple[str, ...]


class Begun(NamedTuple):
    """A try on record; ``new`` only for who made it: nobody else may send anything for it."""

    attempt: Attempt
    new: bool


class Ledger:
    """Several processes may use it at once. Raises LedgerError for what is refused, StoreError as the database does.

    ``rules``: how the site understands numbers, the same for all who use it. ``short_ms``: who gives up within this
    time is marked. ``now`` tells the time of commands.
    """

    def __init__(
        self,
        database: Database,
        rules: Rules,
        *,
        short_ms: int = missed.SHORT_ABANDON_MS,
        now: Callable[[], Micros] = _now,
    ) -> None:
        self.database = database
        self._around = Around(database.place, rules)
        self._short_ms = short_ms
        self._now = now

    # --- following the records --------------------------------------------------------------------------------

    async def catch_up(self) -> int:
        """Take in all that changed on record since the last time. Returns how many calls that were."""
        done = 0
        while await self._is_behind():
            async with self.database.writing() as connection:
                done += await self._follow(connection)
        return done

    async def _is_behind(self) -> bool:
        async with self.database.reading() as connection:
            is_behind = await newest_revision(connection) > (await followed(connection) or 0)
            return is_behind or not await is_of_now(connection, self._around.rules)

    async def _follow(self, connection: AsyncConnection) -> int:
        place, rules = self._around
        await rekey(connection, self._around)
        return await follow(connection, _BATCH, Following(place, rules, self._now(), self._short_ms))

    async def _up_to_date(self, connection: AsyncConnection) -> None:
        while await self._follow(connection) == _BATCH:
            pass

    # --- reading ----------------------------------------------------------------------------------------------

    async def entries(self, query: EntryQuery) -> Sequence[Listed]:
        """The entries asked for, the oldest first."""
        if not 1 <= query.limit <= PAGE_LIMIT:
            raise LedgerError(f"A list holds 1 to {PAGE_LIMIT} entries, not {query.limit}.")
        statement = _LISTED.where(*_filters(query))
        async with self.database.reading() as connection:
            found = (await connection.execute(statement.limit(query.limit))).all()
        place = self.database.place
        return [
            Listed(rows.entry_of(body, place), count or 0, AttemptOutcome(outcome) if outcome else None)
            for body, count, outcome in found
        ]

    async def every_entry(self, since: Micros | None, until: Micros | None) -> AsyncIterator[Entry]:
        """All entries opened in this time, closed ones too, page by page."""
        number = 0
        while True:
            page = select(ledger_entries.c.number, ledger_entries.c.body).where(
                *_filters(EntryQuery(states=tuple(EntryState), since=since, until=until)),
                ledger_entries.c.number > number,
            )
            async with self.database.reading() as connection:
                found = (await connection.execute(page.order_by(ledger_entries.c.number).limit(PAGE_LIMIT))).all()
            for _, body in found:
                yield rows.entry_of(body, self.database.place)
            if len(found) < PAGE_LIMIT:
                return
            number = found[-1].number

    async def detail(self, number: EntryId) -> Detail:
        """One entry, by its number or that of any of its calls."""
        async with self.database.reading() as connection:
            entry = await self._entry(connection, number)
            mine = select(ledger_calls).where(ledger_calls.c.entry == entry.number)
            if entry.closed is None or entry.closed.reason is not CloseReason.TURNED_OUT:
                mine = mine.where(ledger_calls.c.withdrawn_at.is_(None))
            calls = await connection.execute(mine.order_by(ledger_calls.c.at.desc()).limit(_SHOWN_CALLS))
            known = [rows.known_call(row, self.database.place).call for row in calls]
            attempts = await self._attempts(connection, ledger_attempts.c.entry == entry.number)
            orders = select(ledger_commands).where(ledger_commands.c.entry == entry.number)
            commands = await connection.execute(orders.order_by(ledger_commands.c.number))
            return Detail(entry, tuple(reversed(known)), tuple(attempts), tuple(map(rows.command_of, commands)))

    async def owner(self, number: EntryId) -> MemberName | None:
        """Whose an entry is; None when it is open and nobody's. Raises LedgerError when it is closed without one."""
        async with self.database.reading() as connection:
            entry = await self._entry(connection, number)
        if entry.owner is None:
            _check_open(entry)
        return entry.owner

    async def attempts(self, since: Micros, until: Micros) -> Sequence[Attempt]:
        """The tries that were begun in this time."""
        within = (ledger_attempts.c.said_at >= since) & (ledger_attempts.c.said_at < until)
        async with self.database.reading() as connection:
            return await self._attempts(connection, within)

    async def attempts_under_way(self) -> Sequence[Attempt]:
        """The tries whose outcome is not known yet."""
        async with self.database.reading() as connection:
            return await self._attempts(connection, ledger_attempts.c.outcome.is_(None))

    async def _attempts(self, connection: AsyncConnection, where: ColumnElement[bool]) -> list[Attempt]:
        found = await connection.execute(select(ledger_attempts).where(where).order_by(ledger_attempts.c.number))
        return [rows.attempt_of(row, self.database.place) for row in found]

    async def _entry(self, connection: AsyncConnection, number: EntryId) -> Entry:
        for entry in await self._found(connection, number) if 0 < number <= _HIGHEST else ():
            return entry
        raise LedgerError(f"There is no entry {number} in the missed-call ledger. `zhitong missed list` shows them.")

    async def _found(self, connection: AsyncConnection, number: EntryId) -> list[Entry]:
        """By its own number, then by that of one of its calls."""
        of_call = select(ledger_calls.c.entry).where(ledger_calls.c.number == number)
        either = (ledger_entries.c.number == number) | (ledger_entries.c.number.in_(of_call))
        found = (await connection.execute(select(ledger_entries.c.body).where(either))).scalars().all()
        entries = [rows.entry_of(body, self.database.place) for body in found]
        return sorted(entries, key=lambda entry: entry.number != number)

    # --- commands ---------------------------------------------------------------------------------------------

    async def assign(self, number: EntryId, agent: MemberName, by: str) -> Entry:
        """From now on ``agent`` owns it."""
        await self._check_agent(agent)
        return await self._command(number, by, ASSIGN, agent=agent)

    async def close(self, number: EntryId, reason: CloseReason, by: str, note: str = "") -> Entry:
        """Close it by hand, for one of the reasons a person may give; *other* needs a note."""
        if reason not in BY_HAND:
            raise LedgerError(f"{reason.value} is found, not claimed. Give one of: {', '.join(BY_HAND)}.")
        if reason is CloseReason.OTHER and not note.strip():
            raise LedgerError("To close an entry for another reason, say which in a note.")
        return await self._command(number, by, CLOSE, reason=reason, note=note)

    async def reopen(self, number: EntryId, by: str, note: str) -> Entry:
        """Take back its closing, for the reason in ``note``: its caller is owed a call back again."""
        if not note.strip():
            raise LedgerError("To reopen an entry, say why in a note.")
        return await self._command(number, by, REOPEN, note=note)

    async def _check_agent(self, agent: MemberName) -> None:
        if not agent.isprintable() or await AgentStore(self.database).get(agent) is None:
            raise LedgerError(f"There is no agent {agent}. `zhitong agents list` shows them.")

    async def _command(
        self,
        number: EntryId,
        by: str,
        kind: str,
        *,
        agent: MemberName | None = None,
        reason: CloseReason | None = None,
        note: str = "",
    ) -> Entry:
        said_by, note = who(by), words(note)
        await self.catch_up()  # mostly all of it; what comes in between is taken in with the command
        async with self.database.writing() as connection:
            entry = await (self._closed_entry if kind == REOPEN else self._open_entry)(connection, number)
            command = Command(
                number=await _next(connection, ledger_commands.c.number),
                caller=entry.caller,
                entry=entry.number,
                kind=kind,
                at=await _behind_its_closing(connection, entry),
                said_at=self._now(),
                said_by=said_by,
                agent=agent,
                reason=reason,
                note=note,
            )
            await connection.execute(insert(ledger_commands), [rows.command_row(command)])
            return await self._fold(connection, entry, command.fact())

    async def _open_entry(self, connection: AsyncConnection, number: EntryId) -> Entry:
        await self._up_to_date(connection)
        entry = await self._entry(connection, number)
        _check_open(entry)
        return entry

    async def _closed_entry(self, connection: AsyncConnection, number: EntryId) -> Entry:
        """One whose closing can be taken back: the caller's last."""
        await self._up_to_date(connection)
        entry = await self._entry(connection, number)
        last = await last_entry(connection, entry.caller, self.database.place)
        if entry.closed is None:
            raise LedgerError(f"Entry {entry.number} is not closed.")
        if last is not None and last.number != entry.number:
            raise LedgerError(f"The caller of entry {entry.number} has a later one, {last.number}: go on with that.")
        if entry.closed.reason is CloseReason.TURNED_OUT:
            raise LedgerError(f"The call of entry {entry.number} had been answered: there is nothing to call back for.")
        return entry

    async def _fold(self, connection: AsyncConnection, entry: Entry, fact: Fact) -> Entry:
        await refold(connection, {entry.caller: Touched([fact])}, self._around)
        return await self._entry(connection, entry.number)

    # --- calling back -----------------------------------------------------------------------------------------

    async def begin_call(self, number: EntryId, order: CallOrder) -> Begun:
        """Note a try before anything is sent, so that it is known whatever happens then. An order given again (by its
        key) returns the try there is."""
        order = msgspec.structs.replace(order, by=who(order.by))
        await self.catch_up()
        async with self.database.writing() as connection:
            for attempt in await self._attempts(connection, ledger_attempts.c.key == order.key):
                return Begun(attempt, new=False)
            entry = await self._open_entry(connection, number)
            await self._check_callable(connection, entry, order)
            attempt = await self._new_attempt(connection, entry, order)
            await connection.execute(insert(ledger_attempts), [rows.attempt_row(attempt)])
            await self._fold(connection, entry, rows.facts_of(attempt)[0])
            return Begun(attempt, new=True)

    async def _check_callable(self, connection: AsyncConnection, entry: Entry, order: CallOrder) -> None:
        if not missed.can_be_called(entry.latest.caller_number):
            raise LedgerError(f"The caller of entry {entry.number} withheld the number: there is nobody to call.")
        if entry.state is EntryState.CALLING:
            raise LedgerError(f"Entry {entry.number} is being called back right now (attempt {entry.calling}).")
        if entry.latest.trunk not in order.trunks:
            raise LedgerError(f"The trunk {entry.latest.trunk!r} that the call came from is not in site.toml any more.")
        busy = (ledger_attempts.c.agent == order.agent) & ledger_attempts.c.outcome.is_(None)
        for attempt in await self._attempts(connection, busy):
            raise LedgerError(f"Agent {order.agent} is calling back entry {attempt.entry} right now.")

    async def _new_attempt(self, connection: AsyncConnection, entry: Entry, order: CallOrder) -> Attempt:
        number = AttemptId(await _next(connection, ledger_attempts.c.number))
        now = self._now()
        return Attempt(
            number=number,
            key=order.key,
            entry=entry.number,
            caller=entry.caller,
            agent=order.agent,
            by=order.by,
            at=_behind(entry),
            said_at=now,
            trunk=entry.latest.trunk,
            dialled=missed.to_dial(entry.latest),
            uniqueid=uniqueid_of(number, order.pbx, now),
        )

    async def note_answer(self, number: AttemptId, answer: str, why: str) -> None:
        """How the PBX took the command. Says nothing of the calls."""
        async with self.database.writing() as connection:
            for attempt in await self._attempts(connection, ledger_attempts.c.number == number):
                await write_attempt(connection, msgspec.structs.replace(attempt, answer=answer, why=why))

    async def fail_call(self, which: AttemptId | Uniqueid, outcome: AttemptOutcome) -> None:
        """No call came of this try, or none is to be found. Does nothing when its outcome is known; a record that
        comes later corrects it."""
        column = ledger_attempts.c.uniqueid if isinstance(which, str) else ledger_attempts.c.number
        async with self.database.writing() as connection:
            await self._up_to_date(connection)
            for attempt in await self._attempts(connection, column == which):
                if attempt.outcome is None:
                    await self._fail(connection, attempt, outcome)

    async def _fail(self, connection: AsyncConnection, attempt: Attempt, outcome: AttemptOutcome) -> None:
        last = await last_entry(connection, attempt.caller, self.database.place)
        ended = failed(attempt, outcome, _behind(last) if last else attempt.at, self._now())
        assert ended.ended_place is not None
        await write_attempt(connection, ended)
        fact = rows.end_of(ended, ended.ended_place)
        await refold(connection, {attempt.caller: Touched([fact])}, self._around)


def _check_open(entry: Entry) -> None:
    if entry.state is EntryState.CLOSED:
        assert entry.closed is not None
        closed = f"{entry.closed.reason.value}, by {entry.closed.by}"
        raise LedgerError(f"Entry {entry.number} is closed already: {closed}.")


def _behind(entry: Entry) -> Micros:
    """Right behind all that is known of the caller."""
    return Micros(entry.until.at + 1)


async def _behind_its_closing(connection: AsyncConnection, entry: Entry) -> Micros:
    """Behind all that is known, and behind the whole of the call that closed it, if one did: a more complete record may
    move the moment of the answer, and must not close again what was reopened because of it."""
    over = None
    if entry.closed is not None and entry.closed.call is not None:
        end = select(calls.c.ended_at).where(calls.c.call_id == entry.closed.call)
        over = (await connection.execute(end)).scalar_one_or_none()
    return Micros(max(_behind(entry), (over or 0) + 1))


async def _next(connection: AsyncConnection, column: ColumnElement[int]) -> int:
    """The number after the highest. Safe, since one transaction writes at a time."""
    highest: int | None = (await connection.execute(select(func.max(column)))).scalar()
    return (highest or 0) + 1


def _filters(query: EntryQuery) -> list[ColumnElement[bool]]:
    entry = ledger_entries.c
    wanted: list[ColumnElement[bool]] = [entry.state.in_([state.value for state in query.states])]
    if query.owner is not None:
        wanted.append(entry.owner == query.owner)
    if query.caller is not None:
        wanted.append(or_(_is_callers(query.caller), entry.caller_number == query.caller.written[0]))
    if query.since is not None:
        wanted.append(entry.opened_at >= query.since)
    if query.until is not None:
        wanted.append(entry.opened_at < query.until)
    return wanted


def _is_callers(number: Sought) -> ColumnElement[bool]:
    """Whose key is this number's; without an extension, whoever is behind it."""
    caller = ledger_entries.c.caller
    behind = [caller.startswith(f"{key};ext=", autoescape=True) for key in number.keys if number.any_extension]
    return or_(caller.in_(number.keys), *behind)
