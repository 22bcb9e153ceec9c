"""A citizen is called back by an agent and a specialist together: the specialist first, then the citizen, who stays
when either of them goes."""

import asyncio
from pathlib import Path

import pytest

from telephony.control.commands import Taken
from telephony.control.orders.conference import CallTogether
from telephony.directory.entries import Entry
from telephony.directory.specialists import Code, Department, Specialist
from telephony.model.ids import CallId
from telephony.model.terms import Direction
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.listening import music_of
from tests.integration.dialplans.outside import MOBILE, outside
from tests.integration.rooms.hall import AGENTS, CITIZEN, FIRST, MUSIC, SECOND, SITE, Hall, complaints, hear, only
from tests.integration.rooms.office import ME, Desk, Office, office
from zhitong.lab.phones.policy import Answer, Ring

pytestmark = pytest.mark.acceptance

OFFICE = Code("8100")
DIRECTORY: tuple[Entry, ...] = (
    Department(OFFICE, "人力资源和社会保障局", "人社局"),
    Specialist(Code("8101"), "林专员", OFFICE, ("1002",)),
)


async def once_more(bridge: Office, call: CallId) -> None:
    """By the record of the call, as soon as it is written."""
    async with asyncio.timeout(30):
        while (await bridge.order(CallTogether(ME, OFFICE, "test", call=call))).taken is Taken.REFUSED:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_the_specialist_first_then_the_citizen(make_rig: MakeRig, tmp_path: Path) -> None:
    async with (
        outside() as out,
        make_rig(SITE, AGENTS, base=out.base) as rig,
        office(rig, tmp_path / "office", DIRECTORY) as bridge,
    ):
        await music_of(rig, tmp_path / "music", MUSIC)
        out.carrier.tone_hz, out.carrier.on_invite = CITIZEN, Ring()
        phones = {number: await rig.agent(number) for number in ("1001", "1002")}
        for phone, hz in ((phones["1001"], FIRST), (phones["1002"], SECOND)):
            phone.tone_hz, phone.on_invite = hz, Answer()
        assert "not-allowed: number:" in await bridge.refused(CallTogether(ME, OFFICE, "test", "0085221234567"))
        assert "unknown-call" in await bridge.refused(CallTogether(ME, OFFICE, "test", call=CallId("x")))
        begun = await bridge.done(CallTogether(ME, OFFICE, "test", MOBILE))
        agent, specialist = await phones["1001"].next_call(), await phones["1002"].next_call()
        await hear((agent, SECOND), (specialist, FIRST))
        desk = Desk(bridge, CallId(begun.call))
        citizen = await out.carrier.next_call()
        await citizen.ringing()
        assert "whom it is for has not answered yet" in await bridge.refused(desk.hold())
        citizen.answer()
        await asyncio.gather(
            only(citizen, {FIRST, SECOND}), only(agent, {CITIZEN, SECOND}), only(specialist, {CITIZEN, FIRST})
        )
        again = CallTogether(ME, OFFICE, "test", call=CallId(begun.call))
        assert "it has not ended yet" in await bridge.refused(again)
        call = bridge.service.reach.call(begun.call)
        assert (call.direction, call.dialled) == (Direction.OUTBOUND, MOBILE)
        assert call.host is not None
        here = Hall(rig, phones, citizen, agent, call.host)
        await bridge.until(lambda: len(call.legs[call.host].partners) == 2)  # type: ignore[index]
        # A conference as any other: the citizen is held, and stays when the specialist goes.
        await bridge.done(desk.drop(call.invites[0].guest))  # type: ignore[arg-type]
        await specialist.ended()
        await bridge.done(desk.hold())
        await asyncio.gather(only(citizen, {MUSIC}), only(agent, ()))
        await bridge.done(desk.resume())
        await bridge.done(desk.consult("1002"))
        specialist = await phones["1002"].next_call()
        await asyncio.gather(only(citizen, {MUSIC}), only(agent, {SECOND}))
        await bridge.done(desk.complete())
        await agent.ended()
        await asyncio.gather(only(citizen, {SECOND}), only(specialist, {CITIZEN}))
        await citizen.hangup()
        await specialist.ended()
        await here.silent()
        await once_more(bridge, CallId(begun.call))
        agent, specialist = await phones["1001"].next_call(), await phones["1002"].next_call()
        await hear((agent, SECOND), (specialist, FIRST))
        await specialist.hangup()
        await agent.ended()  # and the citizen is called no longer
        await here.silent()
        assert complaints(rig) == []
