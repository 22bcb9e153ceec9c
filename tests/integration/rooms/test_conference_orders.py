"""Orders that bring specialists in, through the bridge's door: whom the directory names is rung, the effect is seen in
the model and heard by the phones."""

import asyncio
from pathlib import Path

import pytest

from telephony.control.commands import Taken
from telephony.control.orders.rooms import Hold
from telephony.directory.entries import Entry
from telephony.directory.specialists import Code, Department, Specialist
from telephony.model.ids import MemberName, Uniqueid
from telephony.model.machines import AgentState
from telephony.model.terms import InviteState
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.rig import agents_of
from tests.integration.rooms.hall import CITIZEN, FIRST, MUSIC, SECOND, SITE, Hall, complaints, hall, hear, only
from tests.integration.rooms.office import Office, office
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.policy import Answer, Refuse, Ring

pytestmark = pytest.mark.acceptance

AGENTS = agents_of("1001") + agents_of("1002", "1003", "1004", queues="other")
OFFICE, BOTH = Code("8100"), Code("8200")
DIRECTORY: tuple[Entry, ...] = (
    Department(OFFICE, "人力资源和社会保障局", "人社局"),
    Specialist(Code("8101"), "林专员", OFFICE, ("1002",)),
    Specialist(Code("8102"), "何专员", OFFICE, ("1003",)),
    Department(BOTH, "医疗保障局", "医保局", at_once=2),
    Specialist(Code("8201"), "方专员", BOTH, ("1002",)),
    Specialist(Code("8202"), "沈专员", BOTH, ("1003",)),
    Specialist(Code("8203"), "乔专员", BOTH, ("1004",)),
    Specialist(Code("8301"), "何专员", BOTH, ("1003",), order=200),
)


def leg_of(bridge: Office, here: Hall, number: str) -> Uniqueid:
    """Of who answered under this number last."""
    return [leg.uniqueid for leg in bridge.call(here).legs.values() if leg.party == number][-1]


async def all_together(here: Hall, *guests: Call) -> None:
    await asyncio.gather(
        only(here.citizen, {FIRST, SECOND}),
        only(here.agent, {CITIZEN, SECOND}),
        *(only(guest, {CITIZEN, FIRST}) for guest in guests[:1]),
    )


async def refusals(bridge: Office, here: Hall) -> None:
    desk = bridge.desk(here)
    assert "not-allowed: to:" in await bridge.refused(desk.invite("8999"))
    assert "wrong-state: call: agent 1001 talks with the caller" in await bridge.refused(desk.cancel_invite())
    assert "wrong-state: call: agent 1001 talks with the caller" in await bridge.refused(desk.drop(Uniqueid(here.room)))
    assert "wrong-state: call: agent 1001 is in it" in await bridge.refused(desk.rejoin())
    assert "bad-value: number: the site's emergency numbers are 110" in await bridge.refused(desk.emergency("114"))


async def a_department_is_consulted_in_order(bridge: Office, here: Hall) -> None:
    here.phones["1002"].on_invite = Refuse(486)
    desk, call = bridge.desk(here), bridge.call(here)
    answer = await bridge.done(desk.consult(OFFICE))
    await (await here.phones["1002"].next_call()).ended()
    guest = await here.phones["1003"].next_call()
    await bridge.until(lambda: call.consults[-1].answered_at is not None)
    await asyncio.gather(only(here.citizen, {MUSIC}), only(here.agent, {SECOND}), only(guest, {FIRST}))
    (invite,) = call.invites
    assert (invite.id, invite.by, invite.to) == (answer.invite, "1001", OFFICE)
    assert [(tried.code, tried.status) for tried in invite.tries] == [("8101", "busy"), ("8102", "answer")]
    await bridge.done(desk.merge())
    await all_together(here, guest)
    await bridge.done(desk.mute(leg_of(bridge, here, "1003")))
    await asyncio.gather(only(here.citizen, {FIRST}), only(guest, {CITIZEN, FIRST}))
    await bridge.done(desk.unmute(leg_of(bridge, here, "1003")))
    await only(here.citizen, {FIRST, SECOND})
    guests_own = Hold(call.call_id, MemberName("1003"), "test")
    assert "may only hang up while who asked is there" in await bridge.refused(guests_own)
    await bridge.done(desk.drop(leg_of(bridge, here, "1003")))
    await guest.ended()
    await asyncio.gather(only(here.citizen, {FIRST}), only(here.agent, {CITIZEN}))
    assert bridge.call(here).invites[0].ended_at is not None


