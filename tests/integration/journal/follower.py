"""A reader of one log that is stopped, started and left alone at random, beside all that Asterisk wrote."""

import asyncio
import random
import re
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from telephony.journal.cutting import CEL, QUEUE_LOG
from telephony.journal.gaps import Gap
from telephony.journal.places import Cursor
from telephony.journal.rows import CelRow, QueueLine, cel_row, queue_line
from telephony.journal.tail import Flaw, Tail
from telephony.model.ids import Micros, PbxName
from tests.acceptance.stage import Stage

PBX = PbxName("pbx1")
_LOOK_S = 0.1


class Follower:
    """``run`` until cancelled. All that outlives a stop is the cursor, as in a process that was killed."""

    def __init__(self, path: Path, dice: random.Random) -> None:
        self.path = path
        self._dice = dice
        self._cursor: Cursor | None = None
        self.read: list[CelRow | QueueLine] = []
        self.flaws: list[Flaw] = []
        self.gaps: list[Gap] = []
        self.restarts = 0
        self._tail = self._open()

    def _open(self) -> Tail[CelRow] | Tail[QueueLine]:
        if self.path.name == "queue_log":
            return Tail(self.path, QUEUE_LOG, PBX, self._cursor)
        return Tail(self.path, CEL, PBX, self._cursor)

    @property
    def gap(self) -> Gap | None:
        """A gap after which nothing has come yet."""
        return self._tail.gap

    def look(self) -> bool:
        """Whether there was more."""
        batch = self._tail.look(Micros(time.monotonic_ns() // 1_000))
        self._cursor = self._tail.cursor
        self.read += batch.rows
        self.flaws += batch.flaws
        self.gaps += batch.gaps
        return bool(batch.rows) or not batch.at_end

    def restart(self) -> None:
        """As after kill -9."""
        self._tail.close()
        self._tail = self._open()
        self.restarts += 1

    async def run(self) -> None:
        """Look, nap, die and come back."""
        while True:
            self.look()
            await asyncio.sleep(_LOOK_S)
            if self._dice.random() < 0.1:
                await asyncio.sleep(self._dice.uniform(0.0, 4.0))
                self.restart()

    async def to_the_end(self, total: int, timeout_s: float = 60.0) -> None:
        """Until so many rows are read, and a while longer: for what must not come."""
        async with asyncio.timeout(timeout_s):
            while len(self.read) < total:
                self.look()
                await asyncio.sleep(_LOOK_S)
        for _ in range(10):
            self.look()
            await asyncio.sleep(_LOOK_S)
        self._tail.close()

    def texts(self) -> list[CelRow | QueueLine]:
        """What was read, without the places."""
        return [msgspec.structs.replace(row, row_id=None) for row in self.read]


def written(files: Sequence[Path]) -> list[CelRow | QueueLine]:
    """All rows of these files, each of which must be whole."""
    rows: list[CelRow | QueueLine] = []
    for file in files:
        for text in file.read_text(encoding="utf-8").splitlines():
            row = queue_line(text) if file.name.startswith("queue_log") else cel_row(text)
            assert row is not None, text
            rows.append(row)
    return rows


def in_order_of_time(path: Path) -> list[Path]:
    """The files of this log, the oldest first, by their first rows: not by names, nor by when they were changed."""
    files = [file for file in path.parent.glob(path.name + "*") if file.stat().st_size]
    return sorted(files, key=lambda file: written([file])[0].at)


async def waiting_rows(play: Stage) -> int:
    """Messages in CEL's line, as Asterisk counts them."""
    told = await play.lab.pbx.cli("core show taskprocessors like stasis/m:cel")
    found = re.search(r"cel:aggregator-\S+\s+\d+\s+(\d+)", told)
    assert found, told
    return int(found[1])
