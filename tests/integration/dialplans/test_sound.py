"""What the citizen hears while nobody has answered."""

import asyncio

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.rig import Rig, agents_of, settled
from tests.integration.dialplans.test_calls import ALWAYS
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.heard import Sound
from zhitong.lab.phones.policy import Answer, Ring

pytestmark = pytest.mark.acceptance

RING_HZ = 450
"""China's ring-back tone: a second of it, four seconds of silence."""


async def busy_agent(rig: Rig) -> Call:
    """A first citizen takes the only agent; the agent's call."""
    agent = await rig.agent("1001")
    agent.on_invite = Answer()
    await (await (await rig.citizen("13900000000")).call("12345")).answered()
    taken = await agent.next_call()
    agent.on_invite = Ring()
    return taken


@pytest.mark.parametrize("trunk", ["early", "entry"])
async def test_music_plays_while_nobody_can_be_rung_and_stops_when_a_phone_rings(make_rig: MakeRig, trunk: str) -> None:
    async with make_rig(ALWAYS, agents_of("1001")) as rig:
        first = await busy_agent(rig)
        call = await (await rig.citizen(trunk=trunk)).call("12345")
        await settled(1.5)
        assert len(call.heard.packets()) > 50
        assert call.heard.times(Sound.ANY)
        assert RING_HZ not in call.heard.tones()
        await first.hangup()
        await rig.manager.event("AgentCalled", CallerIDNum="13800000001")
        await settled(0.2)
        moment = asyncio.get_running_loop().time()
        await settled(1.2)
        assert call.heard.tones(moment) <= {RING_HZ}


async def test_a_carrier_without_early_media_rings_by_itself_and_gets_no_packet(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001")) as rig:
        await busy_agent(rig)
        call = await (await rig.citizen()).call("12345")
        await call.ringing()
        await settled(1.5)
        assert call.heard.packets() == []
        assert call.up_at is None
