"""The records of a site beside its PBX's books: both are read here, and compared in ``interval``."""

import asyncio
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from telephony.config import Site
from telephony.database.database import Database
from telephony.journal.files import Logs
from telephony.journal.kept import KeptRecords
from telephony.journal.source import logs_of
from telephony.live.alarms import Alarms
from telephony.model.ids import MICROS_PER_SECOND, Micros, PbxName, Uniqueid
from telephony.reconcile.books import Books, read_books
from telephony.reconcile.case import Witness
from telephony.reconcile.errors import BooksUnreadable
from telephony.reconcile.figures import FigureStore
from telephony.reconcile.finding import Counts, Report
from telephony.reconcile.interval import SETTLE, Span, Told, reconcile
from telephony.reconcile.nightly import Nightly
from telephony.records.query import PAGE_LIMIT, CallQuery, Damaged
from telephony.records.record import CallRecord
from telephony.records.store import RecordStore
from telephony.secrets import Secrets

_LONGEST = Micros(6 * 3600 * MICROS_PER_SECOND)
"""So long after an interval its last calls may end; a record that claims more makes nobody read on for ever."""


async def reconcile_site(
    database: Database, logs: Logs, pbx: PbxName, since: Micros, until: Micros, now: Micros | None = None
) -> Report:
    """Every difference between the records of calls that began from ``since`` to before ``until`` and the books.

    Raises StoreError, BooksUnreadable, JournalUnreadable.
    """
    now = Micros(time.time_ns() // 1_000) if now is None else now
    query = CallQuery(since=since, until=until, oldest_first=True, limit=PAGE_LIMIT)
    damaged: list[Damaged] = []
    records = [record async for record in RecordStore(database).stream(query, damaged) if record.pbx == pbx]
    last = max((record.ended_at for record in records), default=until)
    end = Micros(min(max(last, until), until + _LONGEST) + SETTLE)
    books = await asyncio.to_thread(read_books, logs, since, end)
    elsewhere = await KeptRecords(database).known(_strangers(records, books))
    told = Told(
        lines=books.lines,
        rows=books.rows,
        boots=books.boots,
        damages=books.damages,
        witness=None if books.cel is None else Witness(books.cel),
        elsewhere=elsewhere,
        damaged=[each for each in damaged if each.pbx == pbx],
    )
    return await asyncio.to_thread(reconcile, records, told, Span(since, until, now))


def nightly_of(
    site: Site, secrets: Secrets, database: Database, folder: Path, alarms: Alarms | None = None
) -> Nightly | None:
    """Who makes this site's daily figures and puts them into ``folder``; None without a key for them."""
    if secrets.figures is None:
        return None

    async def reconciled(since: Micros, until: Micros) -> Counts:
        logs = logs_of(site, secrets.journal)
        if logs is None:
            raise BooksUnreadable("Asterisk's log folder is not on this machine, and no journal agent is named.")
        try:
            return (await reconcile_site(database, logs, PbxName(site.pbx.systemname), since, until)).counts
        finally:
            logs.close()

    return Nightly(FigureStore(database), secrets.figures, site.time_zone, folder, reconciled, alarms)


def _strangers(records: Sequence[CallRecord], books: Books) -> Collection[Uniqueid]:
    """Channels of the books that are in none of these records: of calls of other intervals, or of none."""
    own = {channel for record in records for channel in record.uniqueids}
    named = {Uniqueid(line.callid) for line in books.lines if "." in line.callid}
    return (named | {row.uniqueid for row in books.rows}) - own
