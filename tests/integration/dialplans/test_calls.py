"""What becomes of a citizen's call, seen by the citizen's phone, the agent's phone, AMI and CEL."""

import asyncio

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.manager import Manager
from tests.integration.dialplans.rig import Rig, agents_of, settled
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.heard import Sound
from zhitong.lab.phones.policy import Answer, Refuse, Ring

pytestmark = pytest.mark.acceptance

SENTENCE = 30
"""Packets of 20 ms that the shortest of the sentences has at least."""

ALWAYS = """
[agents]
sign_in = "always"
[[queue]]
name = "hotline"
timeout_s = 2
"""
HANGUP = 'overflow = "hangup"\n'
HOUSING = """
[[queue]]
name = "housing"
number = "8001"
"""


def codes(call: Call) -> list[str]:
    """The responses to the citizen's INVITE, in order."""
    return [event.what for event in call.events if event.method == "INVITE" and not event.sent]


def zt(manager: Manager) -> list[tuple[str, ...]]:
    """Our UserEvents in order: name, then the headers of the contract that say what happened."""
    keys = ("Trunk", "Dialled", "Queue", "Status", "Key", "Reason")
    mine = [event for event in manager.events if event["Event"] == "UserEvent"]
    return [(event["UserEvent"], *(event[key] for key in keys if key in event)) for event in mine]


