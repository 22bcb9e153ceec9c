"""Nobody is kept waiting for an agent who is gone."""

import asyncio
from pathlib import Path

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.rooms.hall import AGENTS, CITIZEN, SECOND, SITE, complaints, hall, hear, only
from tests.integration.rooms.lines import invite

pytestmark = pytest.mark.acceptance


async def test_who_is_to_wait_for_an_agent_who_has_gone_comes_to_the_citizen(make_rig: MakeRig, tmp_path: Path) -> None:
    async with make_rig(SITE, AGENTS) as rig:
        here = await hall(rig, tmp_path / "music")
        await here.enter("join")
        await here.placed("1001", "room")
        await invite(here, "1002:20:8101")
        guest = await here.phones["1002"].next_call()
        await hear((here.citizen, SECOND), (guest, CITIZEN))
        await here.agent.hangup()
        await asyncio.gather(only(here.citizen, {SECOND}), only(guest, {CITIZEN}))
        await here.redirect(("1002", "zt-room-guest,hold"))
        await rig.manager.event("ZtRoom", Place="hold", Role="guest")
        await asyncio.gather(only(here.citizen, {SECOND}), only(guest, {CITIZEN}))
        await here.citizen.hangup()
        await here.silent()
        assert complaints(rig) == []
