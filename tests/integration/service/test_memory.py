"""The bridge's memory does not grow with the calls it has seen."""

import asyncio
from pathlib import Path

import pytest

from tests.integration.ami.fake_pbx import FakePbx
from tests.integration.service.post import Post
from tests.integration.service.replay import Replay
from tests.integration.service.test_outages import status

ALLOWED_KB = 20 * 1024
AHEAD = 1_000
"""Calls told that the bridge has not put into its outbox yet: they are not held up by us, only not piled up."""


class Day:
    """Tells calls and weighs the bridge."""

    def __init__(self, post: Post, pbx: FakePbx, pid: int) -> None:
        self._post, self._pbx, self._pid = post, pbx, pid
        self._replay = Replay()
        self._told = 0
        self._each = 0

    async def goes_on_until(self, calls: int) -> int:
        """Returns the bridge's resident memory in kB, when so many calls are on record."""
        if not self._each:
            await self._tell()
            await asyncio.sleep(3)  # until all have settled
            self._each = await self._known()
            assert self._each > 100
        while self._told * self._each < calls:
            await self._tell()
            while self._told * self._each - await self._known() > AHEAD:  # noqa: ASYNC110  # another process's doing
                await asyncio.sleep(0.02)
        await self._all_is_written()
        return self._resident_kb()

    async def _tell(self) -> None:
        (line,) = self._pbx.lines
        line.writer.write(self._replay.telling(self._told))
        await line.writer.drain()
        self._told += 1

    async def _known(self) -> int:
        records = (await status(self._post)).records
        return records.written + records.waiting

    async def _all_is_written(self) -> None:
        async with asyncio.timeout(300):
            while (await status(self._post)).records.written < self._told * self._each:  # noqa: ASYNC110  # a process
                await asyncio.sleep(0.2)

    def _resident_kb(self) -> int:
        lines = Path(f"/proc/{self._pid}/status").read_text(encoding="utf-8").splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


@pytest.mark.parametrize(
    ("first", "last"),
    [
        pytest.param(1_000, 3_000, id="three thousand"),
        pytest.param(10_000, 100_000, id="a hundred thousand", marks=[pytest.mark.slow, pytest.mark.timeout(1500)]),
    ],
)
async def test_calls_leave_nothing_behind(post: Post, pbx: FakePbx, first: int, last: int) -> None:
    """Every story that was recorded, transfers and refusals and all, told again and again by a PBX in a hurry."""
    process = await post.start()
    await post.ready()
    day = Day(post, pbx, process.pid)
    sizes = [await day.goes_on_until(calls) for calls in range(first, last + 1, first)]
    assert max(sizes) - sizes[0] < ALLOWED_KB, f"kB after every {first} calls: {sizes}"
    told = await status(post)
    assert (told.calls, told.waiting) == (0, 0)
    assert (told.records.refused, told.records.set_aside) == (0, 0)
    print(sizes)
