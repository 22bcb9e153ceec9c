"""Numbers outside: consulted over a trunk, and called by an agent, who then holds, consults and hands over as ever."""

import asyncio
from pathlib import Path

import pytest

from telephony.control.orders.calls import Requeue
from telephony.control.orders.rooms import Hold
from telephony.model.ids import QueueName
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.listening import music_of
from tests.integration.dialplans.outside import MOBILE, left, outside
from tests.integration.rooms.hall import AGENTS, CITIZEN, FIRST, MUSIC, SECOND, SITE, Hall, hall, hear, only
from tests.integration.rooms.office import ME, Desk, office
from zhitong.lab.phones.policy import Answer, Refuse

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]


async def test_a_number_outside_is_consulted_and_takes_the_caller(make_rig: MakeRig, tmp_path: Path) -> None:
    async with (
        outside() as out,
        make_rig(SITE, AGENTS, base=out.base) as rig,
        office(rig, tmp_path / "office") as bridge,
    ):
        out.carrier.tone_hz, out.carrier.on_invite = SECOND, Refuse(486)
        here = await hall(rig, tmp_path / "music")
        desk = bridge.desk(here)
        await bridge.done(desk.consult(MOBILE))
        await (await out.carrier.next_call()).ended()
        await bridge.until(lambda: bridge.call(here).consults[-1].result == "busy")
        await hear((here.citizen, FIRST), (here.agent, CITIZEN))
        out.carrier.on_invite = Answer()
        await bridge.done(desk.consult(MOBILE))
        guest = await out.carrier.next_call()
        await asyncio.gather(only(here.citizen, {MUSIC}), only(here.agent, {SECOND}), only(guest, {FIRST}))
        assert left(rig) == [("transfer", MOBILE, "1001", "carrier")] * 2
        await bridge.done(desk.complete())
        await here.agent.ended()
        await asyncio.gather(only(here.citizen, {SECOND}), only(guest, {CITIZEN}))
        await guest.hangup()
        await here.citizen.ended()
        await here.silent()


async def test_who_was_called_out_to_is_held_and_handed_over(make_rig: MakeRig, tmp_path: Path) -> None:
    async with (
        outside() as out,
        make_rig(SITE, AGENTS, base=out.base) as rig,
        office(rig, tmp_path / "office") as bridge,
    ):
        await music_of(rig, tmp_path / "music", MUSIC)
        out.carrier.tone_hz, out.carrier.on_invite = CITIZEN, Answer()
        agent, second = await rig.agent("1001"), await rig.agent("1002")
        agent.tone_hz, second.tone_hz, second.on_invite = FIRST, SECOND, Answer()
        call = await agent.call(MOBILE)
        citizen = await out.carrier.next_call()
        await hear((call, CITIZEN), (citizen, FIRST))
        own = next(event for event in rig.manager.all("Newchannel") if event["Channel"].startswith("PJSIP/1001-"))
        here = Hall(rig, {"1001": agent, "1002": second}, citizen, call, own["Uniqueid"])
        desk = Desk(bridge, bridge.call(here).call_id)
        assert "it came from no queue" in await bridge.refused(Requeue(desk.call, ME, "test", QueueName("")))
        await bridge.done(desk.hold())
        await asyncio.gather(only(citizen, {MUSIC}), only(call, ()))
        await bridge.done(desk.resume())
        await asyncio.gather(only(citizen, {FIRST}), only(call, {CITIZEN}))
        await bridge.done(desk.consult())
        guest = await second.next_call()
        await asyncio.gather(only(citizen, {MUSIC}), only(call, {SECOND}), only(guest, {FIRST}))
        await bridge.done(desk.merge())
        await asyncio.gather(only(citizen, {FIRST, SECOND}), only(call, {CITIZEN, SECOND}))
        await bridge.done(desk.complete())
        await call.ended()
        await asyncio.gather(only(citizen, {SECOND}), only(guest, {CITIZEN}))
        # Whom the call was left to has the same means.
        await bridge.done(Hold(desk.call, type(ME)("1002"), "test"))
        await asyncio.gather(only(citizen, {MUSIC}), only(guest, ()))
        await guest.hangup()
        await citizen.ended()  # there is no queue to go back to
        await here.silent()


@pytest.mark.parametrize("held", [False, True])
async def test_back_into_another_queue_out_of_its_bridge_or_a_hold(
    make_rig: MakeRig, tmp_path: Path, held: bool
) -> None:
    async with make_rig(SITE, AGENTS) as rig, office(rig, tmp_path / "office") as bridge:
        here = await hall(rig, tmp_path / "music")
        desk = bridge.desk(here)
        if held:
            await bridge.done(desk.hold())
        assert "bad-value: queue:" in await bridge.refused(Requeue(desk.call, ME, "test", QueueName("nowhere")))
        await bridge.done(Requeue(desk.call, ME, "test", QueueName("other")))
        await here.agent.ended()
        await rig.manager.event("QueueCallerJoin", Queue="other", Position="1")
        await rig.manager.event("AgentConnect", Queue="other")
        await hear((here.citizen, SECOND))
        await here.citizen.hangup()
        await here.silent()
        assert sorted(here.queue_log()) == [
            "COMPLETEAGENT",
            "COMPLETECALLER",
            "CONNECT",
            "CONNECT",
            *["ENTERQUEUE"] * 2,
        ]
