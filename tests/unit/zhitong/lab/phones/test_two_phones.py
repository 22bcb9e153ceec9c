"""Two phones that call each other without a PBX between them, and the book of their calls as SIPp's reader reads it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.zhitong.lab.phones.peer import eventually
from zhitong.lab.books import fold, read
from zhitong.lab.phones import book
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Answer, Refuse, Ring
from zhitong.lab.phones.tones import Tone

AGENT, CALLER = int(Tone.AGENT), int(Tone.CALLER)
Pair = tuple[Phone, Phone]


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    """A citizen's phone, and an agent's that it reaches whatever it dials."""
    agent = await Phone.start("1001", "", ("127.0.0.1", 9), AGENT, register=False)
    setup = Setup(name="市民\t王", host="127.0.0.2")
    citizen = await Phone.start("13800000001", "", agent.place, CALLER, register=False, setup=setup)
    yield citizen, agent
    citizen.unplug()
    agent.unplug()


async def talk(pair: Pair) -> tuple[Call, Call]:
    citizen, agent = pair
    ours = await citizen.call("12345")
    await ours.answered()
    theirs = await agent.next_call()
    await theirs.answered()
    return ours, theirs


def packets(call: Call) -> int:
    return len(call.heard.packets())


async def test_they_hear_each_other_and_nobody_else(pair: Pair) -> None:
    ours, theirs = await talk(pair)
    await eventually(lambda: packets(ours) > 20 and packets(theirs) > 20)
    assert ours.heard.tones() == {AGENT}
    assert theirs.heard.tones() == {CALLER}
    assert ours.heard.lost() == theirs.heard.lost() == 0
    assert ours.heard.longest_gap(AGENT, spoken=theirs.spoke) < 40
    assert theirs.heard.longest_gap(CALLER, spoken=ours.spoke) < 40


async def test_a_gap_that_was_made_is_measured(pair: Pair) -> None:
    ours, theirs = await talk(pair)
    await eventually(lambda: packets(ours) > 5)
    theirs.say(None)
    await asyncio.sleep(0.2)
    theirs.say(AGENT)
    count = packets(ours)
    await eventually(lambda: packets(ours) > count + 3)
    gap = max(ours.heard.gaps(AGENT), key=lambda gap: gap.ms)
    assert gap.ms >= 180
    assert ours.heard.longest_gap(AGENT) == gap.ms


async def test_hold_is_silence_for_who_is_held(pair: Pair) -> None:
    ours, theirs = await talk(pair)
    await eventually(lambda: packets(ours) > 3)
    await theirs.hold()
    await asyncio.sleep(0.05)
    count = packets(ours)
    await asyncio.sleep(0.1)
    assert packets(ours) == count
    await theirs.resume()
    await eventually(lambda: packets(ours) > count)
    assert packets(theirs) > 0


async def test_keys_arrive_both_ways(pair: Pair) -> None:
    ours, theirs = await talk(pair)
    await asyncio.gather(ours.dtmf("*2#"), theirs.dtmf("9"))
    await ours.dtmf("7", via="info")
    assert theirs.heard.keys() == "*2#"
    assert theirs.info_keys == "7"
    await eventually(lambda: ours.heard.keys() == "9")


async def test_two_calls_at_once_do_not_mix(pair: Pair) -> None:
    first, other = await talk(pair), await talk(pair)
    await first[0].hangup()
    await first[1].ended()
    assert other[0].is_up and other[1].is_up
    assert first[0].id == first[1].id != other[0].id


async def test_both_hang_up_in_the_same_instant(pair: Pair) -> None:
    ours, theirs = await talk(pair)
    endings = await asyncio.gather(ours.hangup(), theirs.hangup())
    assert [ending.code for ending in endings] == [200, 200]


async def test_a_hundred_calls_leave_nothing_open(pair: Pair) -> None:
    citizen, agent = pair
    for _ in range(10):
        calls = [await citizen.call(str(number)) for number in range(10)]
        await asyncio.gather(*(call.answered() for call in calls))
        await asyncio.gather(*(call.hangup() for call in calls))
    await asyncio.gather(*(call.ended() for call in agent.calls))
    assert len(agent.calls) == 100
    assert not citizen.mishaps and not agent.mishaps


# --- the book -------------------------------------------------------------------------------------------------


async def events(call: Call) -> str:
    await call.ended()
    return " ".join(line.event for line in book.lines(call))


async def test_the_book_of_an_answered_call(pair: Pair) -> None:
    ours, theirs = await talk(pair)
    await theirs.hold()
    await ours.hangup()
    assert await events(ours) == "invite_sent ringing answered reinvite_received bye_sent end"
    assert await events(theirs) == (
        "invite_received ringing_sent answer_sent ack_received reinvite_sent bye_received end"
    )


async def test_the_book_of_a_refused_call(pair: Pair) -> None:
    pair[1].on_invite = Refuse(486)
    ours = await pair[0].call("12345")
    assert await events(ours) == "invite_sent ringing refused end"
    assert await events(await pair[1].next_call()) == "invite_received ringing_sent refuse_sent end"
    assert book.lines(ours)[-1].detail == "486"


async def test_the_book_of_a_call_given_up(pair: Pair) -> None:
    pair[1].on_invite = Ring()
    ours = await pair[0].call("12345")
    await ours.ringing()
    await ours.hangup()
    assert await events(ours) == "invite_sent ringing cancel_sent refused end"
    assert (await events(await pair[1].next_call())).startswith("invite_received ringing_sent cancel_received end")


async def test_sipp_s_reader_reads_the_book(pair: Pair, tmp_path: Path) -> None:
    citizen, agent = pair
    ours, theirs = await talk(pair)
    await theirs.hangup()
    agent.on_invite = Answer(5.0)
    abandoned = await citizen.call("12345")
    await abandoned.ringing()
    await abandoned.hangup()
    await (await agent.next_call()).ended()
    path = tmp_path / "phones.tsv"
    book.write(path, [*citizen.calls, *agent.calls])
    seen = {(call.role, call.call_id): call for call in fold(read(path))}
    assert len(seen) == 4

    caller, answerer = seen["caller", ours.id], seen["agent", ours.id]
    assert (caller.number, caller.other, caller.status, caller.hung_up) == ("13800000001", "12345", 200, "them")
    assert (answerer.number, answerer.other, answerer.status, answerer.hung_up) == ("1001", "13800000001", 200, "us")
    assert ours.up_at is not None
    assert caller.answered_at == pytest.approx(ours.up_at.wall_us / 1e6, abs=1e-5)
    assert answerer.invited_at == pytest.approx(caller.invited_at, abs=0.5)
    assert [seen[role, abandoned.id].status for role in ("caller", "agent")] == [487, 487]
    assert seen["caller", abandoned.id].answered_at is None


async def test_a_tab_in_a_name_does_not_break_the_book(pair: Pair, tmp_path: Path) -> None:
    _, theirs = await talk(pair)
    path = tmp_path / "phones.tsv"
    book.write(path, [theirs])
    first = read(path)[0]
    assert (first.event, first.detail.startswith('"市民 王" <sip:13800000001@')) == ("invite_received", True)


def test_a_book_without_calls_has_its_header(tmp_path: Path) -> None:
    book.write(tmp_path / "none.tsv", [])
    assert (tmp_path / "none.tsv").read_text() == "date\ttime\tepoch\trole\tevent\tnumber\tother\tcall_id\tdetail\n"
