"""Callers whom no agent takes, on a real Asterisk with the bridge: what the record says, that three books say the same,
and that Asterisk's logs alone give the same records."""

import asyncio
from pathlib import Path

import pytest

from telephony.model.terms import Outcome, VisitResult
from tests.acceptance.stage import ALWAYS, people, stage
from tests.acceptance.test_endings import CALLER, call
from zhitong.lab.phones.heard import Sound
from zhitong.lab.phones.phone import Phone
from zhitong.lab.phones.policy import Answer
from zhitong.lab.programs import Tools
from zhitong.lab.roles import Agent, Offer

pytestmark = pytest.mark.acceptance

MOBILE = "13900000001"
DUTY = f'[duty]\nmobiles = ["{MOBILE}"]\n'
PROMISE = '[prompts]\npromise = "vm-goodbye"\n'


async def taken(mobile: Phone) -> None:
    """The duty officer picks up, hears what to press, presses it, talks for a second and hangs up."""
    ringing = await mobile.next_call(60)
    up = await ringing.answered(30)
    await ringing.hears(Sound.ANY, up.mono)
    await ringing.dtmf("1")
    await asyncio.sleep(1.0)
    await ringing.hangup()


async def test_a_duty_mobile_takes_whom_no_agent_took(tmp_path: Path, tools: Tools) -> None:
    mobile = await Phone.start(MOBILE, "", ("127.0.0.1", 9), register=False)
    mobile.on_invite = Answer(after_s=0.3)
    async with mobile:
        queue, trunk = 'max_wait_s = 2\noverflow = "duty"', f"port = {mobile.place[1]}"
        async with stage(tmp_path, tools, people(["1001"]), queue, ALWAYS + DUTY, trunk=trunk) as play:
            officer = asyncio.create_task(taken(mobile))
            await play.play([call()], [Agent("1001", (Offer(ring_s=None),))])
            await officer
            (record,) = await play.records(1)
    assert (record.outcome, record.agent, record.caller_number) == (Outcome.ANSWERED, None, CALLER)
    assert [visit.result for visit in record.visits] == [VisitResult.TIMED_OUT]
    assert [(tried.mobile, tried.taken_at) for tried in record.duty] == [(MOBILE, record.answered_at)]
    assert record.promise == ""
    assert 500 <= record.talk_ms <= 3000


async def test_one_call_more_than_the_lines_is_promised_a_call_and_the_next_gets_none(
    tmp_path: Path, tools: Tools
) -> None:
    trunk = "max_calls_in = 1\npromise_lines = 1"
    async with stage(tmp_path, tools, people(["1001"]), rest=ALWAYS + PROMISE, trunk=trunk) as play:
        callers = [call(), call("13800000002", start_at=0.6), call("13800000003", start_at=1.3)]
        await play.play(callers, [Agent("1001", (Offer(ring_s=0.2, talk_s=3.0),))])
        records = sorted(await play.records(3), key=lambda record: record.caller_number)
    assert [record.outcome for record in records] == [Outcome.ANSWERED, Outcome.REFUSED, Outcome.REFUSED]
    assert [record.refused_because for record in records] == [None, "capacity", "exhausted"]
    assert [(record.promise, record.promise_because) for record in records] == [
        ("", ""),
        ("heard", "capacity"),
        ("", ""),
    ]
    assert records[2].cause == 34
