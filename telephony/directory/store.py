"""Agents in the database."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from telephony.database.database import Database
from telephony.directory.agents import Agent, QueueMembership
from telephony.directory.changes import Changes, changes_between
from telephony.directory.schema import agent_queues, agents, departments, specialists
from telephony.errors import DirectoryError
from telephony.model.ids import MemberName, QueueName

_COLUMNS = ("number", "name", "phone", "profile", "auto_answer")


class AgentStore:
    """The agents of a site. Raises StoreError when the database cannot be used."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def list(self) -> list[Agent]:
        """All agents, by number."""
        async with self.database.reading() as connection:
            return await _all(connection)

    async def get(self, number: MemberName) -> Agent | None:
        """One agent, or None if the number is nobody's."""
        async with self.database.reading() as connection:
            found = await _all(connection, number)
        return found[0] if found else None

    async def plan(self, wanted: Iterable[Agent], *, replace: bool = False) -> Changes:
        """What ``import_agents`` would do, without doing it. Raises DirectoryError as it would."""
        return changes_between(await self.list(), wanted, replace=replace)

    async def import_agents(self, wanted: Iterable[Agent], *, replace: bool = False) -> Changes:
        """Add and change agents so that the directory has ``wanted``; with ``replace``, nobody else.

        All or nothing, in one transaction with the comparison. To undo it, import what ``list`` gave
        before, with ``replace``. Raises DirectoryError (see ``changes_between``), also when a new number is a code of
        a department or a specialist; then nothing is changed.
        """
        async with self.database.writing() as connection:
            changes = changes_between(await _all(connection), wanted, replace=replace)
            await _refuse_codes(connection, changes)
            await _apply(connection, changes)
        return changes


async def _all(connection: AsyncConnection, number: MemberName | None = None) -> list[Agent]:
    people = select(agents).order_by(agents.c.number)
    queues = select(agent_queues).order_by(agent_queues.c.sequence)
    if number is not None:
        people = people.where(agents.c.number == number)
        queues = queues.where(agent_queues.c.number == number)
    memberships: defaultdict[str, list[QueueMembership]] = defaultdict(list)
    for row in await connection.execute(queues):
        memberships[row.number].append(QueueMembership(QueueName(row.queue), row.penalty))
    return [
        Agent(MemberName(row.number), row.name, tuple(memberships[row.number]), row.phone, row.profile, row.auto_answer)
        for row in await connection.execute(people)
    ]


async def _refuse_codes(connection: AsyncConnection, changes: Changes) -> None:
    numbers = [agent.number for agent in changes.added]
    for table in (departments, specialists):
        taken = (await connection.execute(select(table.c.code).where(table.c.code.in_(numbers)))).scalars().first()
        if taken is not None:
            raise DirectoryError(
                f"The number {taken} is a code of the directory (`zhitong directory show {taken}`), and could mean "
                "either. Give the agent another number."
            )


async def _apply(connection: AsyncConnection, changes: Changes) -> None:
    """Take out all that is not as it was, then put in what shall be: so agents may trade phones."""
    gone = [agent.number for agent in changes.removed] + [change.before.number for change in changes.changed]
    for table in (agent_queues, agents):
        if gone:
            await connection.execute(delete(table).where(table.c.number.in_(gone)))
    come = [*changes.added, *(change.after for change in changes.changed)]
    people = [{name: getattr(agent, name) for name in _COLUMNS} for agent in come]
    queues = [
        {"number": agent.number, "queue": at.queue, "penalty": at.penalty, "sequence": sequence}
        for agent in come
        for sequence, at in enumerate(agent.queues)
    ]
    if people:
        await connection.execute(insert(agents), people)
    if queues:
        await connection.execute(insert(agent_queues), queues)
