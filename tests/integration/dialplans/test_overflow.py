"""Where a caller ends up whom no agent takes: lines, duty mobiles, the promise. Seen by the phones, AMI and CEL."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.listening import Kept, heard, recorded
from tests.integration.dialplans.rig import Rig, agents_of, settled
from tests.integration.dialplans.test_calls import ALWAYS, HOUSING, codes
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.heard import Sound
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Answer, Refuse, Ring
from zhitong.lab.phones.tones import Tone

pytestmark = pytest.mark.acceptance

MOBILE = 1000
"""What the duty mobile hums, in Hz."""
LATE = 0.5
"""Seconds that may be under way at both ends of a talk on a busy machine."""
SENTENCE = 20
"""Packets of 20 ms that the sentences of this file have at least."""

PROMPTS = """
[prompts]
promise = "vm-goodbye"
promise_no_number = "vm-goodbye"
"""


class Outside:
    """The phone that the trunk's calls go out to, and the site with that trunk."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self.trunk = f"""
name = "某市12345"
hotline = ["12345"]
{PROMPTS}
[[trunk]]
name = "carrier"
hosts = ["{phone.place[0]}"]
port = {phone.place[1]}
"""


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    """It is only called, so that it needs no PBX to start with."""
    phone = await Phone.start("13900000001", "", ("127.0.0.1", 9), register=False, setup=Setup(host="127.0.0.2"))
    async with phone:
        yield Outside(phone)


async def promised(rig: Rig, number: str) -> list[tuple[str, str]]:
    """What this caller was told of a call-back, once the call is over: why, and what of it."""
    await rig.manager.event("ZtEnd", timeout=60, CallerIDNum=number)
    return [(event["Why"], event["State"]) for event in rig.manager.all("ZtPromise", CallerIDNum=number)]


async def in_cel(rig: Rig, row: tuple[str, str]) -> None:
    """Wait for a row of ours: CEL is written by a thread of its own."""
    async with asyncio.timeout(30):
        while row not in rig.cel():  # noqa: ASYNC110 - a file says nothing
            await asyncio.sleep(0.05)


async def ended(call: Call) -> Call:
    await call.ended(60)
    return call


async def test_one_call_more_than_each_limit(make_rig: MakeRig, outside: Outside) -> None:
    """The limit of calls in, that of promises, and that a line is free again as soon as its call is gone."""
    base = outside.trunk + "max_calls_in = 2\npromise_lines = 1\n"
    async with make_rig(ALWAYS, agents_of("1001"), base=base) as rig:
        (await rig.agent("1001")).on_invite = Ring()
        in_line = [await (await rig.citizen(f"1380000000{index}")).call("12345") for index in (1, 2)]
        for index in (1, 2):
            await rig.manager.event("QueueCallerJoin", CallerIDNum=f"1380000000{index}")
        over = await (await rig.citizen("13800000003")).call("12345")
        await rig.manager.event("ZtPromise", CallerIDNum="13800000003", State="given")
        beyond = await ended(await (await rig.citizen("13800000004")).call("12345"))
        assert (beyond.ending and beyond.ending.code) == 503
        assert (await over.ended(60)).cause == 16
        assert codes(over)[-1] == "200"
        assert len(over.heard.packets()) > SENTENCE
        assert await promised(rig, "13800000003") == [("capacity", "given"), ("capacity", "heard")]
        refused = [(event["CallerIDNum"][-1], event["Reason"]) for event in rig.manager.all("ZtRefused")]
        assert refused == [("3", "capacity"), ("4", "exhausted")]
        assert await promised(rig, "13800000004") == []
        await in_line[0].hangup()
        await rig.manager.event("Hangup", CallerIDNum="13800000001")
        await (await rig.citizen("13800000005")).call("12345")
        await rig.manager.event("QueueCallerJoin", CallerIDNum="13800000005")
        assert in_line[1].ending is None
        await in_cel(rig, ("ZT_PROMISE", "w=capacity&s=heard"))
        assert rig.complaints() == []


async def test_of_calls_that_come_at_once_for_the_last_line_one_is_let_in(make_rig: MakeRig, outside: Outside) -> None:
    base = outside.trunk + "max_calls_in = 1\n"
    async with make_rig(ALWAYS, agents_of("1001"), base=base) as rig:
        (await rig.agent("1001")).on_invite = Ring()
        phones = [await rig.citizen(f"1380000000{index}") for index in range(6)]
        calls = [await phone.call("12345") for phone in phones]
        await rig.manager.event("QueueCallerJoin")
        async with asyncio.timeout(60):
            while len([call for call in calls if call.ending is None]) > 1:  # noqa: ASYNC110 - whose it is, is open
                await asyncio.sleep(0.05)
        assert len(rig.manager.all("QueueCallerJoin")) == 1
        assert len(rig.manager.all("ZtRefused", Reason="capacity")) == 5


@pytest.mark.parametrize("number", ["anonymous", "000"])
async def test_who_withholds_the_number_is_promised_nothing(make_rig: MakeRig, outside: Outside, number: str) -> None:
    async with make_rig(ALWAYS, agents_of("1001"), base=outside.trunk) as rig:  # no phone is registered
        call = await ended(await (await rig.citizen(number)).call("12345"))
        assert len(call.heard.packets()) > SENTENCE
        assert await promised(rig, number) == [("JOINEMPTY", "withheld")]


CHAIN = 'overflow = "queue:housing"' + HOUSING + 'overflow = "duty"\n'
DUTY = '[duty]\nmobiles = ["13900000001", "13900000002", "13900000003"]\nring_s = 5\n'


async def test_a_chain_in_which_everything_fails_ends_in_the_promise(make_rig: MakeRig, outside: Outside) -> None:
    """No agents, a second queue without any, a mobile that is busy, one whose mailbox answers, one that rings out."""
    async with make_rig(ALWAYS + CHAIN + DUTY, agents_of("1001"), base=outside.trunk) as rig:
        outside.phone.on_invite = Refuse(486)
        call = await (await rig.citizen()).call("12345")
        await (await outside.phone.next_call()).ended()
        outside.phone.on_invite = Answer()
        mailbox = await outside.phone.next_call()
        await mailbox.hears(Sound.ANY, mailbox.up_at.mono if mailbox.up_at else 0.0)
        outside.phone.on_invite = Ring()
        await mailbox.hangup()
        await (await outside.phone.next_call()).ended(60)
        assert (await call.ended(60)).cause == 16
        assert [event["Mobile"] for event in rig.manager.all("ZtDuty")] == [f"1390000000{index}" for index in (1, 2, 3)]
        assert await promised(rig, "13800000001") == [("JOINEMPTY", "given"), ("JOINEMPTY", "heard")]
        assert rig.manager.all("BridgeEnter") == [], "no mailbox has talked with a citizen"


async def test_a_duty_mobile_takes_the_caller_by_pressing_1(make_rig: MakeRig, outside: Outside) -> None:
    """And is recorded from then on, both voices, with nothing of the wait before."""
    site = ALWAYS + 'overflow = "duty"\n' + DUTY + "[recording]\non = true\nkeep_days = 30\n"
    async with make_rig(site, agents_of("1001"), base=outside.trunk) as rig:
        outside.phone.on_invite, outside.phone.tone_hz = Ring(), MOBILE
        call = await (await rig.citizen()).call("12345")
        up = await call.answered(30)
        mobile = await outside.phone.next_call()
        await call.hears(Sound.ANY, up.mono)  # ring-back, while the mobile rings
        mobile.answer()
        picked_up = await mobile.answered()
        await mobile.hears(Sound.ANY, picked_up.mono)  # what to press
        await call.hears(Sound.ANY, picked_up.mono)  # not silence
        await mobile.dtmf("1")
        talk = await rig.manager.event("BridgeEnter", CallerIDNum="13800000001")
        assert talk["Context"] == "zt-out"
        await mobile.hears(Tone.CALLER, picked_up.mono)
        await settled(1.0)
        await mobile.hangup()
        await call.ended()
        await rig.manager.event("ZtEnd")
        assert rig.manager.all("ZtPromise") == []
        file = Kept(await recorded(rig))
        assert file.of(MOBILE) == pytest.approx(heard(call, MOBILE), abs=LATE)
        assert file.of(Tone.CALLER) == pytest.approx(heard(mobile, Tone.CALLER), abs=LATE)
        assert file.seconds == pytest.approx(heard(call, MOBILE), abs=LATE)
        await in_cel(rig, ("ZT_DUTY", "m=13900000001"))


async def test_without_a_trunk_that_takes_the_call_the_promise_is_next(make_rig: MakeRig, outside: Outside) -> None:
    site = ALWAYS + 'overflow = "duty"\n[duty]\nmobiles = ["13900000001"]\n'
    async with make_rig(site, agents_of("1001"), base=outside.trunk) as rig:
        outside.phone.on_invite = Refuse(503)
        call = await (await rig.citizen()).call("12345")
        await call.ended(60)
        assert await promised(rig, "13800000001") == [("JOINEMPTY", "given"), ("JOINEMPTY", "heard")]
