"""Transfers by the agent's own phone: keys and REFER. Nothing of ours takes part."""

import asyncio

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.rig import Rig, agents_of, settled
from tests.integration.dialplans.test_calls import ALWAYS, HOUSING
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Answer, Refuse, Ring

pytestmark = pytest.mark.acceptance

CITIZEN, FIRST, SECOND = 450, 1000, 700
"""What the citizen and the two agents hum, in Hz."""


async def talking(rig: Rig) -> tuple[Call, Call]:
    """The citizen's and the first agent's call, in one bridge."""
    agent = await rig.agent("1001")
    agent.tone_hz = FIRST
    agent.on_invite = Answer()
    call = await (await rig.citizen()).call("12345")
    await call.answered()
    taken = await agent.next_call()
    await settled()
    return call, taken


async def second_agent(rig: Rig) -> Phone:
    phone = await rig.agent("1002")
    phone.tone_hz = SECOND
    phone.on_invite = Answer()
    return phone


async def hear_each_other(citizen: Call, agent: Call) -> None:
    moment = asyncio.get_running_loop().time()
    await citizen.hears(SECOND, moment)
    await agent.hears(CITIZEN, moment)


async def test_a_blind_transfer_by_keys_reaches_the_other_agent(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001") + agents_of("1002", queues="hotline:1")) as rig:
        second = await second_agent(rig)
        citizen, first = await talking(rig)
        await first.dtmf("#11002")
        taken = await second.next_call()
        await taken.answered()
        await first.ended()
        await hear_each_other(citizen, taken)
        transfer = await rig.manager.event("BlindTransfer")
        assert (transfer["Result"], transfer["Context"], transfer["Extension"]) == ("Success", "zt-transfer", "1002")
        await taken.hangup()
        await citizen.ended()


async def test_a_blind_transfer_by_refer_goes_the_same_way(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001") + agents_of("1002", queues="hotline:1")) as rig:
        second = await second_agent(rig)
        citizen, first = await talking(rig)
        assert await first.refer("1002") == 200
        taken = await second.next_call()
        await hear_each_other(citizen, taken)
        assert (await rig.manager.event("BlindTransfer"))["Context"] == "zt-transfer"


async def test_a_citizen_transferred_to_nobody_is_the_next_in_line(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001") + agents_of("1002", queues="hotline:1")) as rig:
        second = await rig.agent("1002")
        second.on_invite = Refuse(486)
        citizen, first = await talking(rig)
        await first.refer("1002")
        await citizen.hears(FIRST, asyncio.get_running_loop().time())  # who sent them is free, and takes them again
        await citizen.hangup()
        end = await rig.manager.event("ZtEnd")
        assert (end["Queue"], end["Status"]) == ("hotline", "")


async def test_a_blind_transfer_into_a_queue_waits_there(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS + HOUSING, agents_of("1001") + agents_of("1002", queues="housing")) as rig:
        second = await second_agent(rig)
        citizen, first = await talking(rig)
        await first.dtmf("#18001")
        taken = await second.next_call()
        await hear_each_other(citizen, taken)
        await rig.manager.event("AgentConnect", Queue="housing")
        await taken.hangup()
        end = await rig.manager.event("ZtEnd")
        assert (end["Queue"], end["Status"]) == ("housing", "CONTINUE")


async def test_an_attended_transfer_by_keys(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001") + agents_of("1002", queues="hotline:1")) as rig:
        second = await second_agent(rig)
        citizen, first = await talking(rig)
        await first.dtmf("*21002")
        consulted = await second.next_call()
        await consulted.answered()
        moment = asyncio.get_running_loop().time()
        await settled(0.5)
        assert first.heard.times(SECOND, moment)
        assert not consulted.heard.times(CITIZEN, moment), "the citizen hears music, and is not heard"
        await first.hangup()
        await hear_each_other(citizen, consulted)
        assert (await rig.manager.event("AttendedTransfer"))["Result"] == "Success"


async def test_a_refused_consult_gives_the_agent_back_to_the_citizen_at_once(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001") + agents_of("1002", queues="hotline:1")) as rig:
        second = await rig.agent("1002")
        second.on_invite = Refuse(486)
        citizen, first = await talking(rig)
        await first.dtmf("*21002")
        await (await second.next_call()).ended()
        moment = asyncio.get_running_loop().time()
        await settled(1.5)
        assert citizen.is_up
        assert first.heard.times(CITIZEN, moment)


async def test_an_attended_transfer_by_refer(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001") + agents_of("1002", queues="hotline:1")) as rig:
        second = await second_agent(rig)
        citizen, first = await talking(rig)
        consult = await (await first_phone(rig)).call("1002")
        await consult.answered()
        taken = await second.next_call()
        assert await first.refer_replacing(consult) == 200
        await hear_each_other(citizen, taken)


async def first_phone(rig: Rig) -> Phone:
    """A second line of the first agent's phone."""
    place = ("127.0.0.1", rig.lab.ports.sip)
    phone = await Phone.start("1001", rig.secrets.phones["1001"], place, register=False, setup=Setup())
    return await rig.phones.enter_async_context(phone)


async def test_a_citizen_may_not_transfer(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001") + agents_of("1002", queues="hotline:1")) as rig:
        second = await rig.agent("1002")
        second.on_invite = Ring()
        citizen, first = await talking(rig)
        await citizen.dtmf("#11002")
        await settled(1.0)
        assert citizen.is_up
        assert first.is_up
        assert second.calls == []


async def test_a_citizen_whom_an_agent_transferred_may_not_transfer_either(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001") + agents_of("1002", "1003", queues="hotline:1")) as rig:
        second, third = await second_agent(rig), await rig.agent("1003")
        third.on_invite = Ring()
        citizen, first = await talking(rig)
        await first.refer("1002")
        await (await second.next_call()).answered()
        await settled()
        await citizen.dtmf("#11003")
        await settled(1.0)
        assert third.calls == []
        assert citizen.is_up


async def test_a_transfer_leads_to_no_feature_code_and_to_nobody(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001") + agents_of("1002", queues="hotline:1")) as rig:
        citizen, first = await talking(rig)
        for target in ("*11", "9", "1009"):
            assert await first.refer(target) >= 400, target
        await settled()
        assert citizen.is_up
        assert first.is_up


async def test_agents_call_each_other(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001", "1002")) as rig:
        second = await second_agent(rig)
        call = await (await rig.agent("1001")).call("1002")
        await call.answered()
        taken = await second.next_call()
        assert taken.number == "1001"
        await call.hangup()
        await taken.ended()
        assert "ZtEntry" not in rig.manager.names()


@pytest.mark.parametrize("who", ["caller", "called"])
async def test_either_agent_of_a_call_between_them_may_transfer(make_rig: MakeRig, who: str) -> None:
    async with make_rig(ALWAYS, agents_of("1001", "1002", "1003")) as rig:
        second, third = await second_agent(rig), await rig.agent("1003")
        third.on_invite = Answer()
        call = await (await rig.agent("1001")).call("1002")
        await call.answered()
        taken = await second.next_call()
        await settled()
        await (call if who == "caller" else taken).dtmf("#11003")
        await (await third.next_call()).answered()
        await (call if who == "caller" else taken).ended()
        assert (taken if who == "caller" else call).is_up


async def test_an_agent_calling_a_busy_agent_hears_busy(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001", "1002")) as rig:
        (await rig.agent("1002")).on_invite = Refuse(486)
        call = await (await rig.agent("1001")).call("1002")
        assert (await call.ended()).code == 486
