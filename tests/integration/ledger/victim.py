"""A program that keeps the ledger until it is killed: ``python -m tests.integration.ledger.victim URL FIRST``.

It writes missed calls, follows them, assigns and closes some, and says after each round how far it has come.
"""

import asyncio
import sys

from telephony.ledger.terms import CloseReason, EntryId
from telephony.model.ids import MemberName
from tests.integration.ledger.conftest import Desk, open_desk
from tests.integration.ledger.told import answered, missed

BATCH = 5


def caller(number: int) -> str:
    """Ten callers share all calls."""
    return f"1380000000{number % 10}"


async def run(url: str, first: int) -> None:
    desk = await open_desk(url)
    number = first
    while True:
        await desk.store.write([missed(n, n * 10, caller(n)) for n in range(number, number + BATCH)])
        await desk.ledger.catch_up()
        number += BATCH
        await _act(desk, number)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


async def _act(desk: Desk, number: int) -> None:
    """One of ten callers gets through; another is assigned, a third closed by hand."""
    await desk.store.write([answered(100_000 + number, number * 10 + 5, caller(number))])
    await desk.ledger.catch_up()
    for listed in (await desk.listed())[-2:]:
        entry = listed.entry
        if entry.closed is None:
            await desk.ledger.assign(EntryId(entry.number), MemberName("1001"), "victim")
            if entry.number % 3 == 0:
                await desk.ledger.close(EntryId(entry.number), CloseReason.RESOLVED, "victim")


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], int(sys.argv[2])))