async def test_a_call_reaches_an_agent_and_is_answered_only_then(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001")) as rig:
        agent = await rig.agent("1001")
        agent.on_invite = Answer(after_s=0.5)
        citizen = await rig.citizen(name="李四")
        call = await citizen.call("12345")
        up = await call.answered()
        taken = await agent.next_call()
        assert taken.up_at is not None
        assert 0 <= up.mono - taken.up_at.mono + 0.02 < 5
        assert (taken.number, taken.name) == ("13800000001", "李四")
        assert codes(call) == ["100", "180", "200"]
        assert call.heard.first(Sound.ANY) is None or call.heard.first(Sound.ANY) >= call.up_at.mono - 0.1  # type: ignore[operator,union-attr]
        await taken.hangup()
        assert (await call.ended()).cause == 16
        ended = await rig.manager.event("ZtEnd")
        # Whose hang-up it was depends on which thread is quicker; never the caller's own.
        assert ended["Source"].startswith("PJSIP/1001-") or ended["Source"] == "dialplan/builtin"
        assert ended["Cause"] == "16"
        assert zt(rig.manager) == [
            ("ZtEntry", "carrier", "12345"),
            ("ZtQueueEnd", "hotline", "CONTINUE", ""),
            ("ZtEnd", "hotline", "CONTINUE"),
        ]
        assert rig.complaints() == []


async def test_each_event_carries_the_caller_and_has_its_twin_in_cel(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001")) as rig:
        agent = await rig.agent("1001")
        agent.on_invite = Answer()
        call = await (await rig.citizen()).call("12345")
        await call.answered()
        await call.hangup()
        end = await rig.manager.event("ZtEnd")
        start = rig.manager.all("Newchannel")[0]
        entry = rig.manager.all("ZtEntry")[0]
        assert {entry["Uniqueid"], end["Uniqueid"]} == {start["Uniqueid"]}
        assert entry["Uniqueid"].startswith("pbx1-")
        assert entry["Channel"].startswith("PJSIP/trunk-carrier-")
        assert (end["Status"], end["Source"]) == ("", entry["Channel"])
        await rig.manager.event("Hangup", Uniqueid=start["Uniqueid"])
        await settled()
        member = f"&cause=16&src={entry['Channel']}&m=PJSIP/1001&pos=1"
        assert rig.cel() == [("ZT_ENTRY", "t=carrier&d=12345&f=&n="), ("ZT_END", f"q=hotline&s=&ab={member}")]


async def test_who_hangs_up_while_waiting_leaves_without_a_status(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001")) as rig:
        (await rig.agent("1001")).on_invite = Ring()
        call = await (await rig.citizen()).call("12345")
        await rig.manager.event("AgentCalled")
        await call.hangup()
        end = await rig.manager.event("ZtEnd")
        assert (end["Queue"], end["Status"]) == ("hotline", "")
        assert "ZtQueueEnd" not in rig.manager.names()
        async with asyncio.timeout(30):  # CEL is written by a thread of its own
            while not rig.cel()[-1][1].startswith("q=hotline&s=&ab=TRUE&"):  # noqa: ASYNC110 - a file says nothing
                await asyncio.sleep(0.05)


async def test_an_agent_who_refuses_is_followed_by_the_next(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001") + agents_of("1002", queues="hotline:1")) as rig:
        (await rig.agent("1001")).on_invite = Refuse(486)
        second = await rig.agent("1002")
        second.on_invite = Answer()
        call = await (await rig.citizen()).call("12345")
        await call.answered()
        assert [event["MemberName"] for event in rig.manager.all("AgentCalled")] == ["1001", "1002"]
        assert (await second.next_call()).is_up


@pytest.mark.parametrize("trunk", ["carrier", "entry"])
async def test_nobody_signed_in_is_said_aloud_and_ends_with_a_cause(make_rig: MakeRig, trunk: str) -> None:
    async with make_rig(ALWAYS + HANGUP, agents_of("1001")) as rig:  # the agent's phone is not registered
        call = await (await rig.citizen(trunk=trunk)).call("12345")
        ending = await call.ended(60)
        spoken = call.heard.packets()
        assert len(spoken) > SENTENCE
        await rig.manager.event("ZtQueueEnd")
        assert zt(rig.manager)[1] == ("ZtQueueEnd", "hotline", "JOINEMPTY", "")
        if trunk == "carrier":
            assert (codes(call), ending.code) == (["100", "183", "480"], 480)
        else:
            assert (codes(call), ending.cause) == (["100", "200"], 20)


async def test_a_caller_who_waited_too_long_hears_so(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS + HANGUP + "max_wait_s = 3", agents_of("1001")) as rig:
        (await rig.agent("1001")).on_invite = Ring()
        call = await (await rig.citizen()).call("12345")
        assert (await call.ended(60)).code == 480
        assert codes(call) == ["100", "180", "183", "480"]
        assert len(call.heard.packets()) > SENTENCE
        await rig.manager.event("ZtEnd")
        assert zt(rig.manager)[1:] == [("ZtQueueEnd", "hotline", "TIMEOUT", ""), ("ZtEnd", "hotline", "TIMEOUT")]


async def test_a_full_queue_says_so(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS + HANGUP + "max_callers = 1", agents_of("1001")) as rig:
        (await rig.agent("1001")).on_invite = Ring()
        first = await (await rig.citizen()).call("12345")
        await rig.manager.event("QueueCallerJoin")
        second = await (await rig.citizen("13800000002")).call("12345")
        assert (await second.ended(60)).code == 486
        assert len(second.heard.packets()) > SENTENCE
        await rig.manager.event("ZtQueueEnd", Status="FULL", CallerIDNum="13800000002")
        assert first.ending is None


async def test_overflow_is_the_second_queue_and_each_wait_is_told(make_rig: MakeRig) -> None:
    site = ALWAYS + 'overflow = "queue:housing"' + HOUSING
    async with make_rig(site, agents_of("1002", queues="housing")) as rig:
        agent = await rig.agent("1002")
        agent.on_invite = Answer()
        call = await (await rig.citizen()).call("12345")
        await call.answered()
        taken = await agent.next_call()
        await taken.hangup()
        await rig.manager.event("ZtEnd")
        assert zt(rig.manager)[1:] == [
            ("ZtQueueEnd", "hotline", "JOINEMPTY", ""),
            ("ZtQueueEnd", "housing", "CONTINUE", ""),
            ("ZtEnd", "housing", "CONTINUE"),
        ]


async def test_a_status_of_the_first_queue_is_not_taken_for_the_second_ones(make_rig: MakeRig) -> None:
    site = ALWAYS + 'overflow = "queue:housing"' + HOUSING
    async with make_rig(site, agents_of("1002", queues="housing")) as rig:
        (await rig.agent("1002")).on_invite = Ring()
        call = await (await rig.citizen()).call("12345")
        await rig.manager.event("AgentCalled")
        await call.hangup()
        end = await rig.manager.event("ZtEnd")
        assert (end["Queue"], end["Status"]) == ("housing", "")


async def exit_by(rig: Rig, key: str, via: str = "rtp") -> Call:
    """A citizen who waits on the answered trunk and presses a key."""
    call = await (await rig.citizen(trunk="entry")).call("12345")
    await call.answered()
    await rig.manager.event("QueueCallerJoin")
    await call.dtmf(key, via=via)
    return call


EXITS = 'exits = { 1 = "queue:housing", 2 = "agent:1002", 3 = "hangup" }'


@pytest.mark.parametrize("via", ["rtp", "info"])
async def test_a_key_leads_into_another_queue(make_rig: MakeRig, via: str) -> None:
    async with make_rig(ALWAYS + EXITS + HOUSING, agents_of("1001") + agents_of("1002", queues="housing")) as rig:
        (await rig.agent("1001")).on_invite = Ring()
        second = await rig.agent("1002")
        second.on_invite = Answer()
        await exit_by(rig, "1", via)
        await (await second.next_call()).answered()
        await rig.manager.event("ZtQueueEnd")
        assert zt(rig.manager)[1] == ("ZtQueueEnd", "hotline", "EXITKEY", "1")
        async with asyncio.timeout(30):  # CEL is written by a thread of its own
            while ("ZT_QEND", "q=hotline&s=EXITKEY&k=1") not in rig.cel():  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_a_key_leads_to_an_agent_and_a_busy_one_is_no_silence(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS + EXITS + HOUSING, agents_of("1001") + agents_of("1002", queues="housing")) as rig:
        (await rig.agent("1001")).on_invite = Ring()
        second = await rig.agent("1002")
        second.on_invite = Refuse(486)
        call = await exit_by(rig, "2")
        await second.next_call()
        refused_at = asyncio.get_running_loop().time()
        await call.ended(60)
        assert call.heard.times(Sound.ANY, refused_at), "the citizen hears a sentence before the end"
        assert (await rig.manager.event("ZtEnd"))["Status"] == "EXITKEY"


async def test_a_key_may_end_the_call_with_a_word(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS + EXITS + HOUSING, agents_of("1001")) as rig:
        (await rig.agent("1001")).on_invite = Ring()
        call = await exit_by(rig, "3")
        assert (await call.ended(60)).cause == 31
        await rig.manager.event("ZtEnd")
        assert zt(rig.manager)[-2:] == [("ZtQueueEnd", "hotline", "EXITKEY", "3"), ("ZtEnd", "hotline", "EXITKEY")]


async def test_a_key_that_is_no_exit_changes_nothing(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS + EXITS + HOUSING, agents_of("1001")) as rig:
        agent = await rig.agent("1001")
        agent.on_invite = Ring()
        call = await exit_by(rig, "7")
        await settled(0.5)
        (await agent.next_call()).answer()
        await rig.manager.event("AgentConnect")
        assert call.is_up


async def test_an_agents_phone_that_dials_the_hotline_is_a_caller_too(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001", "1002")) as rig:
        (await rig.agent("1001")).on_invite = Answer()
        call = await (await rig.agent("1002")).call("12345")
        await call.answered()
        await rig.manager.event("ZtEntry")
        assert zt(rig.manager)[0] == ("ZtEntry", "internal", "12345")
