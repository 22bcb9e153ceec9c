"""The notice, as the citizen's phone hears it, and what the record says of it: notice, music and people are tones."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from statistics import median

import pytest

from telephony.model.ids import CallId
from telephony.records.record import CallRecord, NoticeHeard
from tests.acceptance.stage import people
from tests.integration.dialplans.telling import MUSIC_HZ, NOTICE_HZ, telling
from tests.integration.journal.mirror import assert_same, by_the_logs
from tests.integration.recordings.studio import CITIZEN, FIRST, Studio
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.udp import now
from zhitong.lab.ports import Ports
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.scene import Scene, head

pytestmark = pytest.mark.acceptance

LENGTH_S = 2.5
ENTRY, EARLY, DEAF, SPILLING, PLACED = (f"127.0.0.{number}" for number in range(2, 7))
AGENT = "1001"
EXACT_MS, BUSY_MS = 60, 250
"""How far record and phone may be apart; the second where a busy machine holds up packets or events."""

SITE = f"""
[[trunk]]
name = "early"
hosts = ["{EARLY}"]
answer = "at-agent"
early_media = true
[[trunk]]
name = "spilling"
hosts = ["{SPILLING}"]
queue = "first"
[[route]]
numbers = ["12346"]
queues = {{ service = 1 }}
language = "en"
[[trunk]]
name = "placed"
hosts = ["{PLACED}"]
queue = "placed"
[[queue]]
name = "service"
number = "8001"
timeout_s = 30
[[queue]]
name = "first"
join_empty = true
leave_empty = false
max_wait_s = 1
overflow = "queue:service"
[[queue]]
name = "placed"
join_empty = true
leave_empty = false
position = true
[agents]
sign_in = "always"
[recording]
on = true
keep_days = 3
[notice]
on = true
message = true
"""
DEAF_TRUNK = f"""
[[trunk]]
name = "deaf"
hosts = ["{DEAF}"]
answer = "at-agent"
"""


def _site(more: str, ports: Ports) -> str:
    return head(ports, trunk='answer = "at-entry"', host=ENTRY) + more


class Hall(Studio):
    """A site that tells its callers, with one agent's phone."""

    def __init__(self, scene: Scene, stack: contextlib.AsyncExitStack) -> None:
        super().__init__(scene, stack)
        self.numbers = 0

    async def calls(self, host: str = ENTRY, dialled: str = "12345") -> Call:
        """A citizen of a number of their own calls from there."""
        self.numbers += 1
        number = f"1380000{self.numbers:04}"
        place = ("127.0.0.1", self.scene.site.sip.port)
        phone = await Phone.start(number, "", place, CITIZEN, register=False, setup=Setup(host=host))
        await self._stack.enter_async_context(phone)
        return await phone.call(dialled)

    async def over(self) -> list[CallRecord]:
        """All records, once everybody has hung up. Asterisk's logs alone must tell the same calls."""
        await self.silent()
        records = await self.scene.records_of(self.numbers)
        await asyncio.to_thread(assert_same, records, self.scene.lab.run / "log")
        return records


@contextlib.asynccontextmanager
async def hall(directory: Path, tools: Tools, more: str) -> AsyncIterator[tuple[Hall, Phone]]:
    told = await asyncio.to_thread(telling, tools, directory, LENGTH_S)
    async with (
        Scene.open(directory / "run", told, partial(_site, more), people([AGENT]), contacts=False) as scene,
        contextlib.AsyncExitStack() as stack,
    ):
        room = Hall(scene, stack)
        yield room, await room.agent(AGENT, FIRST)


async def picked_up(agent: Phone, call: Call, after_s: float) -> Call:
    taken = await agent.next_call()
    await asyncio.sleep(after_s)
    taken.answer()
    await taken.answered()
    await call.hears(FIRST, call.began.mono)
    await asyncio.sleep(0.3)  # something to record
    return taken


def told_ms(call: Call) -> float:
    """How much of the notice the phone heard."""
    return 20.0 * len(call.heard.times(NOTICE_HZ))


