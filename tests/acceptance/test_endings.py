"""Every way a call can end, on a real Asterisk: what the record says, and that three books say the same.

Each story has a PBX of its own. ``Stage.records`` holds the records against queue_log, CDR and the phones' logs.
"""

from pathlib import Path

import pytest

from telephony.model.terms import AbandonedIn, OfferOutcome, Outcome, Side, VisitResult
from tests.acceptance.stage import ALWAYS, people, stage
from zhitong.lab.programs import Tools
from zhitong.lab.roles import Agent, Caller, Keys, Offer

pytestmark = pytest.mark.acceptance

CALLER = "13800000001"


def call(number: str = CALLER, start_at: float = 0.0, give_up_after_s: float | None = None, **does: object) -> Caller:
    return Caller(number=number, dialled="12345", start_at=start_at, give_up_after_s=give_up_after_s, **does)  # type: ignore[arg-type]


async def test_the_agent_ends_an_answered_call(tmp_path: Path, tools: Tools) -> None:
    async with stage(tmp_path, tools, people(["1001"])) as play:
        await play.play([call()], [Agent("1001", (Offer(ring_s=0.5, talk_s=1.0),))])
        (record,) = await play.records(1)
    assert (record.outcome, record.agent, record.hung_up_by) == (Outcome.ANSWERED, "1001", Side.AGENT)
    assert record.cause == 16
    assert 450 <= (record.ring_ms or 0) <= 600
    assert 950 <= record.talk_ms <= 1100


async def test_the_caller_ends_an_answered_call(tmp_path: Path, tools: Tools) -> None:
    async with stage(tmp_path, tools, people(["1001"])) as play:
        await play.play([call(talk_s=1.0)], [Agent("1001", (Offer(ring_s=0.5),))])
        (record,) = await play.records(1)
    assert (record.outcome, record.agent, record.hung_up_by) == (Outcome.ANSWERED, "1001", Side.CALLER)


async def test_a_caller_gives_up_while_waiting(tmp_path: Path, tools: Tools) -> None:
    async with stage(tmp_path, tools, people(["1001"])) as play:
        callers = [call(), call("13800000002", start_at=1.0, give_up_after_s=1.5)]
        await play.play(callers, [Agent("1001", (Offer(ring_s=0.2, talk_s=4.0),))])
        records = await play.records(2)
    waited = next(record for record in records if record.caller_number == "13800000002")
    assert (waited.outcome, waited.abandoned_in) == (Outcome.ABANDONED, AbandonedIn.WAITING)
    assert waited.offers == ()
    assert waited.hung_up_by is Side.CALLER


async def test_a_caller_gives_up_while_the_phone_rings(tmp_path: Path, tools: Tools) -> None:
    async with stage(tmp_path, tools, people(["1001"])) as play:
        await play.play([call(give_up_after_s=1.2)], [Agent("1001", (Offer(ring_s=None),))])
        (record,) = await play.records(1)
    assert (record.outcome, record.abandoned_in) == (Outcome.ABANDONED, AbandonedIn.RINGING)
    assert [offer.outcome for offer in record.offers] == [OfferOutcome.CANCELLED]


async def test_callers_give_up_in_the_instant_of_the_answer(tmp_path: Path, tools: Tools) -> None:
    """Thirty calls, each given up within ±15 ms of the agent's pick-up: whatever won, every book says the same."""
    numbers = [str(1001 + index) for index in range(30)]
    callers = [
        call(f"138000001{index:02}", start_at=index * 0.05, give_up_after_s=1.0 + (index - 15) / 1000)
        for index in range(30)
    ]
    async with stage(tmp_path, tools, people(numbers)) as play:
        await play.play(callers, [Agent(number, (Offer(ring_s=1.0, talk_s=0.5),)) for number in numbers])
        records = await play.records(30)
    assert {record.outcome for record in records} <= {Outcome.ANSWERED, Outcome.ABANDONED}


@pytest.mark.parametrize(
    ("status", "outcome"), [(486, OfferOutcome.REFUSED), (603, OfferOutcome.REFUSED), (480, OfferOutcome.UNAVAILABLE)]
)
async def test_an_agent_refuses_and_the_call_goes_on(
    tmp_path: Path, tools: Tools, status: int, outcome: OfferOutcome
) -> None:
    async with stage(tmp_path, tools, people(["1001", "1002"]), 'strategy = "linear"') as play:
        refuses = Agent("1001", (Offer(ring_s=0.3, refuse=status), Offer(ring_s=0.3, refuse=status)))
        answers = Agent("1002", (Offer(ring_s=0.3, talk_s=0.5),))
        await play.play([call()], [refuses, answers])
        (record,) = await play.records(1)
    assert record.outcome is Outcome.ANSWERED
    assert record.agent == "1002"
    assert [offer.outcome for offer in record.offers if offer.member == "1001"][:1] == [outcome]


