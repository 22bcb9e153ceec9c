"""A whole hall comes back from its break at one moment."""

import asyncio
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest

from telephony.dispatch.choice import MOST
from telephony.model.ids import QueueName
from tests.acceptance.stage import people
from tests.integration.dispatch.floor import floor
from zhitong.lab.programs import find_tools
from zhitong.lab.roles import Agent, Caller, Offer

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

AGENTS, CALLERS = 200, 400
SITE = '[[queue]]\nname = "service"\n'


@pytest.mark.timeout(300)
async def test_two_hundred_agents_freed_at_once_with_four_hundred_waiting(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Bounded: no more wakes than two for each time an agent became free. The link stays, and answers meanwhile."""
    tools = await asyncio.to_thread(find_tools)
    numbers = [f"{n}" for n in range(2000, 2000 + AGENTS)]
    async with floor(tmp_path, tools, people(numbers), SITE, contacts=True) as here:
        await here.agents([Agent(number, (Offer(ring_s=1.0),)) for number in numbers])
        async with here.bridge("service") as service:
            await asyncio.gather(*(here.ear.ask("QueuePause", Interface=f"PJSIP/{n}", Paused="true") for n in numbers))
            crowd = [
                Caller(number=f"138{n:08}", dialled="12345", talk_s=3.0, start_at=0.02 * n) for n in range(CALLERS)
            ]
            group = await here.lab.callers(crowd, host="127.0.0.2")
            await here.waiting(CALLERS, "service")
            sent_before = len(here.sent)
            loop = asyncio.get_running_loop()
            began = loop.time()
            freeing = [here.ear.ask("QueuePause", Interface=f"PJSIP/{n}", Paused="false") for n in numbers]
            await asyncio.gather(*freeing, here.ear.ask("Ping"))
            answered_in = loop.time() - began
            await group.finished(200)
            await here.quiet()
            figures = service.dispatcher.waker.tally.of[QueueName("service")]
            assert service.ingest.world.blind is False
    connected = here.ear.all("AgentConnect")
    offered = len(here.ear.all("AgentCalled"))
    times = [each / 1000 for each in figures.free_to_offered]
    record_property(
        "told",
        f"{len(here.sent)} wakes for {offered} offers: useful {figures.useful}, wasted {figures.wasted}, spare "
        f"{figures.spare}; free to offered {statistics.median(times):.0f} ms in the middle, {max(times):.0f} at most; "
        f"all let go and the ping answered in {answered_in * 1000:.0f} ms",
    )
    assert sent_before == 0
    assert sorted(event["CallerIDNum"] for event in connected) == [caller.number for caller in crowd]
    assert MOST <= len(here.sent) <= 2 * (AGENTS + offered)
    assert [line for line in here.complaints() if "manager" in line] == []
