"""Who is not asked for a rating."""

import asyncio
from pathlib import Path

import pytest

from telephony.control.orders.remarks import Mark
from telephony.directory.agents import Agent
from telephony.model.ids import MemberName
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.rig import Rig, agents_of
from tests.integration.met.counter import SITE, calls
from tests.integration.rooms.office import DEADLINE_S, ME, office
from zhitong.lab.phones.policy import Answer

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

FIRST, SECOND = "13800000002", "13800000003"


async def spared(rig: Rig, channel: str) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while (await rig.manager.ask("Getvar", Channel=channel, Variable="ZT_SPARED"))["Value"] != "1":  # noqa: ASYNC110 - a variable tells nobody
            await asyncio.sleep(0.05)


async def test_nobody_who_was_handed_on_or_marked(make_rig: MakeRig, tmp_path: Path) -> None:
    """FIRST is transferred by keys to a colleague, who ends the call; SECOND is marked as nuisance."""
    agents = [*agents_of("1001"), Agent(MemberName("1002"), "李四", (), "1002")]
    async with make_rig(SITE, agents) as rig, office(rig, tmp_path / "office") as bridge:
        one, two = await rig.agent("1001"), await rig.agent("1002")
        one.on_invite = two.on_invite = Answer()
        await calls(rig, FIRST)
        leg = await one.next_call()
        connected = await rig.manager.event("AgentConnect")
        await leg.dtmf("*2")
        await leg.dtmf("1002#")
        other = await two.next_call()
        await rig.manager.event("DialEnd", DialStatus="ANSWER", DestCallerIDNum="1002")
        await leg.hangup()
        await rig.manager.event("AttendedTransfer", Result="Success")
        await spared(rig, connected["Channel"])
        await other.hangup()
        await rig.manager.event("ZtEnd", CallerIDNum=FIRST)
        assert not rig.manager.all("ZtRating")

        await calls(rig, SECOND)
        leg = await one.next_call()
        connected = await rig.manager.event("AgentConnect", CallerIDNum=SECOND)
        call = bridge.service.reach.world.by_leg[connected["Uniqueid"]]  # type: ignore[index]
        await bridge.until(lambda: call.answered_at is not None)
        await bridge.done(Mark(call.call_id, ME, "nuisance", "1001"))
        await spared(rig, connected["Channel"])
        await leg.hangup()
        await rig.manager.event("ZtEnd", CallerIDNum=SECOND)
        assert not rig.manager.all("ZtRating")