async def test_an_agent_never_answers_and_the_next_is_offered(tmp_path: Path, tools: Tools) -> None:
    async with stage(tmp_path, tools, people(["1001", "1002"]), 'strategy = "rrmemory"') as play:
        silent = Agent("1001", (Offer(ring_s=None),))
        answers = Agent("1002", (Offer(ring_s=0.3, talk_s=0.5),))
        await play.play([call(), call("13800000002", start_at=0.1)], [silent, answers], timeout_s=90)
        records = await play.records(2)
    offers = [offer for record in records for offer in record.offers]
    assert OfferOutcome.NO_ANSWER in {offer.outcome for offer in offers if offer.member == "1001"}
    assert all(record.outcome is Outcome.ANSWERED and record.agent == "1002" for record in records)


async def test_all_agents_are_busy_and_callers_wait_in_order(tmp_path: Path, tools: Tools) -> None:
    async with stage(tmp_path, tools, people(["1001"])) as play:
        callers = [call(f"1380000000{index}", start_at=index * 0.1) for index in range(4)]
        await play.play(callers, [Agent("1001", (Offer(ring_s=0.3, talk_s=1.0),))])
        records = await play.records(4)
    answered = [record.caller_number for record in sorted(records, key=lambda record: record.answered_at or 0)]
    assert answered == [caller.number for caller in callers]
    assert [record.visits[0].position for record in records] == [1, 2, 3, 4]


async def test_nobody_is_signed_in(tmp_path: Path, tools: Tools) -> None:
    async with stage(tmp_path, tools, people(["1001"]), rest="") as play:
        await play.play([call()], [Agent("1001")])
        (record,) = await play.records(1)
    assert (record.outcome, record.hung_up_by) == (Outcome.QUEUE_EMPTY, Side.SYSTEM)
    assert [visit.result for visit in record.visits] == [VisitResult.QUEUE_EMPTY]


async def test_the_wait_is_over(tmp_path: Path, tools: Tools) -> None:
    async with stage(tmp_path, tools, people(["1001"]), "max_wait_s = 2") as play:
        await play.play([call()], [Agent("1001", (Offer(ring_s=None),))])
        (record,) = await play.records(1)
    assert record.outcome is Outcome.TIMED_OUT
    assert record.abandoned_in is None


async def test_the_queue_is_full(tmp_path: Path, tools: Tools) -> None:
    async with stage(tmp_path, tools, people(["1001"]), "max_callers = 1") as play:
        callers = [call(), call("13800000002", start_at=0.8), call("13800000003", start_at=1.2)]
        await play.play(callers, [Agent("1001", (Offer(ring_s=0.3, talk_s=3.0),))])
        records = await play.records(3)
    assert sorted(record.outcome for record in records) == ["answered", "answered", "queue_full"]


KEYS = """
[[queue]]
name = "second"
timeout_s = 20
"""


async def test_a_key_leads_into_another_queue(tmp_path: Path, tools: Tools) -> None:
    """The key needs an answered call: the trunk answers at entry."""
    persons = people(["1001"]) + people(["2001"], "second")
    exits = 'exits = {1 = "queue:second"}'
    async with stage(tmp_path, tools, persons, exits, KEYS + ALWAYS, trunk='answer = "at-entry"') as play:
        agents = [Agent("1001", (Offer(ring_s=None),)), Agent("2001", (Offer(ring_s=0.3, talk_s=0.5),))]
        await play.play([call(keys=(Keys(1.0, "1"),))], agents)
        (record,) = await play.records(1)
    assert (record.outcome, record.agent, record.queue) == (Outcome.ANSWERED, "2001", "second")
    assert [(visit.queue, visit.result, visit.key) for visit in record.visits] == [
        ("service", VisitResult.KEY_EXIT, "1"),
        ("second", VisitResult.CONNECTED, ""),
    ]


async def test_a_blind_transfer_to_another_agent(tmp_path: Path, tools: Tools) -> None:
    async with stage(tmp_path, tools, people(["1001", "1002"]), 'strategy = "linear"') as play:
        first = Agent("1001", (Offer(ring_s=0.3, talk_s=1.0, transfer_to="1002"),))
        second = Agent("1002", (Offer(ring_s=0.5, talk_s=1.0),))
        await play.play([call()], [first, second])
        (record,) = await play.records(1)
    assert (record.outcome, record.agent, record.hung_up_by) == (Outcome.ANSWERED, "1001", Side.OTHER)
    assert [(transfer.kind, transfer.by, transfer.to) for transfer in record.transfers] == [("blind", "1001", "1002")]
    assert 1900 <= record.talk_ms <= 2300


async def test_two_calls_of_one_caller_at_once(tmp_path: Path, tools: Tools) -> None:
    async with stage(tmp_path, tools, people(["1001", "1002"])) as play:
        agents = [Agent(number, (Offer(ring_s=0.4, talk_s=1.0),)) for number in ("1001", "1002")]
        await play.play([call(), call(start_at=0.2)], agents)
        records = await play.records(2)
    assert {record.agent for record in records} == {"1001", "1002"}
    assert len({record.call_id for record in records}) == 2