async def several_are_rung_at_once(bridge: Office, here: Hall) -> None:
    desk, call = bridge.desk(here), bridge.call(here)
    here.phones["1002"].on_invite = here.phones["1003"].on_invite = Ring()
    await bridge.done(desk.consult(BOTH))
    first, second = await here.phones["1002"].next_call(), await here.phones["1003"].next_call()
    await bridge.done(desk.cancel())
    await asyncio.gather(first.ended(), second.ended())
    await bridge.until(lambda: call.invites[-1].state is InviteState.CANCELLED)
    await asyncio.gather(only(here.citizen, {FIRST}), only(here.agent, {CITIZEN}))
    answer = await bridge.done(desk.invite(BOTH))
    first, second = await here.phones["1002"].next_call(), await here.phones["1003"].next_call()
    await hear((here.citizen, FIRST), (here.agent, CITIZEN))
    assert "invite: nobody is being rung" in await bridge.refused(desk.cancel_invite("0"))
    assert "are being rung" in await bridge.refused(desk.invite("8201"))
    await bridge.done(desk.cancel_invite(answer.invite))
    await asyncio.gather(first.ended(), second.ended())
    await bridge.done(desk.consult(BOTH))
    guest, second = await here.phones["1002"].next_call(), await here.phones["1003"].next_call()
    guest.answer()
    await second.ended()
    await bridge.until(lambda: call.consults[-1].answered_at is not None)
    await asyncio.gather(only(here.citizen, {MUSIC}), only(here.agent, {SECOND}), only(guest, {FIRST}))
    await bridge.done(desk.cancel())
    await guest.ended()


async def two_join_and_the_agent_goes_and_comes_back(bridge: Office, here: Hall) -> Hall:
    desk, call = bridge.desk(here), bridge.call(here)
    here.phones["1003"].on_invite = here.phones["1004"].on_invite = Answer()
    await bridge.done(desk.invite("8102"))
    first = await here.phones["1003"].next_call()
    await all_together(here, first)
    await bridge.done(desk.invite("8203"))
    second = await here.phones["1004"].next_call()
    await bridge.until(lambda: len(call.legs[here.room].partners) == 3)  # type: ignore[index]
    assert "no number of theirs is left" in await bridge.refused(desk.invite("8102"))
    assert "they are in this call or another" in await bridge.refused(desk.invite("8301"))
    for number in ("1003", "1004"):  # heard again when the caller is left to them
        await bridge.done(desk.mute(leg_of(bridge, here, number)))
    await bridge.done(desk.complete())
    await here.agent.ended()
    await asyncio.gather(only(here.citizen, {SECOND}), only(first, {CITIZEN, SECOND}))
    await bridge.until(lambda: bridge.state("1001") is not AgentState.CONFERENCE)
    twice = await asyncio.gather(bridge.order(desk.rejoin()), bridge.order(desk.rejoin()))
    assert [answer.taken for answer in twice] == [Taken.ACCEPTED, Taken.REFUSED]
    here = here._replace(agent=await here.phones["1001"].next_call())
    await only(here.citizen, {FIRST, SECOND})
    await bridge.done(desk.drop(leg_of(bridge, here, "1003")))
    await bridge.done(desk.drop(leg_of(bridge, here, "1004")))
    await asyncio.gather(first.ended(), second.ended())
    await asyncio.gather(only(here.citizen, {FIRST}), only(here.agent, {CITIZEN}))
    return here


async def an_emergency_joins_whoever_is_aside(bridge: Office, here: Hall) -> None:
    """The caller is not left alone for it."""
    desk, call = bridge.desk(here), bridge.call(here)
    await bridge.done(desk.hold())
    answer = await bridge.done(desk.emergency("120"))
    await asyncio.gather(only(here.citizen, {FIRST}), only(here.agent, {CITIZEN}))
    assert (await bridge.done(desk.emergency("120"))).invite == answer.invite  # pressed twice
    invite = call.invite(answer.invite)
    assert invite is not None
    assert (invite.purpose, invite.tries[0].number) == ("emergency", "120")
    await bridge.done(desk.cancel_invite())


