"""A supervisor hears a conference in each of its phases, whispers to the agent, and joins it: by ear."""

import asyncio
from pathlib import Path

import pytest

from agent_bridge.client import Client
from bench.conference.floor import AGENT, CITIZEN, GUEST, MUSIC, SECOND, Conference, floor
from tests.integration.conferences.ears import EVERYBODY, hears, music, proven
from tests.integration.conferences.steps import consult
from zhitong.lab.phones.policy import Answer
from zhitong.lab.programs import Tools

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]


async def test_a_supervisor_hears_whispers_and_joins(tmp_path: Path, tools: Tools) -> None:
    async with floor(tmp_path / "run", tools, 1, seconds=1) as here:
        await music(here, tmp_path / "music")
        (one,) = await here.connected()
        assert one.seat.second is not None
        one.seat.second.on_invite = Answer()
        async with here.supervisor(one.seat.second.account.number) as boss:
            await consult(one)
            await listens(one, boss)
            await one.ordered("merge")
            await whispers_and_joins(one, boss)
            await boss.stop_listening(one.seat.number)
            await one.guests[-1].ended()
            await proven(one, "three")
        await one.over()
        await here.quiet()


async def listens(one: Conference, boss: Client) -> None:
    """They hear what the agent says and hears, the private talk too, and nobody hears them."""
    assert one.seat.second is not None
    await boss.listen(one.seat.number)
    ear = await one.comes(one.seat.second)
    await asyncio.gather(hears(ear, {AGENT, GUEST}), hears(one.citizen, {MUSIC}), hears(one.agent, {GUEST}))
    assert SECOND not in one.agent.heard.tones(among=EVERYBODY) | one.guest.heard.tones(among=EVERYBODY)


async def whispers_and_joins(one: Conference, boss: Client) -> None:
    await hears(one.second, {CITIZEN, AGENT, GUEST})
    await boss.listen(one.seat.number, whisper=True)
    await asyncio.gather(hears(one.agent, {CITIZEN, GUEST, SECOND}), hears(one.citizen, {AGENT, GUEST}))
    await hears(one.guest, {CITIZEN, AGENT})
    await boss.listen(one.seat.number, barge=True)
    await proven(one, "four")
