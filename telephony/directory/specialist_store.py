"""Departments and specialists in the database."""

import asyncio
import datetime
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from telephony.database.database import Database
from telephony.directory.calendar import calendar_of
from telephony.directory.entries import Entry, department_of, specialist_of, texts_of
from telephony.directory.entry_changes import EntryChanges, entry_changes
from telephony.directory.schema import agents, departments, directory_revision, specialists
from telephony.directory.specialists import Department, Directory, Specialist
from telephony.errors import DirectoryError, StoreError
from telephony.site.site import Site

_AT_A_TIME = 50
_NUMBERS = ("order", "at_once", "ring_s")


class SpecialistStore:
    """The departments and specialists of a site. Raises StoreError when the database cannot be used."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def revision(self) -> int:
        """A number that grows with each change; 0 before the first. Cheap, to be asked every few seconds."""
        async with self.database.reading() as connection:
            return await _revision(connection)

    async def list(self) -> list[Entry]:
        """All departments, then all specialists, each by code."""
        async with self.database.reading() as connection:
            return await _all(connection)

    async def directory(self, site: Site, now: datetime.datetime) -> Directory:
        """All of it with the site's calendar around ``now``, and the site's ring time. Never older than its revision:
        PostgreSQL shows what is committed between two selects, and whoever reads that too early reads it again."""
        async with self.database.reading() as connection:
            revision = await _revision(connection)
            entries = await _all(connection)
        await asyncio.to_thread(calendar_of, site.time_zone, site.calendar, now.year)  # its library takes a while, once
        return directory_of(entries, site, now, revision)

    async def change(self, plan: Callable[[Sequence[Entry]], Iterable[Entry]]) -> EntryChanges:
        """Make the directory what ``plan`` makes of what is there; all or nothing, alone among all who change it.

        Raises DirectoryError (see ``entry_changes``), also when a code is an agent's number; then nothing is changed.
        """
        async with self.database.writing() as connection:
            stored = await _all(connection)
            changes = entry_changes(stored, plan(stored))
            if changes:
                await _refuse_agents(connection, changes)
                await _apply(connection, changes)
        return changes


def directory_of(entries: Iterable[Entry], site: Site, now: datetime.datetime, revision: int = 0) -> Directory:
    """The directory of these entries by the site's calendar and ring time."""
    entries = tuple(entries)
    return Directory(
        (each for each in entries if isinstance(each, Department)),
        (each for each in entries if isinstance(each, Specialist)),
        calendar_of(site.time_zone, site.calendar, now.year),
        ring_s=site.conference.ring_s,
        revision=revision,
    )


async def _revision(connection: AsyncConnection) -> int:
    return (await connection.execute(select(directory_revision.c.revision))).scalar() or 0


async def _all(connection: AsyncConnection) -> list[Entry]:
    entries: list[Entry] = []
    for table, made in ((departments, department_of), (specialists, specialist_of)):
        rows = (await connection.execute(select(table).order_by(table.c.code))).mappings().all()
        for at, row in enumerate(rows, start=1):
            if at % _AT_A_TIME == 0:
                await asyncio.sleep(0)  # a large directory takes its time, and calls go on meanwhile
            entry, wrong = made({name: str(value) for name, value in row.items()})
            if entry is None:
                field, remedy = wrong[0]
                raise StoreError(f"The directory's entry {row['code']} is damaged: {field}: {remedy}.")
            entries.append(entry)
    return entries


async def _refuse_agents(connection: AsyncConnection, changes: EntryChanges) -> None:
    codes = [each.code for each in changes.added]
    taken = (await connection.execute(select(agents.c.number).where(agents.c.number.in_(codes)))).scalars().first()
    if taken is not None:
        raise DirectoryError(f"The code {taken} is an agent's number, and could mean either. Give another code.")


async def _apply(connection: AsyncConnection, changes: EntryChanges) -> None:
    """Departments that stay keep their rows, which their people point to; those that go, go last."""
    befores = {change.before.code: change.before for change in changes.changed}
    come = [*changes.added, *(change.after for change in changes.changed)]
    await _delete(connection, specialists, [*befores, *(each.code for each in changes.removed)])
    homes = [each for each in come if isinstance(each, Department)]
    for each in homes:
        if isinstance(befores.get(each.code), Department):
            await connection.execute(update(departments).where(departments.c.code == each.code).values(_row(each)))
    new = [each for each in homes if not isinstance(befores.get(each.code), Department)]
    await _insert(connection, departments, new)
    people = [each for each in come if isinstance(each, Specialist)]
    await _insert(connection, specialists, people)
    gone = [each.code for each in changes.removed] + [each.code for each in people]
    await _delete(connection, departments, gone)
    await _count(connection)


async def _insert(connection: AsyncConnection, table: Table, entries: Sequence[Entry]) -> None:
    if entries:
        await connection.execute(insert(table), [_row(each) for each in entries])


async def _delete(connection: AsyncConnection, table: Table, codes: Sequence[str]) -> None:
    if codes:
        await connection.execute(delete(table).where(table.c.code.in_(codes)))


async def _count(connection: AsyncConnection) -> None:
    revision = await _revision(connection)
    if revision:
        await connection.execute(update(directory_revision).values(revision=revision + 1))
    else:
        await connection.execute(insert(directory_revision).values(id=1, revision=1))


def _row(entry: Entry) -> dict[str, Any]:
    return {name: int(text) if name in _NUMBERS else text for name, text in texts_of(entry).items()}
