"""Hang-ups around the instant in which an agent's keys take a call into a room, with no bridge there: nobody is left
alone, and no caller is lost."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.rooms.hall import AGENTS, SITE, Hall, complaints, hall, talk

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

TRIES, SPAN_S = 16, 0.016


async def moved_after(here: Hall) -> float:
    """How long after the first key the agent is sent into the room."""
    began = time.monotonic()
    keys = asyncio.create_task(here.agent.dtmf("*8"))
    async with asyncio.timeout(30):
        while not here.rig.manager.all("ZtRoom"):  # noqa: ASYNC110 - half a millisecond counts here
            await asyncio.sleep(0.0005)
    took = time.monotonic() - began
    await keys
    await here.citizen.hangup()
    await here.agent.ended()
    await here.silent()
    return took


async def ended_or_requeued(here: Hall) -> None:
    """An agent who hangs up on the way into the room ends the call, or the citizen is the next in line again."""
    async with asyncio.timeout(30):
        while here.citizen.is_up and not here.rig.manager.all("ZtRequeue", Room=here.room):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    if here.citizen.is_up:
        again = await here.phones["1001"].next_call()
        await again.answered()
        await here.citizen.hangup()
        await again.ended()


@pytest.mark.parametrize("who", ["agent", "citizen"])
async def test_a_hang_up_around_the_key_for_a_room(make_rig: MakeRig, tmp_path: Path, who: str) -> None:
    async with make_rig(SITE, AGENTS) as rig:
        here = await hall(rig, tmp_path / "music")
        middle = await moved_after(here) - SPAN_S / 2  # what is told of it comes some milliseconds later
        for number in range(TRIES):
            here = await talk(rig, here.phones)
            keys = asyncio.create_task(here.agent.dtmf("*8"))
            await asyncio.sleep(middle + (number / TRIES - 0.5) * SPAN_S)
            await (here.agent if who == "agent" else here.citizen).hangup()
            await asyncio.gather(keys, return_exceptions=True)  # a phone that has hung up keys no more
            await ended_or_requeued(here)
            await here.agent.ended()
            await here.silent()
        crossing = "Abnormal 'Gosub(zt-keys,room,1)' exit"  # the citizen's phone has gone while the key is obeyed
        assert [line for line in complaints(rig) if crossing not in line] == []
