"""kill -9 at any moment: no missed call is lost to the ledger, none is there twice, none is closed without a word."""

import asyncio
import random
import sqlite3
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from pathlib import Path

from telephony.ledger.entry import Entry
from telephony.ledger.terms import EntryState
from tests.integration.ledger.conftest import open_desk
from tests.unit.telephony.records.samples import call_id

ROOT = Path(__file__).parents[3]
ROUNDS = 6


async def killed_after(seconds: float, url: str, first: int) -> None:
    """Start the victim; ``seconds`` after its first word, it is dead."""
    command = (sys.executable, "-m", "tests.integration.ledger.victim", url, str(first))
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE)
    assert process.stdout is not None
    try:
        assert await asyncio.wait_for(process.stdout.readline(), 60)
        await asyncio.sleep(seconds)
    finally:
        process.kill()
        await process.communicate()
    assert process.returncode == -9


def on_record(path: Path, what: str) -> set[str]:
    connection = sqlite3.connect(path)
    found = {row[0] for row in connection.execute(f"SELECT call_id FROM calls WHERE outcome {what} 'answered'")}
    connection.close()
    return found


async def test_no_kill_costs_the_ledger_a_call(tmp_path: Path) -> None:
    dice = random.Random(7)
    path = tmp_path / "zhitong.db"
    url = f"sqlite:///{path}"
    first = 1
    for _ in range(ROUNDS):
        await killed_after(dice.uniform(0, 0.3), url, first)
        found = on_record(path, "<>")
        first = 1 + max((number for number in range(1, 20_000) if call_id(number) in found), default=0)
    desk = await open_desk(url)
    await desk.ledger.catch_up()
    entries = await desk.entries()
    owed = on_record(path, "<>")
    in_ledger = _ids(path)
    assert in_ledger == Counter(owed), "each missed call on record is in the ledger, once"
    assert sum(entry.calls for entry in entries) == len(owed)
    assert len(owed) >= 10, "else too little was written to be lost"
    _check(entries)
    await desk.close()


def _ids(path: Path) -> Counter[str]:
    connection = sqlite3.connect(path)
    known = {row[0] for row in connection.execute("SELECT number FROM ledger_entries")}
    rows = connection.execute("SELECT call_id, entry FROM ledger_calls").fetchall()
    connection.close()
    assert {entry for _, entry in rows} <= known
    return Counter(call for call, _ in rows)


def _check(entries: list[Entry]) -> None:
    open_ones = Counter(entry.caller for entry in entries if entry.state is not EntryState.CLOSED)
    assert set(open_ones.values()) <= {1}
    assert all(entry.closed.by for entry in entries if entry.closed is not None)
    assert all((entry.closed is None) == (entry.state is not EntryState.CLOSED) for entry in entries)
