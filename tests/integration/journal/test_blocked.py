"""CEL hangs, as on a disk that does not answer: calls go on, and all its rows come when it lets go.

The file that Asterisk writes to is a pipe, whose other end the test holds: what it takes, it writes to the log that the
bridge reads.
"""

import asyncio
import contextlib
import fcntl
import os
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from telephony.model.terms import Outcome, Provenance
from telephony.records.record import CallRecord
from tests.acceptance.stage import Stage, people, stage
from tests.integration.journal.follower import waiting_rows
from tests.integration.journal.mirror import assert_same
from zhitong.lab.books import fold
from zhitong.lab.programs import Tools
from zhitong.lab.roles import Agent, Caller, Offer

pytestmark = pytest.mark.acceptance

_F_SETPIPE_SZ = 1031
NUMBERS = ("1001", "1002", "1003", "1004")


class Pump:
    """Carries what Asterisk writes from the pipe to ``folder``; not while it is ``stuck``."""

    def __init__(self, pipe: Path, folder: Path) -> None:
        os.mkfifo(pipe)
        self.log = folder / "cel-custom" / "zhitong-cel.csv"
        self.log.parent.mkdir(parents=True)
        self.stuck = False
        self._end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(self._end, _F_SETPIPE_SZ, 4096)
        self._closing = False
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        with self.log.open("ab", buffering=0) as log:
            while not self._closing:
                data = b"" if self.stuck else self._read()
                if data:
                    log.write(data)
                else:
                    time.sleep(0.01)

    def _read(self) -> bytes:
        with contextlib.suppress(BlockingIOError):
            return os.read(self._end, 65536)
        return b""

    def close(self) -> None:
        """Lets go first, or Asterisk would not end."""
        self._closing = True
        self._thread.join()
        os.close(self._end)


@pytest.fixture
def pump(tmp_path: Path) -> Iterator[Pump]:
    log, read = tmp_path / "log", tmp_path / "read"
    (log / "cel-custom").mkdir(parents=True)
    working = Pump(log / "cel-custom" / "zhitong-cel.csv", read)
    (read / "queue_log").symlink_to(log / "queue_log")
    try:
        yield working
    finally:
        working.close()


@contextlib.asynccontextmanager
async def playing(tmp_path: Path, tools: Tools) -> AsyncIterator[Stage]:
    """The bridge reads what the pump has written."""
    async with stage(tmp_path, tools, people(NUMBERS), bridge=False) as play:
        file = play.scene.site_file
        text = await asyncio.to_thread(file.read_text, encoding="utf-8")
        assert f'log = "{tmp_path}/log"' in text
        text = text.replace(f'log = "{tmp_path}/log"', f'log = "{tmp_path}/read"')
        await asyncio.to_thread(file.write_text, text, encoding="utf-8")
        await play.scene.bridge.start()
        await play.lab.agents([Agent(number, (Offer(ring_s=0.1, talk_s=0.3),)) for number in NUMBERS])
        yield play


async def call(play: Stage, first: int, count: int) -> None:
    callers = [
        Caller(number=f"138{first + n:08}", dialled="12345", start_at=n * 0.25, give_up_after_s=30)
        for n in range(count)
    ]
    await (await play.lab.callers(callers)).finished(60 + count)


async def all_written(play: Stage) -> None:
    async with asyncio.timeout(60):
        while await waiting_rows(play):  # noqa: ASYNC110 - Asterisk does not tell
            await asyncio.sleep(0.2)


async def check(play: Stage, count: int, read: Path) -> list[CallRecord]:
    """So many calls, all answered, each on record once as it was seen; and the logs tell the same."""
    records = await play.scene.records_of(count, timeout_s=30)
    seen = [each for each in fold(play.lab.lines()) if each.role == "caller"]
    assert len(records) == len(seen) == count
    assert all(each.answered_at for each in seen), "calls go on"
    assert {(record.outcome, record.provenance) for record in records} == {(Outcome.ANSWERED, Provenance.OBSERVED)}
    await asyncio.to_thread(assert_same, records, read)
    return records


async def test_a_log_that_hangs_stops_no_call(tmp_path: Path, tools: Tools, pump: Pump) -> None:
    async with playing(tmp_path, tools) as play:
        await call(play, 1, 2)
        pump.stuck = True
        await call(play, 10, 10)
        assert await waiting_rows(play) > 100
        pump.stuck = False
        await all_written(play)
        await call(play, 30, 1)
        await play.quiet()
        await asyncio.sleep(1)
        await check(play, 13, tmp_path / "read")


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_a_log_that_hangs_for_long_raises_an_alarm_and_stops_no_call(
    tmp_path: Path, tools: Tools, pump: Pump
) -> None:
    """Past the 3,000 rows from which on Asterisk's default would ignore new calls."""
    async with playing(tmp_path, tools) as play:
        pump.stuck = True
        await call(play, 1, 110)
        assert await waiting_rows(play) > 3_000
        await alarm(play, "raised", 60)
        await call(play, 200, 3)
        pump.stuck = False
        await all_written(play)
        await alarm(play, "cleared", 60)
        await play.quiet()
        await check(play, 113, tmp_path / "read")


async def alarm(play: Stage, what: str, seconds: float) -> None:
    """Until the bridge has said this of ``journal_blocked``."""
    log = play.lab.run / "bridge.log"
    async with asyncio.timeout(seconds):
        while not _told(await asyncio.to_thread(log.read_text, encoding="utf-8"), f"alarm {what}"):  # noqa: ASYNC110
            await asyncio.sleep(0.2)


def _told(text: str, event: str) -> bool:
    return any("journal_blocked" in line and f'"{event}"' in line for line in text.splitlines())
