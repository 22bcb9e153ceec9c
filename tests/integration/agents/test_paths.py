"""Wrap-up begins when the agent's own channel ends, whichever way it has gone: through rooms, out by a transfer."""

from pathlib import Path

import pytest

from telephony.model.machines import AgentState
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.rooms.hall import AGENTS, SITE, hall
from tests.integration.rooms.office import office

pytestmark = pytest.mark.acceptance

WRAPPING = SITE.replace('name = "hotline"\n', 'name = "hotline"\nwrapup_s = 60\n')


async def test_through_rooms_it_begins_at_the_end_of_the_agents_channel(make_rig: MakeRig, tmp_path: Path) -> None:
    async with make_rig(WRAPPING, AGENTS) as rig, office(rig, tmp_path / "office") as bridge:
        here = await hall(rig, tmp_path / "music")
        await bridge.until(lambda: bridge.state("1001") is AgentState.ON_CALL)
        desk = bridge.desk(here)
        await bridge.done(desk.hold())
        await bridge.done(desk.resume())
        assert rig.manager.all("ZtWrapup") == [], "the agent has only been moved"
        await here.agent.hangup()
        await bridge.until(lambda: bridge.state("1001") is AgentState.WRAP_UP)
        assert [event["Agent"] for event in rig.manager.all("ZtWrapup")] == ["1001"]
        assert await rig.members("hotline") == {"1001": (0, True)}


async def test_who_transfers_wraps_up_and_who_is_only_rung_by_number_does_not(
    make_rig: MakeRig, tmp_path: Path
) -> None:
    async with make_rig(WRAPPING, AGENTS) as rig:
        here = await hall(rig, tmp_path / "music")
        await here.agent.dtmf("#11002")
        taken = await here.phones["1002"].next_call()
        await taken.answered()
        await here.agent.ended()
        await rig.manager.event("ZtWrapup", Agent="1001")
        assert here.citizen.is_up
        await taken.hangup()
        await here.citizen.ended()
        assert [event["Agent"] for event in rig.manager.all("ZtWrapup")] == ["1001"]
