"""Run as a program by test_outbox_memory: fills an outbox while the store is away, then empties it.

weigh.py FOLDER FIRST LAST      says the resident memory in kB after FIRST records, after LAST, and when all are written
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from telephony.database.faults import StoreUnavailable
from telephony.records.outbox import Outbox
from telephony.records.record import CallRecord
from telephony.records.writer import Pace, RecordWriter
from tests.unit.telephony.records.samples import record


class Away:
    """A store that is away until it is told to come back; then it counts."""

    def __init__(self) -> None:
        self.back = False
        self.written = 0

    async def write(self, records: Sequence[CallRecord]) -> None:
        await asyncio.sleep(0)
        if not self.back:
            raise StoreUnavailable("The database is away.")
        self.written += len(records)


def say_memory() -> None:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]
    sys.stdout.write(f"resident {resident}\n")  # beside the log
    sys.stdout.flush()


async def fill(folder: Path, first: int, last: int) -> None:
    store = Away()
    outbox = await Outbox.open(folder)
    writer = RecordWriter(store, backlog=outbox, pace=Pace(last_retry=0.1), set_aside=outbox.set_aside)
    writer.start()
    for number in range(last):
        while not writer.offer(record(number)):  # noqa: ASYNC110 - until the disk has taken what came before
            await asyncio.sleep(0.001)
        if number % 200 == 0:
            await outbox.sync()
        if number + 1 in (first, last):
            await outbox.sync()
            say_memory()
    store.back = True
    await writer.flush()
    say_memory()
    assert store.written == last
    await writer.close()
    assert await outbox.close() == 0


if __name__ == "__main__":
    asyncio.run(fill(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