def of(records: list[CallRecord], call: Call) -> NoticeHeard:
    (record,) = [each for each in records if each.caller_number == call.own_number]
    assert record.notice == "zt/notice"
    assert record.recorded is (record.answered_at is not None)
    assert record.notice_heard is not None
    assert (record.notice_heard.language, record.notice_heard.length_ms) == ("zh", LENGTH_S * 1000)
    return record.notice_heard


async def hang_up(call: Call, taken: Call | None = None) -> None:
    await call.hangup()
    if taken is not None:
        await taken.ended()


async def test_it_is_heard_at_once_cut_by_the_pick_up_and_never_again(tmp_path: Path, tools: Tools) -> None:
    async with hall(tmp_path, tools, SITE + DEAF_TRUNK) as (room, agent):
        cut = [await _cut(room, agent, host) for host in (ENTRY, ENTRY, EARLY)]
        deaf = await room.calls(DEAF)
        await hang_up(deaf, await picked_up(agent, deaf, 0.5))
        whole = await _to_its_end(room, agent)
        given_up = await room.calls()
        await given_up.hears(NOTICE_HZ, given_up.began.mono)
        await asyncio.sleep(0.6)
        await hang_up(given_up)
        records = await room.over()
        told = [of(records, call) for call in cut]
        apart = [abs(one.heard_ms - told_ms(call)) for one, call in zip(told, cut, strict=True)]
        assert median(apart) <= EXACT_MS
        assert max(apart) <= BUSY_MS
        assert not any(one.whole for one in told)
        assert told_ms(deaf) == 0
        assert (of(records, deaf).heard_ms, of(records, deaf).whole) == (0, False)
        assert (of(records, whole).heard_ms, of(records, whole).whole) == (LENGTH_S * 1000, True)
        assert abs(of(records, given_up).heard_ms - told_ms(given_up)) <= BUSY_MS
        await _rebuilt_alike(room, records)
        (figures,) = json.loads(await room.zhitong("calls", "notices", "--json"))
        counted = {name: figures[name] for name in ("queue", "calls", "complete", "cut", "left", "cost_s")}
        assert counted == {"queue": "service", "calls": 6, "complete": 1, "cut": 4, "left": 1, "cost_s": 0}
        assert "打断于 cut after" in await room.zhitong("calls", "show", records[0].call_id)


async def _cut(room: Hall, agent: Phone, host: str) -> Call:
    """The agent picks up in the middle of it, then holds the caller and passes them to a queue."""
    call = await room.calls(host)
    taken = await picked_up(agent, call, 0.9)
    first, talked = call.heard.first(NOTICE_HZ), call.heard.first(FIRST)
    assert first is not None
    assert talked is not None
    rang = call.began if host == EARLY else call.up_at
    assert rang is not None
    assert first - rang.mono < 0.2 + call.spoke.longest_gap() / 1000
    last = call.heard.last(NOTICE_HZ)
    assert last is not None
    assert last <= talked + 0.02
    await _agent_is_told(room, agent, call)
    held_at = now().mono
    await taken.hold()
    await call.hears(MUSIC_HZ, held_at)
    await asyncio.sleep(0.3)
    assert NOTICE_HZ not in call.heard.tones(held_at)
    await hang_up(call, taken)
    return call


async def _agent_is_told(room: Hall, agent: Phone, call: Call) -> None:
    """What to say: on the phone that answered, and to whoever asks how things are."""
    async with asyncio.timeout(60):
        while len(agent.messages) < room.numbers:  # noqa: ASYNC110 - a phone says nothing
            await asyncio.sleep(0.05)
    assert agent.messages[-1] == "您好，为保证服务质量，本次通话将被录音。"
    (to_say,) = (await room.status()).to_say
    assert (to_say.agent, to_say.language, to_say.length_ms) == (AGENT, "zh", LENGTH_S * 1000)
    assert abs(to_say.heard_ms - told_ms(call)) <= BUSY_MS


