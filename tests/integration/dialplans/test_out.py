"""Calls that leave over a trunk, and those that may not, on a real Asterisk with real SIP carriers."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from telephony.numbers.outward import outward
from telephony.outgoing import is_allowed, listed
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.outside import ABROAD, MOBILE, Outside, dialled, left, outside, refused
from tests.integration.dialplans.rig import Rig, agents_of, settled
from tests.integration.dialplans.test_calls import ALWAYS
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.heard import Sound
from zhitong.lab.phones.phone import Phone
from zhitong.lab.phones.policy import Answer, Forward, Refuse

pytestmark = pytest.mark.acceptance

TWO = agents_of("1001") + agents_of("1002", queues="hotline:1")


@pytest.fixture
async def out() -> AsyncIterator[Outside]:
    async with outside() as there:
        yield there


async def connected(rig: Rig, out: Outside) -> tuple[Call, Call]:
    """A citizen's call that came in over the first trunk, and the agent's."""
    agent = await rig.agent("1001")
    agent.on_invite = Answer()
    call = await (await citizen(rig)).call("12345")
    await call.answered()
    taken = await agent.next_call()
    await taken.answered()
    await settled()
    out.carrier.on_invite = Answer()
    return call, taken


async def citizen(rig: Rig) -> Phone:
    return await rig.citizen("13800000001", "carrier")


async def test_an_agent_calls_out_and_the_hotlines_number_is_seen(make_rig: MakeRig, out: Outside) -> None:
    async with make_rig(ALWAYS, agents_of("1001"), base=out.base) as rig:
        out.carrier.on_invite = Answer()
        call = await (await rig.agent("1001")).call("013900000001")
        await call.answered()
        reached = await out.carrier.next_call()
        assert (reached.number, reached.name) == ("056188812345", "")
        assert dialled(reached) == MOBILE, "as the trunk writes numbers"
        await settled(0.5)
        await call.hangup()
        await rig.manager.event("ZtRecording", State="ended")
        assert left(rig) == [("call-out", MOBILE, "1001", "carrier")]
        event = await rig.manager.event("ZtOut")
        assert event["Channel"].startswith("PJSIP/1001-")
        assert event["Recording"].endswith(f"/{event['Uniqueid']}.wav")
        (sound,) = (rig.lab.pbx.spool_dir / "monitor").rglob("*.wav")
        assert sound.stat().st_size > 4000
        twins = [words for kind, words in rig.cel() if kind == "ZT_OUT"]
        assert twins == [f"p=call-out&d={MOBILE}&a=1001&t=carrier&f={event['Recording']}"]


async def test_what_is_not_on_the_list_does_not_leave_and_the_agent_is_told(make_rig: MakeRig, out: Outside) -> None:
    async with make_rig(ALWAYS + DENY, agents_of("1001"), base=out.base) as rig:
        agent = await rig.agent("1001")
        for dialled in (ABROAD, "16812345", "008613900000002"):
            call = await agent.call(dialled)
            ending = await call.ended()
            assert ending.code == 403, dialled
        assert out.calls == 0
        assert refused(rig) == [
            ("call-out", "+441632960961", "1001", "not-allowed"),
            ("call-out", "16812345", "1001", "not-allowed"),
            ("call-out", "13900000002", "1001", "not-allowed"),
        ]
        assert agent.calls[0].heard.first(Sound.ANY) is not None, "the sentence, before the answer"
        twins = [words for kind, words in rig.cel() if kind == "ZT_OUTREF"]
        assert twins[0] == "p=call-out&d=+441632960961&a=1001&r=not-allowed"


DENY = """
[outgoing]
deny = ["13900000002"]
"""


async def test_the_next_trunk_takes_what_the_first_cannot(make_rig: MakeRig, out: Outside) -> None:
    async with make_rig(ALWAYS, agents_of("1001"), base=out.base) as rig:
        agent = await rig.agent("1001")
        out.carrier.on_invite, out.backup.on_invite = Refuse(503), Answer()
        await (await agent.call(MOBILE)).answered()
        await (await out.backup.next_call()).hangup()
        out.backup.on_invite = Refuse(486)
        assert (await (await agent.call(MOBILE)).ended()).code == 486
        out.carrier.on_invite = Refuse(404)
        assert (await (await agent.call(MOBILE)).ended()).code != 200
        out.carrier.on_invite = Refuse(603)
        await (await agent.call(MOBILE)).ended()
        assert [trunk for _, _, _, trunk in left(rig)] == [
            "carrier",
            "backup",
            "carrier",
            "backup",
            "carrier",
            "carrier",
        ]
        assert refused(rig) == []


@pytest.mark.slow
async def test_the_order_of_the_trunks_is_the_sites(make_rig: MakeRig, out: Outside) -> None:
    async with make_rig(ALWAYS + '[outgoing]\ntrunks = ["backup"]\n', agents_of("1001"), base=out.base) as rig:
        out.backup.on_invite = Refuse(500)
        assert (await (await (await rig.agent("1001")).call(MOBILE)).ended()).code >= 500
        assert left(rig) == [("call-out", MOBILE, "1001", "backup")]


TABLE = (
    *("13800000001", "16812345", "3053000", "05613053000", "01062345678", "075588888888", "12345", "88812345", "12590"),
    *("110", "12315", "10086", "95588", "4001234567", "00441632960961", "+85221234567", "0085291234567", "1", "00"),
)
LISTS = """
[outgoing]
allow = ["local", "mobile", "service", "+852X.", "16812345"]
deny = ["+8529XXXXXXX", "[1-3]0086", "95588"]
"""


async def test_the_bridge_and_the_dialplan_have_one_list(make_rig: MakeRig, out: Outside) -> None:
    async with make_rig(ALWAYS + LISTS, agents_of("1001"), base=out.base) as rig:
        for dialled in TABLE:
            number = listed(outward(dialled, rig.site.numbers.rules))
            names = [name for name in ("deny", "allow") if await _is_on(rig, f"{number}@zt-out-{name}")]
            assert is_allowed(dialled, rig.site) is (names == ["allow"]), dialled


async def _is_on(rig: Rig, place: str) -> bool:
    return "NoOp" in await rig.lab.pbx.cli(f"dialplan show {place}")


async def test_one_call_more_than_a_day_allows(make_rig: MakeRig, out: Outside) -> None:
    async with make_rig(ALWAYS + "[outgoing]\ndaily_limit = 2\n", agents_of("1001", "1002"), base=out.base) as rig:
        first, second = await rig.agent("1001"), await rig.agent("1002")
        out.carrier.on_invite = Refuse(486)
        await rig.lab.pbx.cli("database put zt-out day 20200101")
        await rig.lab.pbx.cli("database put zt-out 20200101/1001 7")
        assert [(await (await first.call(MOBILE)).ended()).code for _ in range(3)] == [486, 486, 403]
        assert "20200101" not in await rig.lab.pbx.cli("database show zt-out"), "an old day is forgotten"
        assert (await (await second.call(MOBILE)).ended()).code == 486
        assert refused(rig) == [("call-out", MOBILE, "1001", "daily-limit")]


@pytest.mark.parametrize(
    ("keys", "free"),
    [
        pytest.param("max_calls_out = 1", 1, marks=pytest.mark.slow),
        pytest.param("lines = 3\nreserved_in = 2", 1, marks=pytest.mark.slow),
        pytest.param("lines = 3\nreserved_in = 1\nreserved_specialists = 1", 1, marks=pytest.mark.slow),
        ("lines = 2", 2),
    ],
)
async def test_one_call_more_than_there_are_lines(make_rig: MakeRig, out: Outside, keys: str, free: int) -> None:
    only = '[outgoing]\ntrunks = ["carrier"]\n'
    async with make_rig(ALWAYS + only, agents_of("1001", "1002", "1003"), base=out.site(carrier=keys)) as rig:
        out.carrier.on_invite = Answer()
        phones = [await rig.agent(number) for number in ("1001", "1002", "1003")]
        for phone in phones[:free]:
            await (await phone.call(MOBILE)).answered()
        assert (await (await phones[free].call(MOBILE)).ended()).code == 503
        assert refused(rig) == [("call-out", MOBILE, f"100{free + 1}", "no-line")]
        await out.carrier.calls[0].hangup()
        await rig.manager.event("Hangup", Uniqueid=rig.manager.all("ZtOut")[0]["Uniqueid"])
        await (await phones[free].call(MOBILE)).answered()


async def test_a_call_that_is_in_holds_the_line_that_was_kept_for_it(make_rig: MakeRig, out: Outside) -> None:
    """Two lines, one kept for calls in: with one call in, there is one for a call out, and no more."""
    base = out.site(carrier="lines = 2\nreserved_in = 1")
    only = '[outgoing]\ntrunks = ["carrier"]\n'
    async with make_rig(ALWAYS + only, agents_of("1001", "1002", "1003"), base=base) as rig:
        await connected(rig, out)
        await (await (await rig.agent("1002")).call(MOBILE)).answered()
        assert (await (await (await rig.agent("1003")).call(MOBILE)).ended()).code == 503


@pytest.mark.slow
async def test_two_calls_that_found_the_last_line_at_once(make_rig: MakeRig, out: Outside) -> None:
    """As if both had looked before either was there: the second's leg finds itself one too many."""
    only = '[outgoing]\ntrunks = ["carrier"]\n'
    base = out.site(carrier="max_calls_out = 1")
    async with make_rig(ALWAYS + only, agents_of("1001", "1002"), base=base) as rig:
        file, look = rig.lab.etc / "extensions.conf", 'GotoIf($["${ZT_OUT_FULL}"="1"]?full)'
        text = await asyncio.to_thread(file.read_text, encoding="utf-8")
        assert look in text
        await asyncio.to_thread(file.write_text, text.replace(look, "NoOp(not looked)"), encoding="utf-8")
        await rig.lab.pbx.cli("dialplan reload")
        out.carrier.on_invite = Answer()
        await (await (await rig.agent("1001")).call(MOBILE)).answered()
        assert (await (await (await rig.agent("1002")).call(MOBILE)).ended()).code >= 500
        assert len(out.carrier.calls) == 1, "nothing left"


