"""What an agent's own phone does in a room, with no bridge there; and what of it all is recorded."""

import asyncio
from pathlib import Path

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.listening import Kept, recorded
from tests.integration.rooms.hall import AGENTS, CITIZEN, FIRST, MUSIC, SECOND, SITE, complaints, hall, hear, only

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

RECORDED = SITE + "[recording]\non = true\nkeep_days = 30\n"


async def test_keys_in_a_room_and_the_recording_of_it(make_rig: MakeRig, tmp_path: Path) -> None:
    async with make_rig(RECORDED, AGENTS) as rig:
        here = await hall(rig, tmp_path / "music")
        await here.enter("join")
        await here.placed("1001", "room")
        await hear((here.citizen, FIRST), (here.agent, CITIZEN))
        await here.agent.dtmf("*21002#")
        guest = await here.phones["1002"].next_call()
        await asyncio.gather(only(here.citizen, {MUSIC}), only(here.agent, {SECOND}), only(guest, {FIRST}))
        await here.agent.dtmf("*4")  # the citizen, while the guest waits
        await asyncio.gather(only(here.citizen, {FIRST}), only(here.agent, {CITIZEN}), only(guest, {MUSIC}))
        await here.agent.dtmf("*4")  # and the guest again
        await asyncio.gather(only(here.citizen, {MUSIC}), only(here.agent, {SECOND}), only(guest, {FIRST}))
        await here.agent.dtmf("*1")  # the guest is let go
        await guest.ended()
        await asyncio.gather(only(here.citizen, {FIRST}), only(here.agent, {CITIZEN}))
        assert SECOND not in here.citizen.heard.tones(among=(SECOND,))
        await here.agent.dtmf("*5")
        await rig.manager.event("ZtRecording", State="paused")
        await here.agent.dtmf("*6")
        await rig.manager.event("ZtRecording", State="resumed")
        await hear((here.citizen, FIRST), (here.agent, CITIZEN))
        await here.agent.dtmf("*2#")  # nobody: a plain hold
        await asyncio.gather(only(here.citizen, {MUSIC}), only(here.agent, ()))
        await here.agent.dtmf("*1")
        await asyncio.gather(only(here.citizen, {FIRST}), only(here.agent, {CITIZEN}))
        await here.agent.dtmf("*21003#")
        guest = await here.phones["1003"].next_call()
        await only(guest, {FIRST})
        await here.agent.dtmf("*3")  # all three
        await asyncio.gather(only(here.citizen, {FIRST, SECOND}), only(guest, {FIRST, CITIZEN}))
        said = here.citizen.heard.first(SECOND)
        await here.agent.hangup()
        await only(guest, {CITIZEN})
        await here.citizen.hangup()
        await guest.ended()
        kept = await asyncio.to_thread(Kept, await recorded(rig))
        assert kept.of(CITIZEN) > 1
        assert kept.of(FIRST) > 1
        assert kept.of(MUSIC) > 0.3
        assert said is not None
        assert here.citizen.heard.end is not None
        assert kept.of(SECOND) == pytest.approx(len(here.citizen.heard.times(SECOND)) / 50, abs=0.1)
        assert complaints(rig) == []
