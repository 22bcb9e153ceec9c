"""A hundred calls and twenty agents in one run: nothing lost, nothing double, nothing late, nothing added."""

import random
from pathlib import Path

import pytest

from telephony.model.terms import Outcome
from tests.acceptance.stage import people, stage
from zhitong.lab.books import fold
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal import plan as rehearsal
from zhitong.lab.rehearsal.plan import Plan
from zhitong.lab.rehearsal.result import overheads, percentile
from zhitong.lab.roles import Agent, Caller, Offer

pytestmark = pytest.mark.acceptance

OVERHEAD_LIMIT_MS = 20
"""Issue 2: with an agent free, the caller's first event → the agent's INVITE, p95."""


async def test_a_hundred_calls_are_a_hundred_records(tmp_path: Path, tools: Tools) -> None:
    """``Stage.records`` has the judge hold each record against queue_log, CDR and the phones' logs, within 50 ms."""
    plan = Plan(calls=100, agents=20, seed=7)
    async with stage(tmp_path, tools, people(rehearsal.agent_numbers(plan))) as play:
        await play.play(rehearsal.callers(plan), rehearsal.agents(plan), timeout_s=180)
        records = await play.records(100)
        seen = fold(play.lab.lines())
    assert len({record.call_id for record in records}) == 100
    assert {record.caller_name for record in records} == {caller.name for caller in rehearsal.callers(plan)}
    answered = sum(record.outcome is Outcome.ANSWERED for record in records)
    abandoned = sum(record.outcome is Outcome.ABANDONED for record in records)
    assert answered + abandoned == 100
    assert answered >= 90
    waits = sorted(overheads([call for call in seen if call.role == "agent"], records))
    assert len(waits) >= 20
    assert percentile(waits, 95) <= OVERHEAD_LIMIT_MS


async def test_with_the_bridge_stopped_calls_still_reach_agents(tmp_path: Path, tools: Tools) -> None:
    """Law 7: the PBX never depends on us."""
    plan = Plan(calls=8, agents=8, seed=3)
    async with stage(tmp_path, tools, people(rehearsal.agent_numbers(plan)), bridge=False) as play:
        await play.play(rehearsal.callers(plan), rehearsal.agents(plan))
        seen = fold(play.lab.lines())
        assert await play.scene.records() == []
    answered = [call for call in seen if call.role == "caller" and call.answered_at]
    assert len(answered) == 8


@pytest.mark.slow
async def test_a_mixed_hour_is_on_record_call_by_call(tmp_path: Path, tools: Tools) -> None:
    """Impatient callers, callers who hang up first, agents who refuse, let it ring out, transfer: all at once."""
    dice = random.Random(20261123)
    numbers = [str(1001 + index) for index in range(8)]
    async with stage(tmp_path, tools, people(numbers), "timeout_s = 4\nmax_wait_s = 12") as play:
        callers = [_citizen(dice, index) for index in range(60)]
        await play.play(callers, [_agent(dice, number, numbers) for number in numbers], timeout_s=180)
        records = await play.records(60)
    assert {Outcome.ANSWERED, Outcome.ABANDONED} <= {record.outcome for record in records}
    assert any(record.transfers for record in records)


def _citizen(dice: random.Random, index: int) -> Caller:
    number = f"1390000{dice.randrange(40):04d}"  # some call twice, now and then at the same time
    talk = dice.choice([None, None, dice.uniform(0.3, 3.0)])
    return Caller(
        number=number,
        dialled="12345",
        name=dice.choice(["", "张三", 'O\'Brien "quoted"', "李四，投诉", "🙂 emoji"]),
        start_at=round(index * 0.55, 3),
        give_up_after_s=dice.choice([None, round(dice.uniform(0.2, 6.0), 3)]),
        talk_s=talk if talk is None else round(talk, 3),
    )


def _agent(dice: random.Random, number: str, numbers: list[str]) -> Agent:
    others = [other for other in numbers if other != number]
    return Agent(number, tuple(_offer(dice, others) for _ in range(20)))


def _offer(dice: random.Random, others: list[str]) -> Offer:
    ring = round(dice.uniform(0.2, 2.5), 3)
    match dice.randrange(10):
        case 0:
            return Offer(ring_s=ring, refuse=dice.choice([486, 603, 480]))
        case 1:
            return Offer(ring_s=None)
        case 2:
            return Offer(ring_s=ring, talk_s=round(dice.uniform(0.5, 2.0), 3), transfer_to=dice.choice(others))
        case _:
            return Offer(ring_s=ring, talk_s=round(dice.uniform(0.5, 4.0), 3))
