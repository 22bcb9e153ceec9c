"""Twelve rotations of both logs under calls, and readers that die and sleep: each row that Asterisk wrote, once."""

import asyncio
import contextlib
import random
from pathlib import Path

import pytest

from telephony.model.terms import Provenance
from tests.acceptance.stage import Stage, people, stage
from tests.integration.journal.follower import Follower, in_order_of_time, written
from tests.integration.journal.mirror import assert_same
from zhitong.lab.programs import Tools
from zhitong.lab.roles import Agent, Caller, Offer

pytestmark = pytest.mark.acceptance

ROTATIONS, EVERY_S, CALLS = 12, 1.2, 24


def rename(path: Path) -> None:
    """As logrotate does: .1 becomes .2, and so on."""
    for number in range(ROTATIONS, 0, -1):
        old = path.with_name(f"{path.name}.{number}")
        if old.exists():
            old.rename(path.with_name(f"{path.name}.{number + 1}"))
    if path.exists():
        path.rename(path.with_name(f"{path.name}.1"))


async def rotate(play: Stage, cel: Path, queue_log: Path) -> None:
    """Half of them as logrotate does it, half of queue_log's by Asterisk's own ``logger rotate``."""
    for number in range(ROTATIONS):
        await asyncio.sleep(EVERY_S)
        await asyncio.to_thread(rename, cel)
        if number < ROTATIONS // 2:
            await asyncio.to_thread(rename, queue_log)
            await play.lab.pbx.cli("logger reload")
            continue
        if number == ROTATIONS // 2:
            await asyncio.to_thread(_let_asterisk_rotate, play.lab.etc / "logger.conf")
            await play.lab.pbx.cli("logger reload")
        await play.lab.pbx.cli("logger rotate")


def _let_asterisk_rotate(conf: Path) -> None:
    text = conf.read_text(encoding="utf-8")
    assert "rotatestrategy = none" in text
    conf.write_text(text.replace("rotatestrategy = none", "rotatestrategy = rotate"), encoding="utf-8")


@pytest.mark.slow
async def test_twelve_rotations_and_readers_that_come_and_go(tmp_path: Path, tools: Tools) -> None:
    dice = random.Random(12)
    log = tmp_path / "log"
    cel, queue_log = log / "cel-custom" / "zhitong-cel.csv", log / "queue_log"
    callers = [
        Caller(number=f"138000{n:05}", dialled="12345", start_at=n * 0.5, talk_s=dice.choice([None, 0.4, 1.5]))
        for n in range(CALLS)
    ]
    agents = [Agent(number, tuple(Offer(ring_s=0.2, talk_s=1.0) for _ in range(40))) for number in ("1001", "1002")]
    async with stage(tmp_path, tools, people(["1001", "1002"])) as play:
        followers = [Follower(path, dice) for path in (cel, queue_log)]
        working = [asyncio.create_task(follower.run()) for follower in followers]
        rotating = asyncio.create_task(rotate(play, cel, queue_log))
        await play.play(callers, agents, timeout_s=180)
        await rotating
        for task in working:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        records = await play.scene.records_of(CALLS, timeout_s=30)
        await asyncio.sleep(3)  # what would be doubled would be by now
        assert len(await play.scene.records()) == CALLS
    for follower in followers:
        files = await asyncio.to_thread(in_order_of_time, follower.path)
        rows = await asyncio.to_thread(written, files)
        assert len(files) >= ROTATIONS, [file.name for file in files]
        await follower.to_the_end(len(rows))
        assert follower.texts() == rows
        assert (follower.flaws, follower.gaps, follower.gap) == ([], [], None)
        assert follower.restarts > 0
    assert {record.provenance for record in records} == {Provenance.OBSERVED}
    await asyncio.to_thread(assert_same, records, log)