async def test_a_citizen_is_transferred_outside(make_rig: MakeRig, out: Outside) -> None:
    async with make_rig(ALWAYS, agents_of("1001"), base=out.base) as rig:
        out.carrier.tone_hz = 700
        citizen_call, taken = await connected(rig, out)
        await taken.dtmf(f"#1{MOBILE}")
        reached = await out.carrier.next_call()
        await reached.answered()
        assert reached.number == "056188812345"
        moment = asyncio.get_running_loop().time()
        await citizen_call.hears(700, moment)
        assert left(rig) == [("transfer", MOBILE, "1001", "carrier")]


@pytest.mark.parametrize("how", ["refer", pytest.param("keys", marks=pytest.mark.slow)])
async def test_a_citizen_blindly_transferred_abroad_is_back_in_the_queue(
    make_rig: MakeRig, out: Outside, how: str
) -> None:
    async with make_rig(ALWAYS, TWO, base=out.base) as rig:
        citizen_call, taken = await connected(rig, out)
        second = await rig.agent("1002")
        second.on_invite = Answer()
        moment = asyncio.get_running_loop().time()
        if how == "refer":
            await taken.refer(ABROAD)
        else:
            await taken.dtmf(f"#1{ABROAD}#")
            await taken.ended()
        await citizen_call.hears(Sound.ANY, moment)
        await rig.manager.event("ZtOutRefused")
        assert refused(rig) == [("transfer", "+441632960961", "1001", "not-allowed")]
        async with asyncio.timeout(30):
            while len(rig.manager.all("AgentConnect")) < 2:
                await settled(0.1)
        assert len(rig.manager.all("QueueCallerJoin")) == 2
        assert citizen_call.is_up
        assert out.calls == 0


