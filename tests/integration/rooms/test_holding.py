"""The hold button of a phone in a room, on a real Asterisk with the bridge at work."""

import asyncio
from pathlib import Path

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.outside import MOBILE, outside
from tests.integration.rooms.hall import AGENTS, CITIZEN, FIRST, MUSIC, SECOND, SITE, hall, only
from tests.integration.rooms.office import office
from zhitong.lab.phones.policy import Answer

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]


async def test_who_is_consulted_hears_music_too_and_a_new_bridge_ends_the_hold(
    make_rig: MakeRig, tmp_path: Path
) -> None:
    async with make_rig(SITE, AGENTS) as rig:
        here = await hall(rig, tmp_path / "music")
        guest = await here.consult()
        async with office(rig, tmp_path / "first") as bridge:
            for _ in range(2):
                await here.agent.hold()
                await asyncio.gather(only(here.citizen, {MUSIC}), only(guest, {MUSIC}))
                await here.agent.resume()
                await asyncio.gather(only(here.citizen, {MUSIC}), only(guest, {FIRST}), only(here.agent, {SECOND}))
            await bridge.done(bridge.desk(here).swap())
            await here.agent.hold()  # with the caller again, while the guest waits: both wait now
            await asyncio.gather(only(here.citizen, {MUSIC}), only(guest, {MUSIC}))
            await here.agent.resume()
            await asyncio.gather(only(here.citizen, {FIRST}), only(guest, {MUSIC}), only(here.agent, {CITIZEN}))
            await bridge.done(bridge.desk(here).merge())
            await here.agent.hold()  # among three nobody is moved
            await asyncio.gather(only(here.citizen, {SECOND}), only(guest, {CITIZEN}))
            await here.agent.resume()
            await only(here.citizen, {FIRST, SECOND})
            await asyncio.gather(here.agent.hold(), guest.hold())  # both of them
            await only(here.citizen, {MUSIC})
            await guest.resume()
            await asyncio.gather(only(here.citizen, {SECOND}), only(guest, {CITIZEN}))
            await here.agent.resume()
            await only(here.citizen, {FIRST, SECOND})
            leg = bridge.call(here).consults[-1].guest
            assert leg is not None
            await bridge.done(bridge.desk(here).mute(leg))
            await only(here.citizen, {FIRST})
            await here.agent.hold()  # the citizen would hear nobody
            await only(here.citizen, {SECOND})
            await here.agent.resume()
            await guest.hangup()
            await here.agent.hold()
            await only(here.citizen, {MUSIC})
        async with office(rig, tmp_path / "second") as bridge:
            assert bridge.call(here).live
            await here.agent.resume()
            await asyncio.gather(only(here.citizen, {FIRST}), only(here.agent, {CITIZEN}))
        await here.citizen.hangup()
        await here.silent()


async def test_who_was_called_outside_holds_without_an_agents_keys(make_rig: MakeRig, tmp_path: Path) -> None:
    async with (
        outside() as out,
        make_rig(SITE, AGENTS, base=out.base) as rig,
        office(rig, tmp_path / "office") as bridge,
    ):
        out.carrier.tone_hz, out.carrier.on_invite = SECOND, Answer()
        here = await hall(rig, tmp_path / "music")
        desk = bridge.desk(here)
        await bridge.done(desk.consult(MOBILE))
        guest = await out.carrier.next_call()
        await only(guest, {FIRST})
        await bridge.done(desk.complete())
        await asyncio.gather(only(here.citizen, {SECOND}), only(guest, {CITIZEN}))
        await guest.hold()
        await only(here.citizen, {MUSIC})
        await guest.resume()
        await asyncio.gather(only(here.citizen, {SECOND}), only(guest, {CITIZEN}))
        own = [each for each in rig.manager.all("ZtRoom") if each["Uniqueid"] != here.room]
        assert {each["Role"] for each in own if each["Channel"].startswith("PJSIP/trunk-")} == {"guest"}
        await guest.hold()
        await only(here.citizen, {MUSIC})
        await guest.hangup()  # while it holds: the caller is not lost
        await here.phones["1001"].next_call()
        await only(here.citizen, {FIRST})
        await here.citizen.hangup()
        await here.silent()
