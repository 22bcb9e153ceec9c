"""Calling a citizen back, on a real Asterisk: what ``zt-callback`` does with an Originate such as the bridge's."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.rig import Rig, agents_of, settled
from tests.integration.dialplans.test_calls import ALWAYS
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Answer, Forward, Refuse

pytestmark = pytest.mark.acceptance

CITIZEN = "13800000001"
CHANNEL_ID = "pbx1-1795402664.8388611"


class Outside:
    """A citizen's phone behind the trunk, and the site whose trunk leads there."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self.base = f"""
name = "某市12345"
hotline = ["12345"]
[[trunk]]
name = "carrier"
hosts = ["{phone.place[0]}"]
port = {phone.place[1]}
numbers = ["88812345", "12345"]
[recording]
on = true
keep_days = 30
"""


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    """It is only called, so that it needs no PBX to start with."""
    nobody = ("127.0.0.1", 9)
    phone = await Phone.start(CITIZEN, "", nobody, register=False, setup=Setup(host="127.0.0.2"))
    async with phone:
        yield Outside(phone)


async def originate(rig: Rig, dialled: str = CITIZEN, trunk: str = "carrier", timeout_ms: int = 5000) -> dict[str, str]:
    return await rig.manager.ask(
        "Originate",
        Channel="PJSIP/1001",
        Context="zt-callback",
        Exten="3",
        Priority="1",
        Timeout=str(timeout_ms),
        CallerID=f'"17" <{CITIZEN}>',
        ChannelId=CHANNEL_ID,
        Variable=f"FORWARD_CONTEXT=zt-forward,ZT_CALLBACK=17,ZT_TRUNK={trunk},ZT_DIALLED={dialled}",
        Async="true",
    )


async def test_the_agent_then_the_citizen_who_sees_the_hotlines_number(make_rig: MakeRig, outside: Outside) -> None:
    async with make_rig(ALWAYS, agents_of("1001"), base=outside.base) as rig:
        agent = await rig.agent("1001")
        outside.phone.on_invite = Answer(after_s=0.5)
        assert (await originate(rig))["Response"] == "Success"
        taken = await agent.next_call()
        assert taken.number == CITIZEN, "the agent sees whom they will talk with"
        assert not outside.phone.calls, "nobody is disturbed before the agent is there"
        taken.answer()
        reached = await outside.phone.next_call()
        await reached.answered()
        assert (reached.number, reached.name) == ("88812345", "")
        event = await rig.manager.event("ZtCallback")
        assert event["Uniqueid"] == event["Linkedid"] == CHANNEL_ID
        assert (event["Entry"], event["Attempt"], event["Trunk"], event["Dialled"]) == ("17", "3", "carrier", CITIZEN)
        assert event["Recording"].endswith(f"/{CHANNEL_ID}.wav")
        response = await rig.manager.event("OriginateResponse")
        assert (response["Response"], response["Uniqueid"]) == ("Success", CHANNEL_ID)
        await settled(1.0)
        await reached.hangup()
        await taken.ended()
        await rig.manager.event("ZtRecording", State="ended")  # its file is closed
        assert rig.cel()[0][0] == "ZT_CALLBACK"
        assert rig.cel()[0][1].startswith(f"e=17&a=3&t=carrier&d={CITIZEN}&f=")
        (sound,) = (rig.lab.pbx.run / "spool" / "monitor").rglob("*.wav")
        assert sound.name == f"{CHANNEL_ID}.wav"
        assert 12_000 < sound.stat().st_size < 30_000, "the second that both were there"


async def test_a_busy_citizen(make_rig: MakeRig, outside: Outside) -> None:
    async with make_rig(ALWAYS, agents_of("1001"), base=outside.base) as rig:
        agent = await rig.agent("1001")
        agent.on_invite, outside.phone.on_invite = Answer(), Refuse(486)
        await originate(rig)
        await (await outside.phone.next_call()).ended()
        await (await agent.next_call()).ended()
        await settled()
        causes = [(event["Channel"].partition("-0")[0], event["Cause"]) for event in rig.manager.all("Hangup")]
        assert causes[0] == ("PJSIP/trunk-carrier", "17")


async def test_an_agent_who_does_not_answer_costs_the_citizen_nothing(make_rig: MakeRig, outside: Outside) -> None:
    async with make_rig(ALWAYS, agents_of("1001"), base=outside.base) as rig:
        agent = await rig.agent("1001")
        await originate(rig, timeout_ms=1000)
        await (await agent.next_call()).ended()
        response = await rig.manager.event("OriginateResponse")
        assert (response["Response"], response["Uniqueid"]) == ("Failure", CHANNEL_ID)
        await settled()
        assert not outside.phone.calls


async def test_a_phone_that_is_not_there_is_told_at_once(make_rig: MakeRig, outside: Outside) -> None:
    async with make_rig(ALWAYS, agents_of("1001"), base=outside.base) as rig:
        assert (await originate(rig))["Response"] == "Success"
        response = await rig.manager.event("OriginateResponse")
        assert (response["Response"], response["Uniqueid"]) == ("Failure", CHANNEL_ID)
        assert "Newchannel" not in rig.manager.names()


async def test_the_agents_phone_cannot_send_it_elsewhere(make_rig: MakeRig, outside: Outside) -> None:
    async with make_rig(ALWAYS, agents_of("1001"), base=outside.base) as rig:
        (await rig.agent("1001")).on_invite = Forward("00441632960961")
        await originate(rig)
        told = await rig.manager.event("ZtOutRefused")
        assert (told["Purpose"], told["Number"]) == ("forward", "+441632960961")
        await settled()
        assert not outside.phone.calls


@pytest.mark.parametrize(
    ("dialled", "trunk"),
    [("anonymous", "carrier"), (CITIZEN, "nowhere"), (CITIZEN, "carrier/x"), ("", "carrier")],
)
async def test_what_cannot_be_dialled_is_not(make_rig: MakeRig, outside: Outside, dialled: str, trunk: str) -> None:
    async with make_rig(ALWAYS, agents_of("1001"), base=outside.base) as rig:
        agent = await rig.agent("1001")
        agent.on_invite = Answer()
        await originate(rig, dialled, trunk)
        await (await agent.next_call()).ended()
        assert not outside.phone.calls
        begun = [event["Channel"] for event in rig.manager.all("Newchannel")]
        assert [name.partition("-")[0] for name in begun] == ["PJSIP/1001"]


async def test_the_agent_may_hand_the_citizen_on(make_rig: MakeRig, outside: Outside) -> None:
    async with make_rig(ALWAYS, agents_of("1001") + agents_of("1002", queues="hotline:1"), base=outside.base) as rig:
        agent, second = await rig.agent("1001"), await rig.agent("1002")
        agent.on_invite = second.on_invite = outside.phone.on_invite = Answer()
        await originate(rig)
        reached = await outside.phone.next_call()
        await reached.answered()
        await settled()
        await (await agent.next_call()).dtmf("#11002")
        await (await second.next_call()).answered()
        assert reached.is_up
        assert (await rig.manager.event("BlindTransfer"))["Context"] == "zt-transfer"
