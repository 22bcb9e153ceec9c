"""Supervisors' orders on a real PBX: who hears whom, who waits where."""

from pathlib import Path

import pytest

from telephony.control.commands import Reason, Taken
from telephony.control.orders.calls import BlindTransfer, HangUp, PickUp
from telephony.control.orders.rooms import Hold, Resume
from telephony.control.orders.supervision import Listen, MoveFirst, StopListening, TakeOver, Withdraw
from telephony.model.ids import CallId, MemberName, QueueName
from telephony.model.terms import Outcome, VisitResult
from tests.integration.orders.office import CITIZEN, HUM, OTHER, office
from zhitong.lab.phones.policy import Answer as AutoAnswer
from zhitong.lab.phones.udp import now
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance

AGENT, BOSS = MemberName("1001"), MemberName("1002")


async def test_a_supervisor_hears_whispers_and_barges_in(tmp_path: Path, tools: Tools) -> None:
    async with office(tmp_path, tools, "1001", "1002") as room:
        call = await room.citizen.call("12345")
        a = await room.rings()
        b = BOSS if a == AGENT else AGENT
        taken, boss = room.ringing[a], room.agents[b]
        taken.answer()
        await call.answered()
        await call.hears(HUM[a])
        boss.on_invite = AutoAnswer()
        await room.done(Listen(a, b, "listen", "boss"))
        ear = await boss.next_call()
        await ear.hears(HUM[CITIZEN])
        await ear.hears(HUM[a])
        await room.done(Listen(a, b, "whisper", "boss"))
        await taken.hears(HUM[b])
        assert HUM[b] not in call.heard.tones()
        at = now().mono
        await room.done(Listen(a, b, "barge", "boss"))
        await call.hears(HUM[b], at)
        await room.done(StopListening(a, b, "boss"))
        await ear.ended()
        refused = await room.order(Listen(b, a, "listen", "boss"))
        assert (refused.taken, refused.reason) == (Taken.REFUSED, Reason.WRONG_STATE)
        await call.hangup()
        await room.quiet()
        (record,) = await room.scene.records_of(1)
        assert [(heard.by, heard.mode) for heard in record.heard_by] == [
            (b, "listen"),
            (b, "whisper"),
            (b, "barge"),
        ]
        assert record.heard_by[-1].end <= record.ended_at


async def test_who_waits_is_moved_first_and_withdrawn(tmp_path: Path, tools: Tools) -> None:
    async with office(tmp_path, tools, "1001", citizens=(CITIZEN, OTHER)) as room:
        agent = room.agents["1001"]
        one = await room.citizen.call("12345")
        taken = await agent.next_call()
        taken.answer()
        await one.answered()
        busy = await room.call_id(CITIZEN)
        refused = await room.order(MoveFirst(busy, "boss"))
        assert (refused.taken, refused.reason) == (Taken.REFUSED, Reason.WRONG_STATE)
        unknown = await room.order(MoveFirst(CallId("nobody's"), "boss"))
        assert (unknown.taken, unknown.reason) == (Taken.REFUSED, Reason.UNKNOWN_CALL)
        two = await room.citizens[OTHER].call("12345")
        waits = await room.call_id(OTHER)
        await room.done(MoveFirst(waits, "boss"))
        nowhere = await room.order(Withdraw(waits, QueueName("nowhere"), "boss"))
        assert (nowhere.taken, nowhere.reason) == (Taken.REFUSED, Reason.BAD_VALUE)
        await room.done(Withdraw(waits, QueueName("other"), "boss"))
        await two.hangup()
        await room.done(HangUp(busy, AGENT, "1001"))
        await one.ended()
        await room.quiet()
        records = {record.caller_number: record for record in await room.scene.records_of(2)}
        visits = [(visit.queue, visit.result) for visit in records[OTHER].visits]
        assert visits == [("service", VisitResult.WITHDRAWN), ("other", VisitResult.ABANDONED)]
        assert records[CITIZEN].hung_up_by.value in ("system", "agent")


