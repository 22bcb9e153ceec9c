"""Orders about an agent's place in the queues, through the bridge's door and on a real PBX."""

from pathlib import Path

import pytest

from telephony.control.orders.agents import DesktopSeen, ExtendWrapUp, Pause, Ready, SignIn, SignOut
from telephony.directory.agents import Agent, QueueMembership
from telephony.model import queues
from telephony.model.ids import MemberName, QueueName
from telephony.model.machines import AgentState
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.test_agents import key
from tests.integration.rooms.office import Office, office
from zhitong.lab.phones.policy import Answer, Refuse, Ring

pytestmark = pytest.mark.acceptance

SITE = """
[desk]
after_missed = "pause"
desktop_grace_s = 1
wrapup_max_s = 90
[[queue]]
name = "hotline"
timeout_s = 2
[[queue]]
name = "housing"
wrapup_s = 60
timeout_s = 2
[[route]]
numbers = ["12346"]
queues = { housing = 1 }
"""
ME, LEAD = MemberName("1001"), "lead"
PLACES = (QueueMembership(QueueName("hotline")), QueueMembership(QueueName("housing"), 5))
AGENTS = [Agent(ME, "张三", PLACES, "desk-7.b"), Agent(MemberName("1002"), "李四", (), "1002")]


def me(bridge: Office) -> queues.Agent:
    return bridge.service.reach.world.agents[ME]


async def test_an_agent_works_by_orders_and_by_codes_alike(make_rig: MakeRig, tmp_path: Path) -> None:
    async with make_rig(SITE, AGENTS) as rig, office(rig, tmp_path / "office") as bridge:
        phone = await rig.agent("desk-7.b")
        assert "unknown-agent: agent:" in await bridge.refused(SignIn(MemberName("9999"), LEAD))
        assert "not-allowed: agent:" in await bridge.refused(SignIn(MemberName("1002"), LEAD))
        assert "bad-value: queues:" in await bridge.refused(SignIn(ME, LEAD, (QueueName("x\r\ny"),)))
        assert "unknown-agent: agent:" in await bridge.refused(Ready(MemberName("9999"), LEAD))
        assert "wrong-state: agent: 1001 is signed in to no queue" in await bridge.refused(Ready(ME, ME))

        await bridge.done(SignIn(ME, ME, (QueueName("housing"),)))
        assert await rig.members("housing") == {"1001": (5, False)}
        assert await rig.members("hotline") == {}
        await bridge.done(SignIn(ME, ME))
        assert await rig.members("hotline") == {"1001": (0, False)}
        await bridge.until(lambda: bridge.state(ME) is AgentState.READY)

        answer = await bridge.refused(Pause(ME, "smoke\r\nAction: Logoff", ME))
        assert answer.startswith("bad-value: reason:") and "meal" in answer
        await bridge.done(Pause(ME, "meal", LEAD))
        assert (bridge.state(ME), me(bridge).pause_reason) == (AgentState.PAUSED, "meal")
        await key(phone, "*14")
        await bridge.until(lambda: bridge.state(ME) is AgentState.READY)
        await key(phone, "*13")
        await bridge.until(lambda: me(bridge).pause_reason == "feature-code")
        await bridge.done(Ready(ME, ME))
        assert await rig.members("housing") == {"1001": (5, False)}

        await bridge.done(SignOut(ME, ME, (QueueName("housing"),)))
        assert (await rig.members("housing"), await rig.members("hotline")) == ({}, {"1001": (0, False)})
        await bridge.done(SignOut(ME, ME))
        assert bridge.state(ME) is AgentState.SIGNED_OUT
        assert "wrong-state" in await bridge.refused(Pause(ME, "meal", ME))


async def test_wrap_up_is_extended_and_ended_and_missed_offers_pause(make_rig: MakeRig, tmp_path: Path) -> None:
    async with make_rig(SITE, AGENTS) as rig, office(rig, tmp_path / "office") as bridge:
        phone = await rig.agent("desk-7.b")
        await bridge.done(SignIn(ME, ME))
        assert "wrong-state" in await bridge.refused(ExtendWrapUp(ME, 10, ME))
        phone.on_invite = Answer()
        await (await (await rig.citizen()).call("12346")).answered()
        await (await phone.next_call()).hangup()
        await bridge.until(lambda: bridge.state(ME) is AgentState.WRAP_UP)
        first = me(bridge).wrapup_until
        assert first is not None
        assert 58 < (first - bridge.service.reach.world.now) / 1_000_000 <= 60
        await bridge.done(ExtendWrapUp(ME, 20, ME))
        assert me(bridge).wrapup_until == first + 20_000_000
        assert f"{first // 1_000}:{first // 1_000 + 20_000}" in await rig.lab.pbx.cli("dialplan show globals")
        assert "not-allowed: seconds:" in await bridge.refused(ExtendWrapUp(ME, 60, ME))
        await bridge.done(Ready(ME, ME))
        assert bridge.state(ME) is AgentState.READY
        assert await rig.members("hotline") == {"1001": (0, False)}

        phone.on_invite = Refuse(603)
        call = await (await rig.citizen("13800000002")).call("12345")
        await phone.next_call()
        phone.on_invite = Ring()  # the next offer rings out
        await bridge.until(lambda: bridge.state(ME) is AgentState.OFFERED and len(phone.calls) > 2)
        await bridge.until(lambda: me(bridge).pause_reason == "missed-offer")
        await call.hangup()
        await bridge.until(lambda: bridge.state(ME) is AgentState.PAUSED)


async def test_where_agents_are_always_in_and_a_desktop_that_is_gone(make_rig: MakeRig, tmp_path: Path) -> None:
    always = '[agents]\nsign_in = "always"\n' + SITE
    async with make_rig(always, AGENTS) as rig, office(rig, tmp_path / "office") as bridge:
        await rig.agent("desk-7.b")
        await bridge.until(lambda: bridge.state(ME) is AgentState.READY)
        assert "not-allowed: queues:" in await bridge.refused(SignOut(ME, ME, (QueueName("hotline"),)))
        await bridge.done(SignOut(ME, ME))
        assert bridge.state(ME) is AgentState.SIGNED_OUT
        assert await rig.members("hotline") == {"1001": (0, True)}
        assert "wrong-state" in await bridge.refused(Ready(ME, ME))

        await bridge.done(DesktopSeen(ME, True, "gateway-1"))
        await bridge.done(SignIn(ME, ME, desktop=True))
        assert bridge.state(ME) is AgentState.READY
        await bridge.done(DesktopSeen(ME, False, "gateway-1"))
        await bridge.until(lambda: (bridge.state(ME), me(bridge).pause_reason) == (AgentState.PAUSED, "desktop-gone"))
        await bridge.done(DesktopSeen(ME, True, "gateway-2"))
        await bridge.until(lambda: bridge.state(ME) is AgentState.READY)
        await bridge.done(Pause(ME, "meal", ME))
        await bridge.done(DesktopSeen(ME, False, "gateway-2"))
        await bridge.done(DesktopSeen(ME, True, "gateway-2"))
        assert me(bridge).pause_reason == "meal"
