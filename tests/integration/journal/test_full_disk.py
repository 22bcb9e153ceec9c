"""The disk of Asterisk's logs is full for a while: calls go on, every whole row is read once, and the rest is a gap."""

import asyncio
import json
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from telephony.journal.cutting import CEL, cut
from telephony.model.terms import Outcome, Provenance
from telephony.records.record import CallRecord
from tests.acceptance.stage import Stage, people, stage
from tests.integration.journal.follower import Follower, waiting_rows
from zhitong.lab.books import fold
from zhitong.lab.programs import Tools
from zhitong.lab.roles import Agent, Caller, Offer

pytestmark = pytest.mark.acceptance

BEFORE, SEEN, SEEN_TOO, HALF, UNSEEN, AFTER = (f"1380000000{number}" for number in range(1, 7))


class Disk:
    """A small one, holding Asterisk's log folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        """To the last byte, but for what is left of the pages that the logs have begun."""
        with self._filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                return

    def free(self) -> None:
        self._filler.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "log"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=768k,mode=0755", "zhitong-test", str(folder)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can only be mounted by root")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def told(play: Stage, event: str) -> list[dict[str, str]]:
    text = (play.lab.run / "bridge.log").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.split("\n")[:-1]]
    return [line for line in lines if line["event"] == event]


def call(number: str, **does: float) -> Caller:
    return Caller(number=number, dialled="12345", **does)  # type: ignore[arg-type]


async def test_calls_go_on_and_what_the_logs_lost_is_a_gap(tmp_path: Path, tools: Tools, disk: Disk) -> None:
    """HALF begins unseen on the full disk and ends after it; of UNSEEN nothing is written, and nobody watches."""
    cel = disk.folder / "cel-custom" / "zhitong-cel.csv"
    talks = tuple(Offer(ring_s=0.2, talk_s=talk) for talk in (0.5, 0.5, 0.5, 9.0))
    agents = [Agent("1001", talks), Agent("1002", (Offer(ring_s=None),))]
    async with stage(tmp_path, tools, people(["1001", "1002"]), 'strategy = "linear"') as play:
        follower = Follower(cel, random.Random(1))
        await play.lab.agents(agents)
        await (await play.lab.callers([call(BEFORE)])).finished(60)
        await play.scene.records_of(1, timeout_s=30)
        await asyncio.to_thread(disk.fill)
        full_at = time.time()
        for number in (SEEN, SEEN_TOO):  # more rows than the log's last page can still take
            await (await play.lab.callers([call(number)])).finished(60)
        await play.scene.records_of(3, timeout_s=30)
        await play.scene.bridge.kill()
        half = await play.lab.callers([call(HALF)])
        await until(lambda: talking(play, HALF))
        await (await play.lab.callers([call(UNSEEN, give_up_after_s=0.5)])).finished(60)
        await all_written(play)
        await asyncio.to_thread(disk.free)
        free_at = time.time()
        await (await play.lab.callers([call(AFTER, give_up_after_s=0.5)])).finished(60)
        await half.finished(60)
        await play.quiet()
        await play.scene.bridge.start()
        records = {record.caller_number: record for record in await play.scene.records_of(5, timeout_s=60)}
        await until(lambda: bool(told(play, "rows of a log are missing")))
        gaps = await asyncio.to_thread(told, play, "rows of a log are missing")
        seen = {each.number for each in fold(play.lab.lines()) if each.role == "caller" and each.answered_at}
        await until(lambda: "journal_gap" in (play.lab.run / "bridge.log").read_text(encoding="utf-8"))
        pieces, _ = cut(await asyncio.to_thread(cel.read_bytes), 0, CEL, lambda _: None, final=True)
        rows = [piece.row for piece in pieces if piece.row is not None]
        await follower.to_the_end(len(rows))
    assert {BEFORE, SEEN, SEEN_TOO, HALF} <= seen, "calls go on"
    check_records(records)
    assert follower.texts() == rows
    assert [flaw.kind for flaw in follower.flaws] == ["torn row"]
    (gap,) = follower.gaps
    assert gap.since / 1e6 <= full_at + 5
    assert free_at <= (gap.until or 0) / 1e6 + 0.01
    assert [entry["file"] for entry in gaps if entry["file"] == "zhitong-cel.csv"]


def check_records(records: dict[str, CallRecord]) -> None:
    watched = (BEFORE, SEEN, SEEN_TOO)
    assert records.keys() >= {*watched, AFTER}
    assert UNSEEN not in records, "nobody can know of it; the gap says so"
    assert {records[number].provenance for number in watched} == {Provenance.OBSERVED}
    assert (records[AFTER].provenance, records[AFTER].outcome) == (Provenance.REBUILT, Outcome.ABANDONED)
    (half,) = [record for number, record in records.items() if number not in (*watched, AFTER)]
    assert (half.provenance, half.outcome) == (Provenance.REBUILT, Outcome.ANSWERED)
    assert "received_at" in half.estimated


def talking(play: Stage, number: str) -> bool:
    calls = [call for call in fold(play.lab.lines()) if call.role == "caller" and call.number == number]
    return any(call.answered_at and not call.ended_at for call in calls)


async def all_written(play: Stage) -> None:
    """Until CEL has no row in its line: nothing of what has happened so far is still to be written, or lost."""
    async with asyncio.timeout(60):
        while await waiting_rows(play):  # noqa: ASYNC110 - Asterisk does not tell
            await asyncio.sleep(0.2)
    await asyncio.sleep(0.5)


async def until(condition: Callable[[], bool], seconds: float = 40) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - other processes' doing
            await asyncio.sleep(0.05)
