"""A guest whom an agent has muted is never the only one with the citizen: as the agent leaves or walks aside, they are
heard again, by the dialplan alone."""

import asyncio
from pathlib import Path

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.rooms.hall import AGENTS, CITIZEN, FIRST, SECOND, SITE, Hall, complaints, hall, hear, only, talk
from tests.integration.rooms.lines import invite
from zhitong.lab.phones.call import Call

pytestmark = pytest.mark.acceptance


async def muted(here: Hall) -> Call:
    """1002 is with the two, and nobody hears them."""
    await here.enter("join")
    await here.placed("1001", "room")
    await invite(here, "1002:20:8101")
    guest = await here.phones["1002"].next_call()
    await hear((here.citizen, SECOND), (guest, CITIZEN))
    await here.setvar("1002", "GROUP(zt-muted)", here.room)
    await here.rig.manager.ask("ConfbridgeMute", Conference=here.room, Channel=here.channel("1002"))
    await asyncio.gather(only(here.citizen, {FIRST}), only(guest, {CITIZEN, FIRST}))
    return guest


async def test_who_is_muted_is_heard_again_when_no_agent_is_there(make_rig: MakeRig, tmp_path: Path) -> None:
    async with make_rig(SITE, AGENTS) as rig:
        here = await hall(rig, tmp_path / "music")
        guest = await muted(here)
        await here.agent.hangup()
        await asyncio.gather(only(here.citizen, {SECOND}), only(guest, {CITIZEN}))
        await here.citizen.hangup()
        await here.silent()
        here = await talk(rig, here.phones)
        guest = await muted(here)
        await here.redirect(("1001", "zt-room-agent,side"))
        await asyncio.gather(only(here.citizen, {SECOND}), only(guest, {CITIZEN}), only(here.agent, ()))
        await here.redirect(("1001", "zt-room-agent,back"))
        await asyncio.gather(only(here.citizen, {FIRST, SECOND}), only(guest, {CITIZEN, FIRST}))
        await here.citizen.hangup()
        await here.silent()
        assert complaints(rig) == []
