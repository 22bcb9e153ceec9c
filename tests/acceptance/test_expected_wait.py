"""What the bridge tells the PBX of expected waits, held against when real phones were answered."""

import asyncio
import re
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.acceptance.stage import Stage, people, stage
from zhitong.lab.books import fold
from zhitong.lab.programs import Tools
from zhitong.lab.roles import Agent, Caller, Offer

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

TOLD = re.compile(r"ZT_WAIT_service=(\d+):(\d+)")


async def told(play: Stage) -> tuple[int, int]:
    """Until when it is good (epoch), and the milliseconds for each place; once the bridge has said it."""
    async with asyncio.timeout(100):
        while not (found := TOLD.search(await play.lab.pbx.cli("dialplan show globals"))):  # noqa: ASYNC110
            await asyncio.sleep(0.5)
    return int(found[1]), int(found[2])


async def test_each_place_takes_as_long_as_between_two_answers_of_the_phones(tmp_path: Path, tools: Tools) -> None:
    callers = [Caller(number=f"138{n:08}", dialled="12345", start_at=0.3 * n, talk_s=4.0) for n in range(40)]
    phones = [Agent(number, (Offer(ring_s=0.5),)) for number in ("1001", "1002")]
    async with stage(tmp_path, tools, people(["1001", "1002"]), queue="expected_wait = true") as play:
        playing = asyncio.create_task(play.play(callers, phones, timeout_s=150))
        expires, each_ms = await told(play)
        assert 0 < expires - time.time() <= 46
        await playing
        answers = sorted(
            call.answered_at for call in fold(play.lab.lines()) if call.role == "agent" and call.answered_at
        )
    between = [later - earlier for earlier, later in pairwise(answers)]
    assert each_ms == pytest.approx(1000 * sum(between) / len(between), rel=0.25)
