"""Specialists and colleagues are brought in by lines: who is rung after whom, who comes, and what becomes of all when
somebody goes meanwhile. The dialplan alone; its steps are begun by AMI."""

import asyncio
from pathlib import Path

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.rig import agents_of
from tests.integration.rooms.hall import (
    CITIZEN,
    FIRST,
    MUSIC,
    SECOND,
    SITE,
    THIRD,
    Hall,
    complaints,
    hall,
    hear,
    only,
    talk,
)
from tests.integration.rooms.lines import ended, invite, said
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.policy import Answer, Refuse, Ring

pytestmark = pytest.mark.acceptance

AGENTS = agents_of("1001") + agents_of("1002", "1003", "1004", queues="other")


RING_BACK = 450
"""China's."""


async def room(here: Hall) -> None:
    """Citizen and agent in the room."""
    await here.enter("join")
    await here.placed("1001", "room")


async def rung(here: Hall, number: str) -> Call:
    call = await here.phones[number].next_call()
    await call.ringing()
    return call


async def test_tries_one_after_another_and_who_comes(make_rig: MakeRig, tmp_path: Path) -> None:
    async with make_rig(SITE, AGENTS) as rig:
        here = await hall(rig, tmp_path / "music", p1002=Refuse(486))
        # In private, by the agent's own channel.
        await here.setvar("1001", "ZT_TRIES", "1002:20:8101&1003:20:8102")
        await here.setvar("1001", "ZT_INVITE", "i0")
        await here.enter("consult")
        guest = await here.phones["1003"].next_call()
        await asyncio.gather(only(here.citizen, {MUSIC}), only(here.agent, {SECOND}), only(guest, {FIRST}))
        asked = [(e["Number"], e["Status"], e["Code"], e["Left"]) for e in rig.manager.all("ZtConsult", Invite="i0")]
        assert asked == [
            ("1002", "RINGING", "8101", "1"),
            ("1002", "BUSY", "8101", "1"),
            ("1003", "RINGING", "8102", "0"),
        ]
        assert said(here, "i0") == [("1003", "ANSWER")]
        assert guest.number == "1001", "nobody sees the citizen's"
        await guest.hangup()
        await hear((here.citizen, FIRST), (here.agent, CITIZEN))
        # Wanted no longer, by a key.
        here.phones["1003"].on_invite = Ring()
        await here.setvar("1001", "ZT_TRIES", "1003:20:8102&1002:20:8101")
        await here.redirect(("1001", "zt-room-agent,consult"))
        guest = await rung(here, "1003")
        await here.agent.dtmf("*1")
        await asyncio.gather(guest.ended(), only(here.citizen, {FIRST}), only(here.agent, {CITIZEN}))
        here.phones["1003"].on_invite = Answer()
        # Into the living call, at once.
        await invite(here, "1002:20:8101&1003:20:8102")
        guest = await here.phones["1003"].next_call()
        await asyncio.gather(
            only(here.citizen, {FIRST, SECOND}), only(here.agent, {CITIZEN, SECOND}), only(guest, {CITIZEN, FIRST})
        )
        assert guest.number == "1001"
        assert said(here) == [("1002", "RINGING"), ("1002", "BUSY"), ("1003", "RINGING"), ("1003", "ANSWER")]
        await ended(here)
        await here.citizen.hangup()
        await here.silent()
        assert complaints(rig) == []


async def test_several_at_once_and_whoever_goes_meanwhile(make_rig: MakeRig, tmp_path: Path) -> None:
    async with make_rig(SITE, AGENTS) as rig:
        here = await hall(rig, tmp_path / "music", p1002=Ring())
        here.phones["1004"] = await rig.agent("1004")
        here.phones["1004"].tone_hz = SECOND
        for walk in (
            first_wins,
            both_fail,
            agent_wants_nobody,
            caller_goes,
            agent_goes,
            agent_leaves,
            agent_leaves_for_nobody,
        ):
            here.phones["1002"].on_invite = here.phones["1003"].on_invite = Ring()
            await walk(here)
            await gone(here)
            await here.silent()
            await ended(here)
            here = await talk(rig, here.phones)
        await gone(here)
        assert complaints(rig) == []