async def handed_over(bridge: Office, here: Hall) -> Call:
    """The agent is free while the department's phones ring; the caller hears music until somebody comes."""
    here.phones["1002"].on_invite = here.phones["1003"].on_invite = Ring()
    desk, call = bridge.desk(here), bridge.call(here)
    await bridge.done(desk.hold())
    twice = await asyncio.gather(bridge.order(desk.hand_over(OFFICE)), bridge.order(desk.hand_over(BOTH)))
    assert [answer.taken for answer in twice] == [Taken.ACCEPTED, Taken.REFUSED]
    assert "takes no part in it" in twice[1].why
    await here.agent.ended()
    first = await here.phones["1002"].next_call()
    await only(here.citizen, {MUSIC})
    first.refuse(486)
    second = await here.phones["1003"].next_call()
    second.answer()
    await asyncio.gather(only(here.citizen, {SECOND}), only(second, {CITIZEN}))
    assert call.invites[-1].mode == "hand-over"
    return second


async def globals_of(bridge: Office) -> str:
    return await bridge.rig.lab.pbx.cli("dialplan show globals")


async def guided(bridge: Office) -> None:
    """The PBX knows who is on duty, for who keys a code without us."""
    async with asyncio.timeout(30):
        while "ZT_DIR_8203=8200|1004:20:8203" not in await globals_of(bridge):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_specialists_are_brought_in_by_order(make_rig: MakeRig, tmp_path: Path) -> None:
    """One PBX and one bridge for all, since both take long to start."""
    async with make_rig(SITE, AGENTS) as rig, office(rig, tmp_path / "office", DIRECTORY) as bridge:
        here = await hall(rig, tmp_path / "music")
        here.phones["1004"] = await rig.agent("1004")
        here.phones["1004"].tone_hz = SECOND
        await bridge.until(lambda: bridge.state("1001") is AgentState.ON_CALL)
        await guided(bridge)
        await refusals(bridge, here)
        await a_department_is_consulted_in_order(bridge, here)
        await several_are_rung_at_once(bridge, here)
        here = await two_join_and_the_agent_goes_and_comes_back(bridge, here)
        await an_emergency_joins_whoever_is_aside(bridge, here)
        guest = await handed_over(bridge, here)
        await here.citizen.hangup()
        await guest.ended()
        await here.silent()
        assert [event["Channel"] for event in rig.manager.all("Newchannel") if "Failed" in event["Channel"]] == []
        assert complaints(rig) == []


@pytest.mark.slow
async def test_a_phone_rung_to_come_back_rings_no_longer_than_there_is_a_call(
    make_rig: MakeRig, tmp_path: Path
) -> None:
    async with make_rig(SITE, AGENTS) as rig, office(rig, tmp_path / "office", DIRECTORY) as bridge:
        here = await hall(rig, tmp_path / "music")
        await bridge.until(lambda: bridge.state("1001") is AgentState.ON_CALL)
        desk = bridge.desk(here)
        await bridge.done(desk.invite("8102"))
        guest = await here.phones["1003"].next_call()
        await only(here.citizen, {FIRST, SECOND})
        await bridge.done(desk.complete())
        await here.agent.ended()
        await hear((here.citizen, SECOND))
        here.phones["1001"].on_invite = Refuse(486)
        assert "wrong-state: call: the phone was not answered" in await bridge.refused(desk.rejoin())
        await (await here.phones["1001"].next_call()).ended()
        here.phones["1001"].on_invite = Ring()
        asked = asyncio.create_task(bridge.order(desk.rejoin()))
        again = await here.phones["1001"].next_call()
        await here.citizen.hangup()
        await asyncio.gather(guest.ended(), again.ended())
        assert not (await asked).seen
        await here.silent()
        assert complaints(rig) == []


@pytest.mark.slow
@pytest.mark.parametrize("to", [OFFICE, "1003"])
async def test_a_caller_is_handed_over_out_of_the_queues_bridge(make_rig: MakeRig, tmp_path: Path, to: str) -> None:
    """To a department whose only answer is no, and to a colleague."""
    async with make_rig(SITE, AGENTS) as rig, office(rig, tmp_path / "office", DIRECTORY) as bridge:
        here = await hall(rig, tmp_path / "music", p1002=Refuse(486), p1003=Refuse(486))
        await bridge.until(lambda: bridge.state("1001") is AgentState.ON_CALL)
        await bridge.done(bridge.desk(here).hand_over(to))
        await here.agent.ended()
        await (await here.phones["1003"].next_call()).ended()
        again = await here.phones["1001"].next_call()
        await hear((here.citizen, FIRST), (again, CITIZEN))
        await here.citizen.hangup()
        await here.silent()
        assert complaints(rig) == []