async def test_an_agent_who_consults_abroad_hears_why_not_and_is_back(make_rig: MakeRig, out: Outside) -> None:
    async with make_rig(ALWAYS, agents_of("1001"), base=out.base) as rig:
        citizen_call, taken = await connected(rig, out)
        citizen_call.say(450)
        moment = asyncio.get_running_loop().time()
        await taken.dtmf(f"*2{ABROAD}#")
        await rig.manager.event("ZtOutRefused")
        assert refused(rig) == [("transfer", "+441632960961", "1001", "not-allowed")]
        await taken.hears(Sound.ANY, moment)
        await taken.hears(450, asyncio.get_running_loop().time())
        assert citizen_call.is_up
        assert out.calls == 0


async def test_an_agent_consults_outside_and_hands_the_citizen_over(make_rig: MakeRig, out: Outside) -> None:
    async with make_rig(ALWAYS, agents_of("1001"), base=out.base) as rig:
        citizen_call, taken = await connected(rig, out)
        out.carrier.tone_hz = 700
        await taken.dtmf(f"*2{MOBILE}")
        await (await out.carrier.next_call()).answered()
        await taken.hears(700, asyncio.get_running_loop().time())
        await taken.hangup()
        await citizen_call.hears(700, asyncio.get_running_loop().time())
        assert left(rig) == [("transfer", MOBILE, "1001", "carrier")]