async def gone(here: Hall) -> None:
    """All hang up who are still there."""
    calls = [here.citizen, *(call for phone in here.phones.values() for call in phone.calls)]
    for call in calls:
        if call.is_up:
            await call.hangup()


async def aside(here: Hall) -> tuple[Call, Call]:
    """The agent waits aside, and two phones ring for it."""
    await here.enter("wait")
    await here.placed("1001", "side")
    await invite(here, "1002:20:8101", "1003:20:8102", mode="side")
    return await rung(here, "1002"), await rung(here, "1003")


async def first_wins(here: Hall) -> None:
    """The agent hears ring-back until then."""
    one, other = await aside(here)
    await asyncio.gather(only(here.citizen, {MUSIC}), hear((here.agent, RING_BACK)))
    other.answer()
    await one.ended()
    await asyncio.gather(only(here.citizen, {MUSIC}), only(here.agent, {SECOND}), only(other, {FIRST}))


async def both_fail(here: Hall) -> None:
    one, other = await aside(here)
    one.refuse(486)
    await only(here.citizen, {MUSIC})
    other.refuse(603)
    await asyncio.gather(only(here.citizen, {FIRST}), only(here.agent, {CITIZEN}))


async def agent_wants_nobody(here: Hall) -> None:
    calls = await aside(here)
    await here.agent.dtmf("*1")
    await asyncio.gather(*(call.ended() for call in calls))
    await asyncio.gather(only(here.citizen, {FIRST}), only(here.agent, {CITIZEN}))


async def caller_goes(here: Hall) -> None:
    calls = await aside(here)
    await here.citizen.hangup()
    await asyncio.gather(here.agent.ended(), *(call.ended() for call in calls))


async def agent_goes(here: Hall) -> None:
    """From waiting, as from a hold: the citizen is the next in line."""
    calls = await aside(here)
    await here.agent.hangup()
    await asyncio.gather(*(call.ended() for call in calls))
    agent = await here.phones["1001"].next_call()
    await asyncio.gather(only(here.citizen, {FIRST}), only(agent, {CITIZEN}))


async def agent_leaves(here: Hall) -> None:
    """Whoever is rung to join at once finds the citizen, with music till then."""
    await room(here)
    await invite(here, "1002:20:8101")
    guest = await rung(here, "1002")
    await here.agent.hangup()
    await only(here.citizen, {MUSIC})
    guest.answer()
    await asyncio.gather(only(here.citizen, {SECOND}), only(guest, {CITIZEN}))
    await guest.hangup()
    assert (await here.citizen.ended()).cause == 16


async def agent_leaves_for_nobody(here: Hall) -> None:
    """And goes back to the queue when nobody comes."""
    await room(here)
    await invite(here, "1002:20:8101")
    guest = await rung(here, "1002")
    await here.agent.hangup()
    await only(here.citizen, {MUSIC})
    guest.refuse(486)
    agent = await here.phones["1001"].next_call()
    await asyncio.gather(only(here.citizen, {FIRST}), only(agent, {CITIZEN}))
    assert here.queue_log().count("ENTERQUEUE") == 2


@pytest.mark.slow
async def test_several_guests_and_nobody_is_left_behind(make_rig: MakeRig, tmp_path: Path) -> None:
    async with make_rig(SITE, AGENTS) as rig:
        here = await hall(rig, tmp_path / "music")
        here.phones["1003"].tone_hz = THIRD
        for walk in (one_after_another, aside_with_one, all_aside, citizen_of_several, who_holds_alone):
            await walk(here, await joined(here))
            await gone(here)
            await here.silent()
            here = await talk(rig, here.phones)
        await gone(here)
        assert complaints(rig) == []


async def joined(here: Hall) -> Call:
    """1002 is in the call with citizen and agent."""
    await room(here)
    await invite(here, "1002:20:8101")
    guest = await here.phones["1002"].next_call()
    await asyncio.gather(hear((here.citizen, SECOND)), only(guest, {CITIZEN, FIRST}))
    return guest


