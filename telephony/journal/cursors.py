"""The journal's places in the logs, kept in the database of the records they led to."""

from collections.abc import Mapping

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from telephony.database.database import Database
from telephony.journal.places import Cursor
from telephony.journal.schema import cursors
from telephony.model.ids import PbxName


class CursorStore:
    """One place for each log of each PBX. Raises StoreError, or StoreUnavailable when trying again may help."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, pbx: PbxName) -> dict[str, Cursor]:
        """The places in the logs of this PBX, by the log's name."""
        wanted = select(cursors).where(cursors.c.pbx == pbx)
        async with self._database.reading() as connection:
            rows = (await connection.execute(wanted)).mappings().all()
        return {
            row["log"]: Cursor(int(row["inode"]), row["offset"], row["fingerprint"], row["changed_ns"]) for row in rows
        }

    async def save(self, pbx: PbxName, places: Mapping[str, Cursor]) -> None:
        """Keep these places, all or none. When it returns they are on disk."""
        async with self._database.writing() as connection:
            await keep(connection, pbx, places)


async def keep(connection: AsyncConnection, pbx: PbxName, places: Mapping[str, Cursor]) -> None:
    """Keep these places in the transaction of ``connection``, with whatever else is written in it."""
    for log, cursor in places.items():
        await connection.execute(delete(cursors).where(cursors.c.pbx == pbx, cursors.c.log == log))
        row = {
            "pbx": pbx,
            "log": log,
            "inode": str(cursor.inode),
            "offset": cursor.offset,
            "fingerprint": cursor.fingerprint,
            "changed_ns": cursor.changed_ns,
        }
        await connection.execute(insert(cursors), row)
