"""The rooms by dialplan alone: steps begun by AMI, who hears whom, and nobody stranded whoever hangs up when."""

import asyncio
from pathlib import Path

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.rooms.hall import (
    AGENTS,
    CITIZEN,
    FIRST,
    MUSIC,
    SECOND,
    SITE,
    Hall,
    complaints,
    hall,
    hear,
    only,
    talk,
)
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.policy import Answer, Ring

pytestmark = pytest.mark.acceptance

ENDED = ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"]


async def test_hold_consult_swap_three_and_hand_over(make_rig: MakeRig, tmp_path: Path) -> None:
    """One PBX for the whole walk: it is short, and each step begins where the last one ended."""
    async with make_rig(SITE, AGENTS) as rig:
        here = await hall(rig, tmp_path / "music")
        await here.enter("side")
        await here.placed("1001", "side")
        await asyncio.gather(only(here.citizen, {MUSIC}), only(here.agent, ()))
        await here.redirect(("1001", "zt-room-agent,back"))
        await asyncio.gather(only(here.citizen, {FIRST}), only(here.agent, {CITIZEN}))
        guest = await here.consult()
        await asyncio.gather(only(here.citizen, {MUSIC}), only(here.agent, {SECOND}), only(guest, {FIRST}))
        await here.redirect(("1001", "zt-room-agent,back"), ("1002", "zt-room-guest,hold"))
        await asyncio.gather(only(here.citizen, {FIRST}), only(here.agent, {CITIZEN}), only(guest, {MUSIC}))
        await here.redirect(("1001", "zt-room-agent,side"), ("1002", "zt-room-guest,side"))
        await asyncio.gather(only(here.citizen, {MUSIC}), only(here.agent, {SECOND}), only(guest, {FIRST}))
        await rig.manager.ask("ConfbridgeKick", Conference=f"c{here.room}", Channel="all")
        await asyncio.gather(
            only(here.citizen, {FIRST, SECOND}), only(here.agent, {CITIZEN, SECOND}), only(guest, {CITIZEN, FIRST})
        )
        await here.agent.hangup()
        await asyncio.gather(only(here.citizen, {SECOND}), only(guest, {CITIZEN}))
        await guest.hangup()
        assert (await here.citizen.ended()).cause == 16
        await here.silent()
        assert here.queue_log() == ENDED
        consults = [event["Status"] for event in rig.manager.all("ZtConsult")]
        assert consults == ["RINGING"]
        assert [event["Status"] for event in rig.manager.all("ZtQueueEnd")] == ["CONTINUE"]
        assert complaints(rig) == []


async def in_room(here: Hall) -> list[Call]:
    await here.enter("join")
    await here.placed("1001", "room")
    await hear((here.citizen, FIRST), (here.agent, CITIZEN))
    return []


async def on_hold(here: Hall) -> list[Call]:
    await here.enter("side")
    await here.placed("1001", "side")
    await hear((here.citizen, MUSIC))
    return []


async def ringing(here: Hall) -> list[Call]:
    here.phones["1002"].on_invite = Ring()
    await here.setvar("1001", "ZT_TO", "1002")
    await here.enter("consult")
    guest = await here.phones["1002"].next_call()
    await guest.ringing()
    await hear((here.citizen, MUSIC))
    return [guest]


async def consulting(here: Hall) -> list[Call]:
    guest = await here.consult()
    await hear((here.citizen, MUSIC), (here.agent, SECOND), (guest, FIRST))
    return [guest]


async def swapped(here: Hall) -> list[Call]:
    guest = await here.consult()
    await here.redirect(("1001", "zt-room-agent,back"), ("1002", "zt-room-guest,hold"))
    await hear((here.citizen, FIRST), (here.agent, CITIZEN), (guest, MUSIC))
    return [guest]


async def three(here: Hall) -> list[Call]:
    guest = await here.consult()
    await rig_kick(here)
    await asyncio.gather(only(here.citizen, {FIRST, SECOND}), only(guest, {CITIZEN, FIRST}))
    return [guest]


async def rig_kick(here: Hall) -> None:
    await here.rig.manager.ask("ConfbridgeKick", Conference=f"c{here.room}", Channel="all")


async def requeued(here: Hall) -> None:
    """Back in the queue, and taken anew by the agent, who is free."""
    again = await here.phones["1001"].next_call()
    await hear((here.citizen, FIRST), (again, CITIZEN))
    assert (here.queue_log().count("ENTERQUEUE"), here.queue_log().count("CONNECT")) == (2, 2)
    await again.hangup()
    await here.citizen.ended()


PHASES = (in_room, on_hold, ringing, consulting, swapped, three)
WHO_GOES_WHEN = [
    (phase, who)
    for phase in PHASES
    for who in ("citizen", "agent", "guest")
    if who != "guest" or phase not in (in_room, on_hold)
]


async def test_whoever_hangs_up_in_whichever_phase_nobody_is_stranded(make_rig: MakeRig, tmp_path: Path) -> None:
    """Rows 1 and 2 of failure-cases: the citizen is never dropped while somebody else is on; the last one out cleans
    up."""
    async with make_rig(SITE, AGENTS) as rig:
        here: Hall | None = None
        for phase, who in WHO_GOES_WHEN:
            here = await (hall(rig, tmp_path / "music") if here is None else talk(rig, here.phones))
            here.phones["1002"].on_invite = Answer()
            await GOES[who](here, phase.__name__, next(iter(await phase(here)), here.agent))
            await here.silent()
            assert here.queue_log()[:2] == ENDED[:2]
            assert sum(word.startswith("COMPLETE") for word in here.queue_log()) == here.queue_log().count("CONNECT")
        assert complaints(rig) == []


async def citizen_goes(here: Hall, phase: str, guest: Call) -> None:
    """Two who talk aside may end their talk."""
    await here.citizen.hangup()
    if phase == "ringing":
        await here.rig.manager.event("Hangup", Uniqueid=here.room)
        guest.answer()
    if phase in ("ringing", "consulting"):
        await hear((guest, FIRST), (here.agent, SECOND))
        await (here.agent if phase == "ringing" else guest).hangup()
    await asyncio.gather(here.agent.ended(), guest.ended())


async def agent_goes(here: Hall, phase: str, guest: Call) -> None:
    await here.agent.hangup()
    if phase in ("on_hold", "ringing"):
        await guest.ended()
        await requeued(here)
        return
    if phase != "in_room":
        await asyncio.gather(only(here.citizen, {SECOND}), only(guest, {CITIZEN}))
        await guest.hangup()
    assert (await here.citizen.ended()).cause == 16


async def guest_goes(here: Hall, phase: str, guest: Call) -> None:
    if phase == "ringing":
        guest.refuse(486)
    else:
        await guest.hangup()
    await asyncio.gather(only(here.citizen, {FIRST}), only(here.agent, {CITIZEN}))
    await here.agent.hangup()
    assert (await here.citizen.ended()).cause == 16


GOES = {"citizen": citizen_goes, "agent": agent_goes, "guest": guest_goes}
