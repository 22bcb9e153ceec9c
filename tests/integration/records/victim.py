"""Run as a program and killed by test_kills: writes calls and says on stdout what is acknowledged.

victim.py store|writer URL FIRST      writes calls from number FIRST on until killed
victim.py outbox URL FIRST FOLDER     the same through the outbox in FOLDER
victim.py migrate URL FOLDER          opens the database with the migrations of FOLDER
"""

import asyncio
import itertools
import sys
from pathlib import Path

from telephony.database import migrate
from telephony.database.database import Database
from telephony.records.outbox import Limits, Outbox
from telephony.records.store import RecordStore
from telephony.records.writer import Pace, RecordWriter
from tests.unit.telephony.records.samples import record

BATCH = 7


def say(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def write_through_store(url: str, first: int) -> None:
    store = await RecordStore.open(url)
    for start in itertools.count(first, BATCH):
        await store.write([record(number) for number in range(start, start + BATCH)])
        say(start + BATCH)


async def write_through_writer(url: str, first: int) -> None:
    writer = RecordWriter(await RecordStore.open(url), pace=Pace(batch=BATCH, gather=0.001))
    writer.start()
    said = 0
    for number in itertools.count(first):
        writer.offer(record(number))
        await asyncio.sleep(0 if writer.waiting < 100 else 0.01)
        if writer.written > said:
            said = writer.written
            say(first + said)


async def write_through_outbox(url: str, first: int, folder: str) -> None:
    """Acknowledged is what the outbox has on disk, whatever the store does."""
    outbox = await Outbox.open(Path(folder), Limits(segment_bytes=100_000))
    store = RecordStore(Database.later(url, busy_timeout_ms=50))
    pace = Pace(batch=BATCH, gather=0.001, last_retry=0.2)
    writer = RecordWriter(store, backlog=outbox, pace=pace, set_aside=outbox.set_aside)
    writer.start()
    said = 0
    for number in itertools.count(first):
        writer.offer(record(number))
        await asyncio.sleep(0 if number % 10 else 0.002)
        if outbox.saved > said:
            said = outbox.saved
            say(first + said)


async def open_only(url: str, folder: str) -> None:
    migrate._MIGRATIONS = Path(folder)
    await RecordStore.open(url)


if __name__ == "__main__":
    how, url, rest, *more = sys.argv[1:]
    if how == "migrate":
        asyncio.run(open_only(url, rest))
    elif how == "outbox":
        asyncio.run(write_through_outbox(url, int(rest), more[0]))
    else:
        asyncio.run((write_through_store if how == "store" else write_through_writer)(url, int(rest)))