async def one_after_another(here: Hall, guest: Call) -> None:
    await invite(here, "1003:20:8102", invite="i2")
    other = await here.phones["1003"].next_call()
    await asyncio.gather(only(here.citizen, {FIRST, SECOND, THIRD}), only(other, {CITIZEN, FIRST, SECOND}))
    await here.agent.hangup()
    await asyncio.gather(only(here.citizen, {SECOND, THIRD}), only(guest, {CITIZEN, THIRD}))
    await guest.hangup()
    await asyncio.gather(only(here.citizen, {THIRD}), only(other, {CITIZEN}))
    await other.hangup()
    assert (await here.citizen.ended()).cause == 16


async def apart(here: Hall) -> Call:
    """The agent with 1003, the citizen with 1002."""
    await here.setvar("1001", "ZT_TRIES", "1003:20:8102")
    await here.redirect(("1001", "zt-room-agent,consult"))
    other = await here.phones["1003"].next_call()
    await asyncio.gather(only(here.agent, {THIRD}), only(other, {FIRST}), only(here.citizen, {SECOND}))
    return other


async def aside_with_one(here: Hall, guest: Call) -> None:
    other = await apart(here)
    await here.agent.hangup()
    await asyncio.gather(
        only(here.citizen, {SECOND, THIRD}), only(guest, {CITIZEN, THIRD}), only(other, {CITIZEN, SECOND})
    )


async def all_aside(here: Hall, guest: Call) -> None:
    await here.redirect(("1001", "zt-room-agent,side"), ("1002", "zt-room-guest,side"))
    await asyncio.gather(only(here.agent, {SECOND}), only(guest, {FIRST}), only(here.citizen, {MUSIC}))
    await invite(here, "1003:20:8102", invite="i2", mode="side")
    other = await here.phones["1003"].next_call()
    await asyncio.gather(only(here.agent, {SECOND, THIRD}), only(other, {FIRST, SECOND}), only(here.citizen, {MUSIC}))
    await here.agent.hangup()
    await asyncio.gather(
        only(here.citizen, {SECOND, THIRD}), only(guest, {CITIZEN, THIRD}), only(other, {CITIZEN, SECOND})
    )


async def citizen_of_several(here: Hall, guest: Call) -> None:
    """Who is with them ends; two who talk aside may go on."""
    other = await apart(here)
    await here.citizen.hangup()
    await guest.ended()
    await asyncio.gather(only(here.agent, {THIRD}), only(other, {FIRST}))


async def who_holds_alone(here: Hall, guest: Call) -> None:
    """An agent aside by themselves does not wait for a citizen who has gone."""
    await here.redirect(("1001", "zt-room-agent,side"))
    await asyncio.gather(only(here.citizen, {SECOND}), only(here.agent, ()))
    await here.citizen.hangup()
    await asyncio.gather(guest.ended(), here.agent.ended())


async def test_of_two_who_answer_in_one_instant_one_comes(make_rig: MakeRig, tmp_path: Path) -> None:
    async with make_rig(SITE, AGENTS) as rig:
        here = await hall(rig, tmp_path / "music", p1002=Ring(), p1003=Ring())
        for number in range(4):
            mode = ("side", "room")[number % 2]
            await here.enter("wait" if mode == "side" else "join")
            await here.placed("1001", mode)
            await invite(here, "1002:20:8101", "1003:20:8102", mode=mode, invite=f"i{number}")
            calls = [await rung(here, each) for each in ("1002", "1003")]
            for call in calls:
                call.answer()
            await here.rig.manager.event("ZtInvite", Invite=f"i{number}", Status="ANSWER")
            await ended(here)
            await only(here.agent, {SECOND} if mode == "side" else {CITIZEN, SECOND})
            assert [status for _, status in said(here, f"i{number}")].count("ANSWER") == 1
            assert sum(FIRST in call.heard.tones(among=(FIRST,)) for call in calls) == 1
            await gone(here)
            await here.silent()
            here = await talk(rig, here.phones)
        await gone(here)
        assert complaints(rig) == []
