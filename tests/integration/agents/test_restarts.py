"""What agents' states live through: our end within a wrap-up, a reload of the queues, a phone that vanishes."""

from pathlib import Path

import pytest

from telephony.control.orders.agents import ExtendWrapUp, Pause, Ready, SignIn
from telephony.model.machines import AgentState
from tests.integration.agents.test_orders import AGENTS, ME, SITE, me
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.rig import Rig
from tests.integration.dialplans.test_agents import key
from tests.integration.rooms.office import office
from zhitong.lab.phones.phone import Phone
from zhitong.lab.phones.policy import Answer

pytestmark = pytest.mark.acceptance


async def takes_a_call(rig: Rig, phone: Phone, dialled: str) -> None:
    phone.on_invite = Answer()
    call = await (await rig.citizen()).call(dialled)
    await call.answered()
    await (await phone.next_call()).hangup()
    await call.ended()


async def test_row_12_and_13_states_live_through_our_end_and_a_reload(make_rig: MakeRig, tmp_path: Path) -> None:
    """Rows 12 and 13. Each bridge here ends without a word, as if it had been killed."""
    async with make_rig(SITE, AGENTS) as rig:
        phone = await rig.agent("desk-7.b")
        async with office(rig, tmp_path / "one") as bridge:
            await bridge.done(SignIn(ME, ME))
            await takes_a_call(rig, phone, "12346")
            await bridge.until(lambda: bridge.state(ME) is AgentState.WRAP_UP)
            first = me(bridge).wrapup_until
            assert first is not None
            await bridge.done(ExtendWrapUp(ME, 20, ME))
        async with office(rig, tmp_path / "two") as bridge:
            assert bridge.state(ME) is AgentState.WRAP_UP
            assert me(bridge).wrapup_until == first + 20_000_000
            await rig.lab.pbx.cli("queue reload all")
            await bridge.done(ExtendWrapUp(ME, 1, ME))
            assert me(bridge).wrapup_until == first + 21_000_000
            await bridge.done(Pause(ME, "meal", ME))
        async with office(rig, tmp_path / "three") as bridge:
            assert (bridge.state(ME), me(bridge).pause_reason) == (AgentState.PAUSED, "meal")
        await key(phone, "*14")  # nobody of ours is there
        await takes_a_call(rig, phone, "12345")
        async with office(rig, tmp_path / "four") as bridge:
            assert bridge.state(ME) is AgentState.READY


async def test_row_22_a_phone_that_vanishes_makes_unreachable_and_heals(make_rig: MakeRig, tmp_path: Path) -> None:
    """Row 22: phone unregistered, agent still "available"."""
    async with make_rig(SITE, AGENTS) as rig, office(rig, tmp_path / "office") as bridge:
        phone = await rig.agent("desk-7.b")
        await bridge.done(SignIn(ME, ME))
        await bridge.until(lambda: bridge.state(ME) is AgentState.READY)
        await phone.stop()
        await bridge.until(lambda: bridge.state(ME) is AgentState.UNREACHABLE)
        phone = await rig.agent("desk-7.b")
        await bridge.until(lambda: bridge.state(ME) is AgentState.READY)
        await takes_a_call(rig, phone, "12345")
        await bridge.done(Pause(ME, "meal", ME))
        await bridge.done(Ready(ME, ME))