async def test_a_supervisor_takes_the_caller_over(tmp_path: Path, tools: Tools) -> None:
    async with office(tmp_path, tools, "1001", "1002") as room:
        call = await room.citizen.call("12345")
        one = await room.rings()
        boss = BOSS if one == AGENT else AGENT
        taken = room.ringing[one]
        taken.answer()
        await call.answered()
        await call.hears(HUM[one])
        call_id = await room.call_id()
        late = await room.order(TakeOver(call_id, boss, boss), deadline_s=3.0)  # the phone rings, nobody picks up
        assert (late.taken, late.seen) == (Taken.ACCEPTED, False)
        rang = await room.agents[boss].next_call()
        await rang.ended()
        assert taken.is_up
        await room.free(boss)
        room.agents[boss].on_invite = AutoAnswer()
        await room.done(TakeOver(call_id, boss, boss))
        await taken.ended()
        at = now().mono
        await call.hears(HUM[boss], at)
        mine = await room.agents[boss].next_call()
        await mine.hears(HUM[CITIZEN], at)
        await mine.hangup()
        await call.ended()
        await room.quiet()
        (record,) = await room.scene.records_of(1)
        assert (record.agent, record.outcome) == (one, Outcome.ANSWERED)
        talked = {leg.party for leg in record.legs if leg.talking}
        assert talked == {CITIZEN, one, boss}


async def test_in_a_room_a_supervisor_is_heard_by_all_and_a_caller_can_be_sent_on(tmp_path: Path, tools: Tools) -> None:
    async with office(tmp_path, tools, "1001", "1002") as room:
        call = await room.citizen.call("12345")
        one = await room.rings()
        boss = BOSS if one == AGENT else AGENT
        taken = room.ringing[one]
        taken.answer()
        await call.answered()
        call_id = await room.call_id()
        await room.done(Hold(call_id, one, one))
        await room.done(Resume(call_id, one, one))
        room.agents[boss].on_invite = AutoAnswer()
        await room.done(Listen(one, boss, "barge", "boss"))
        ear = await room.agents[boss].next_call()
        at = now().mono
        for who in (call, taken):
            await who.hears(HUM[boss], at)
        await ear.hears(HUM[CITIZEN], at)
        await room.done(StopListening(one, boss, "boss"))
        await ear.ended()
        await call.hears(HUM[one], now().mono)
        await room.done(BlindTransfer(call_id, one, boss, one))
        await taken.ended()
        await call.hears(HUM[boss], now().mono)
        await call.hangup()
        await room.quiet()
        (record,) = await room.scene.records_of(1)
        assert [(heard.by, heard.mode) for heard in record.heard_by] == [(boss, "barge")]
        assert [(each.kind, each.by, each.to) for each in record.transfers] == [("blind", one, boss)]


async def test_whoever_has_the_caller_after_a_transfer_is_on_the_call(tmp_path: Path, tools: Tools) -> None:
    async with office(tmp_path, tools, "1001", "1002", "1003") as room:
        call = await room.citizen.call("12345")
        one = await room.rings()
        room.ringing[one].answer()
        await call.answered()
        call_id = await room.call_id()
        two, boss = (MemberName(number) for number in ("1001", "1002", "1003") if number != one)
        await room.done(BlindTransfer(call_id, one, two, one))
        await room.rings_at(two)
        await room.done(PickUp(call_id, two, two))
        await call.hears(HUM[two])
        room.agents[boss].on_invite = AutoAnswer()
        await room.done(Listen(two, boss, "listen", boss))
        ear = await room.agents[boss].next_call()
        await ear.hears(HUM[CITIZEN])
        await room.done(StopListening(two, boss, boss))
        await ear.ended()
        await room.free(boss)
        await room.done(TakeOver(call_id, boss, boss))
        await room.free(two)
        await call.hears(HUM[boss], now().mono)
        await call.hangup()
        await room.quiet()
        (record,) = await room.scene.records_of(1)
        assert [heard.by for heard in record.heard_by] == [boss]
