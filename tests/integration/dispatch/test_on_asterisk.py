"""Callers who wait are woken on a real PBX: what app_queue then does, and what nobody gets to see of it."""

import asyncio
import statistics
from pathlib import Path

import pytest

from telephony.model.ids import QueueName
from telephony.places import home_of, secrets_of
from telephony.secrets import read_secrets
from telephony.service import Service
from tests.acceptance.stage import ALWAYS, people, stage
from zhitong.lab.programs import find_tools
from zhitong.lab.roles import Agent, Caller, Offer

pytestmark = pytest.mark.acceptance

SERVICE = QueueName("service")
CALLERS = 9
ON = f"{ALWAYS}[dispatch]\non = true\n"
EXITS = 'exits = { "1" = "callback" }'


async def test_an_agent_who_becomes_free_is_offered_the_next_caller_at_once(tmp_path: Path) -> None:
    """One agent, nine callers at once: eight times somebody waits as the agent becomes free. By itself app_queue takes
    half a second for each on average, so the middle one of eight is no matter of luck."""
    tools = await asyncio.to_thread(find_tools)
    async with stage(tmp_path, tools, people(["1001"]), EXITS, ON, bridge=False) as play:
        scene = play.scene
        secrets = read_secrets(secrets_of(scene.site_file, scene.site))
        async with Service.open(scene.site, secrets, home_of(scene.site_file, scene.site)) as service:
            work = asyncio.create_task(service.run())
            waker = service.dispatcher.waker
            async with asyncio.timeout(60):
                while waker.allowed != {SERVICE}:  # noqa: ASYNC110  # what it waits for happens in a task
                    await asyncio.sleep(0.02)
            callers = [Caller(number=f"138000000{n:02}", dialled="12345", talk_s=0.2) for n in range(CALLERS)]
            await play.play(callers, [Agent("1001", (Offer(ring_s=0.1),))], timeout_s=90)
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            figures = waker.tally.of[SERVICE]
            queue_log = (scene.lab.run / "log" / "queue_log").read_text(encoding="utf-8")
    times = sorted(figures.free_to_offered)
    print(f"wakes {figures.wakes}, useful {figures.useful}, wasted {figures.wasted}, spare {figures.spare}, us {times}")
    assert queue_log.count("|CONNECT|") == CALLERS
    for trace in ("EXITWITHKEY", "EXITWITHTIMEOUT", "RINGNOANSWER", "ABANDON"):
        assert trace not in queue_log
    assert len(times) == CALLERS - 1
    assert statistics.median(times) < 200_000
    assert figures.wakes <= 2 * (CALLERS - 1)
    assert figures.refused == 0