async def test_an_agents_phone_cannot_send_a_citizen_elsewhere(make_rig: MakeRig, out: Outside) -> None:
    async with make_rig(ALWAYS, agents_of("1001", "1002"), base=out.base) as rig:
        first, second = await rig.agent("1001"), await rig.agent("1002")
        first.on_invite = second.on_invite = Forward(ABROAD)
        call = await (await citizen(rig)).call("12345")
        await rig.manager.event("AgentRingNoAnswer", MemberName="1001")
        await rig.manager.event("AgentRingNoAnswer", MemberName="1002")
        second.on_invite = Answer()
        await rig.manager.event("AgentConnect", MemberName="1002")
        await call.hangup()
        told = {("forward", "+441632960961", number, "not-allowed") for number in ("1001", "1002")}
        assert set(refused(rig)) == told
        assert out.calls == 0


async def test_neither_can_whom_an_agent_dials(make_rig: MakeRig, out: Outside) -> None:
    async with make_rig(ALWAYS, agents_of("1001", "1002"), base=out.base) as rig:
        (await rig.agent("1002")).on_invite = Forward(ABROAD)
        first = await rig.agent("1001")
        await (await first.call("1002")).ended()
        out.carrier.on_invite = Forward("1002")
        await (await first.call(MOBILE)).ended()
        assert out.carrier.calls
        assert refused(rig)[0] == ("forward", "+441632960961", "1002", "not-allowed")
        assert refused(rig)[1] == ("forward", "1002", "", "not-allowed")


async def test_a_caller_who_bears_an_agents_number_is_a_caller(make_rig: MakeRig, out: Outside) -> None:
    """From the trunk it is an outside call whatever number it shows: it may dial no more than any other."""
    async with make_rig(ALWAYS, TWO, base=out.base) as rig:
        agent = await rig.agent("1002")
        agent.on_invite = Answer()
        forger = await rig.citizen("1001", "carrier", name="张三")
        for dialled in ("*11", "1002", MOBILE, ABROAD):
            assert (await (await forger.call(dialled)).ended()).code == 404
        call = await forger.call("12345")
        await call.answered()
        taken = await agent.next_call()
        assert taken.name == "外线", "the agent sees that this is no colleague"
        await call.dtmf(f"#1{MOBILE}")
        await settled(1.0)
        assert call.is_up
        assert out.calls == 0
        assert left(rig) == refused(rig) == []


async def test_whoever_is_no_trunk_and_no_phone_gets_no_channel(make_rig: MakeRig, out: Outside) -> None:
    async with make_rig(ALWAYS, agents_of("1001"), base=out.base) as rig:
        for number in ("13800000001", "1001", "trunk-carrier", "zt-odd"):
            place = ("127.0.0.1", rig.lab.ports.sip)
            async with await Phone.start(number, "", place, register=False) as stranger:
                assert (await (await stranger.call("12345")).ended()).code in (401, 403, 404)
        assert "Newchannel" not in rig.manager.names()
