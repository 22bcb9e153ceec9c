"""What is on record of the calls that the journal has found: asked for many at once."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from sqlalchemy import select

from telephony.database.database import Database
from telephony.model.ids import CallId, Uniqueid
from telephony.records.record import CallRecord
from telephony.records.rows import record_of
from telephony.records.schema import aliases, call_channels, calls

_AT_ONCE = 5_000
"""Below the number of variables that a statement may have in SQLite and PostgreSQL."""


class KeptRecords:
    """Read only. Raises StoreError, or StoreUnavailable when trying again may help."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, call_ids: Collection[CallId]) -> dict[CallId, CallRecord]:
        """The records under these ids, or of the calls they have become a part of; ids without one are left out."""
        found: dict[CallId, CallRecord] = {}
        async with self._database.reading() as connection:
            for some in _parts(call_ids):
                own = select(calls.c.call_id, calls.c.body).where(calls.c.call_id.in_(some))
                joined = select(aliases.c.alias, calls.c.body).join(calls, calls.c.call_id == aliases.c.call_id)
                for statement in (joined.where(aliases.c.alias.in_(some)), own):
                    for call_id, body in await connection.execute(statement):
                        found[CallId(call_id)] = record_of(body, self._database.place)
        return found

    async def known(self, uniqueids: Collection[Uniqueid]) -> set[Uniqueid]:
        """Those of these channels that are on record."""
        found: set[Uniqueid] = set()
        async with self._database.reading() as connection:
            for some in _parts(uniqueids):
                statement = select(call_channels.c.uniqueid).where(call_channels.c.uniqueid.in_(some))
                found.update(Uniqueid(uniqueid) for uniqueid in (await connection.execute(statement)).scalars())
        return found


def _parts(ids: Iterable[str]) -> Iterator[Sequence[str]]:
    rest = iter(sorted(ids))
    while some := list(islice(rest, _AT_ONCE)):
        yield some
