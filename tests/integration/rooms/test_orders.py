"""Orders about rooms through the bridge's door: the effect is seen in the model and heard by the phones."""

import asyncio
from pathlib import Path

import pytest

from telephony.control.orders.calls import Requeue
from telephony.control.orders.rooms import Hold
from telephony.model.ids import CallId, QueueName, Uniqueid
from telephony.model.machines import AgentState
from telephony.model.terms import Place
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.rooms.hall import AGENTS, CITIZEN, FIRST, MUSIC, SECOND, SITE, Hall, complaints, hall, hear, only
from tests.integration.rooms.office import ME, Office, office
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.policy import Answer, Refuse, Ring

pytestmark = pytest.mark.acceptance


async def refusals(bridge: Office, here: Hall) -> None:
    """Nothing is sent, and who talks goes on talking."""
    desk = bridge.desk(here)
    assert "wrong-state: call: agent 1001 talks with the caller" in await bridge.refused(desk.resume())
    assert "unknown-call" in await bridge.refused(Hold(CallId("x"), ME, "test"))
    assert "bad-value: to:" in await bridge.refused(desk.consult("1;2"))
    assert "bad-value: to:" in await bridge.refused(desk.consult("1001"))
    assert "not-allowed: to:" in await bridge.refused(desk.consult("0085221234567"))
    await hear((here.citizen, FIRST), (here.agent, CITIZEN))


async def holding(bridge: Office, here: Hall) -> None:
    desk = bridge.desk(here)
    await bridge.done(desk.hold())
    assert bridge.state("1001") is AgentState.HOLD
    await asyncio.gather(only(here.citizen, {MUSIC}), only(here.agent, ()))
    assert "1001 holds the caller" in await bridge.refused(desk.hold())
    await bridge.done(desk.resume())
    await asyncio.gather(only(here.citizen, {FIRST}), only(here.agent, {CITIZEN}))


async def consulting_in_vain(bridge: Office, here: Hall) -> None:
    desk, second = bridge.desk(here), here.phones["1002"]
    second.on_invite = Ring()
    await bridge.done(desk.consult())
    ringing = await second.next_call()
    assert bridge.state("1001") is AgentState.CONSULT
    assert "waits for whom they consult" in await bridge.refused(desk.complete())
    await bridge.done(desk.cancel())
    await ringing.ended()
    await hear((here.citizen, FIRST), (here.agent, CITIZEN))
    second.on_invite = Refuse(486)
    await bridge.done(desk.consult())
    await (await second.next_call()).ended()
    await bridge.until(lambda: bridge.call(here).consults[-1].result == "busy")
    await hear((here.citizen, FIRST), (here.agent, CITIZEN))
    second.on_invite = Answer()


async def consulted(bridge: Office, here: Hall) -> Call:
    await bridge.done(bridge.desk(here).consult())
    guest = await here.phones["1002"].next_call()
    await bridge.until(lambda: bridge.call(here).consults[-1].answered_at is not None)
    await asyncio.gather(only(here.citizen, {MUSIC}), only(here.agent, {SECOND}), only(guest, {FIRST}))
    return guest


def leg_of(bridge: Office, here: Hall, number: str) -> Uniqueid:
    return [leg.uniqueid for leg in bridge.call(here).legs.values() if leg.party == number][-1]


async def between_two(bridge: Office, here: Hall) -> None:
    desk, guest = bridge.desk(here), await consulted(bridge, here)
    await bridge.done(desk.swap())
    await asyncio.gather(only(here.citizen, {FIRST}), only(here.agent, {CITIZEN}), only(guest, {MUSIC}))
    await bridge.done(desk.swap())
    await asyncio.gather(only(here.citizen, {MUSIC}), only(here.agent, {SECOND}), only(guest, {FIRST}))
    await here.agent.hold()  # by the phone's own key; whom they consult waits
    await bridge.until(lambda: bridge.call(here).legs[leg_of(bridge, here, "1002")].place is Place.HOLD)
    await bridge.done(desk.merge())
    await here.agent.resume()
    assert bridge.state("1001") is AgentState.CONFERENCE
    await asyncio.gather(
        only(here.citizen, {FIRST, SECOND}), only(here.agent, {CITIZEN, SECOND}), only(guest, {CITIZEN, FIRST})
    )
    await bridge.done(desk.cancel())
    await guest.ended()
    await hear((here.citizen, FIRST), (here.agent, CITIZEN))


async def back_into_the_queue(bridge: Office, here: Hall) -> Hall:
    await bridge.done(Requeue(bridge.call(here).call_id, ME, "test", QueueName("hotline")))
    await here.agent.ended()
    again = await here.phones["1001"].next_call()
    await hear((here.citizen, FIRST), (again, CITIZEN))
    await bridge.until(lambda: bridge.state("1001") is AgentState.ON_CALL)
    return here._replace(agent=again)


async def test_every_order_is_carried_out_and_heard(make_rig: MakeRig, tmp_path: Path) -> None:
    """One PBX and one bridge for all, since both take long to start."""
    async with make_rig(SITE, AGENTS) as rig, office(rig, tmp_path / "office") as bridge:
        here = await hall(rig, tmp_path / "music")
        await bridge.until(lambda: bridge.state("1001") is AgentState.ON_CALL)
        for act in (refusals, holding, consulting_in_vain, between_two):
            await act(bridge, here)
        here = await back_into_the_queue(bridge, here)
        guest = await consulted(bridge, here)
        await bridge.done(bridge.desk(here).complete())
        await here.agent.ended()
        await asyncio.gather(only(here.citizen, {SECOND}), only(guest, {CITIZEN}))
        await here.citizen.hangup()
        await guest.ended()
        await here.silent()
        assert sorted(here.queue_log()) == sorted(["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"] * 2)
        assert complaints(rig) == []
