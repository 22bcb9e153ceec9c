"""Brought back: one phone alone, five seconds, the old place; nobody waits for an agent who is not free."""

import time
from pathlib import Path

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.rig import Rig, agents_of
from tests.integration.met.counter import SITE, calls, ready
from zhitong.lab.phones.policy import Answer, Refuse, Ring

pytestmark = pytest.mark.acceptance

BACK, OTHER, THIRD = "13800000002", "13800000003", "13800000004"
LINE = "zt-sticky-hotline"


async def had(rig: Rig, agent: str, *, good_for_s: int = 60) -> None:
    """Somebody writes that this agent had BACK, as the bridge does: with its user and its rights."""
    state = f"PRESENCE_STATE(CustomPresence:zt-back-{BACK[-3:]})"
    value = f"xa,{int(time.time()) + good_for_s}:{agent}:mobile-{BACK}"
    answer = await rig.manager.ask("Setvar", Variable=state, Value=value)
    assert answer["Response"] == "Success", answer
    rig.manager.events.clear()


async def joined(rig: Rig, number: str = BACK) -> str:
    """The first queue they wait in, and it is the hotline's own."""
    event = await rig.manager.event("QueueCallerJoin", CallerIDNum=number)
    assert not rig.manager.all("ZtSticky")
    return event["Queue"]


@pytest.mark.slow
async def test_that_phone_alone_rings_and_then_the_old_place(make_rig: MakeRig, tmp_path: Path) -> None:
    async with make_rig(SITE, agents_of("1001", "1002")) as rig:
        for number in ("1001", "1002"):
            (await rig.agent(number)).on_invite = Ring()
        await ready(rig, "1001", "1002")
        await had(rig, "1002")
        began = time.monotonic()
        back = await calls(rig, BACK)
        offer = await rig.manager.event("AgentCalled")
        assert (offer["Queue"], offer["MemberName"]) == (LINE, "1002")
        other = await calls(rig, OTHER)
        offer = await rig.manager.event("AgentCalled", CallerIDNum=OTHER)
        assert (offer["Queue"], offer["MemberName"]) == ("hotline", "1001")  # 1002 is not offered two callers
        third = await calls(rig, THIRD)
        await rig.manager.event("QueueCallerJoin", CallerIDNum=THIRD, Position="2")
        await rig.manager.event("ZtSticky", State="passed", Agent="1002")
        assert time.monotonic() - began < 8  # 5 s, and what a busy machine takes
        place = await rig.manager.event("QueueCallerJoin", CallerIDNum=BACK, Queue="hotline")
        assert place["Position"] == "1"  # before those who came meanwhile
        for call in (back, other, third):
            await call.hangup()
        assert not rig.complaints()


async def test_who_refuses_is_not_rung_again_and_the_caller_goes_on_at_once(make_rig: MakeRig) -> None:
    async with make_rig(SITE, agents_of("1001")) as rig:
        agent = await rig.agent("1001")
        agent.on_invite = Refuse(486)
        await ready(rig, "1001")
        await had(rig, "1001")
        began = time.monotonic()
        back = await calls(rig, BACK)
        await rig.manager.event("ZtSticky", State="passed")
        assert time.monotonic() - began < 3
        assert len(rig.manager.all("AgentCalled", Queue=LINE)) == 1
        await rig.manager.event("AgentCalled", Queue="hotline", MemberName="1001")
        await back.hangup()
        await rig.manager.event("ZtEnd", CallerIDNum=BACK)
        # Paused in that line alone; the next caller who is brought back ends it.
        agent.on_invite = Answer()
        await had(rig, "1001")
        again = await calls(rig, BACK)
        await rig.manager.event("AgentConnect", Queue=LINE, MemberName="1001")
        await again.hangup()


async def test_nobody_waits_for_an_agent_who_is_not_free(make_rig: MakeRig) -> None:
    async with make_rig(SITE, agents_of("1001", "1002")) as rig:
        one, two = await rig.agent("1001"), await rig.agent("1002")
        one.on_invite = two.on_invite = Answer()
        await ready(rig, "1001", "1002")
        for given in ({"Paused": "true"}, {"Paused": "true", "Queue": "hotline"}):
            await rig.manager.ask("QueuePause", Interface="PJSIP/1002", **given)
            await had(rig, "1002")
            call = await calls(rig, BACK)
            assert await joined(rig) == "hotline"
            await call.hangup()
            await rig.manager.event("ZtEnd", CallerIDNum=BACK)
            await rig.manager.ask("QueuePause", Interface="PJSIP/1002", Paused="false")
        busy = await two.call("1001")
        await busy.answered()
        await had(rig, "1002")
        call = await calls(rig, BACK)
        assert await joined(rig) == "hotline"
        await call.hangup()
        await busy.hangup()
        await rig.manager.event("ZtEnd", CallerIDNum=BACK)
        await had(rig, "1002", good_for_s=-1)  # too long ago
        call = await calls(rig, BACK)
        assert await joined(rig) == "hotline"
        await call.hangup()
        await rig.manager.event("ZtEnd", CallerIDNum=BACK)
        await had(rig, "1999")  # nobody's number
        call = await calls(rig, BACK)
        assert await joined(rig) == "hotline"
        await call.hangup()
        assert not [line for line in rig.complaints() if "Unable to join queue" in line]