async def _to_its_end(room: Hall, agent: Phone) -> Call:
    call = await room.calls()
    await call.hears(MUSIC_HZ, call.began.mono)
    taken = await picked_up(agent, call, 0.2)
    assert abs(told_ms(call) - LENGTH_S * 1000) <= EXACT_MS
    moved = now().mono
    await taken.refer("8001")
    again = await agent.next_call()
    await call.hears(450, moved)  # ring-back: nobody is told twice
    assert NOTICE_HZ not in call.heard.tones(moved)
    again.answer()
    await again.answered()
    await hang_up(call, again)
    return call


async def _rebuilt_alike(room: Hall, records: list[CallRecord]) -> None:
    rebuilt = await asyncio.to_thread(by_the_logs, room.scene.lab.run / "log")
    for record in records:
        theirs = rebuilt[CallId(record.call_id)].notice_heard
        assert theirs is not None
        assert record.notice_heard is not None
        assert theirs.whole == record.notice_heard.whole
        assert abs(theirs.heard_ms - record.notice_heard.heard_ms) <= BUSY_MS


async def test_it_goes_on_in_the_next_queue_and_after_an_announcement(tmp_path: Path, tools: Tools) -> None:
    async with hall(tmp_path, tools, SITE) as (room, agent):
        spilled = await room.calls(SPILLING)
        taken = await agent.next_call()
        await spilled.hears(MUSIC_HZ, spilled.began.mono)
        taken.answer()
        await taken.answered()
        await spilled.hears(FIRST, spilled.began.mono)
        await asyncio.sleep(0.3)  # something to record
        await hang_up(spilled, taken)
        first = await room.calls(PLACED)
        second = await room.calls(PLACED)
        english = await room.calls(dialled="12346")
        await _told_wholly(second)
        taken = await agent.next_call()
        taken.answer()
        await english.hears(FIRST, english.began.mono)
        for call in (first, second, english):
            await hang_up(call)
        records = await room.over()
        for call in (spilled, second):
            assert abs(told_ms(call) - LENGTH_S * 1000) <= BUSY_MS  # once, and wholly
            assert of(records, call).whole
        (record,) = [each for each in records if each.caller_number == english.own_number]
        assert record.notice_heard is not None
        assert record.notice_heard.language == "en"
        assert record.notice_heard.length_ms > LENGTH_S * 1000  # the English sentence is no tone of ours
        assert record.notice_heard.heard_ms > LENGTH_S * 500
        started, ended = second.heard.first(NOTICE_HZ), second.heard.last(NOTICE_HZ)
        assert started is not None
        assert ended is not None
        assert ended - second.began.mono > LENGTH_S + 1  # the announcement took its time


async def _told_wholly(call: Call) -> None:
    """Return when the phone has heard all of it: the position that is told first holds all sorts of tones."""
    async with asyncio.timeout(60):
        while told_ms(call) < LENGTH_S * 1000 - EXACT_MS:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)


async def test_the_whole_of_it_comes_before_the_queue(tmp_path: Path, tools: Tools) -> None:
    async with hall(tmp_path, tools, SITE + "whole = true\n") as (room, agent):
        patient = await room.calls()
        await hang_up(patient, await picked_up(agent, patient, 0.3))
        hasty = await room.calls(EARLY)
        await hasty.hears(NOTICE_HZ, hasty.began.mono)
        await asyncio.sleep(0.8)
        await hang_up(hasty)
        records = await room.over()
        by_number = {record.caller_number: record for record in records}
        record, told = by_number[patient.own_number], of(records, patient)
        assert abs(told_ms(patient) - LENGTH_S * 1000) <= EXACT_MS
        assert (told.heard_ms, told.whole) == (LENGTH_S * 1000, True)
        assert abs(told.cost_ms - LENGTH_S * 1000) <= BUSY_MS
        assert record.first_offered_at is not None
        assert record.first_offered_at - record.received_at >= (LENGTH_S - 0.1) * 1_000_000
        given_up = by_number[hasty.own_number]
        assert (given_up.outcome, given_up.abandoned_in, given_up.visits) == ("abandoned", "entry", ())
        assert abs(of(records, hasty).heard_ms - told_ms(hasty)) <= BUSY_MS
        await _rebuilt_alike(room, records)
