"""Missed calls on a real Asterisk: into the ledger, merged, closed by an answer, called back by command."""

from pathlib import Path

import pytest

from telephony.control.commands import Taken
from telephony.ledger.terms import AttemptOutcome, CloseReason, EntryState
from telephony.model.terms import AbandonedIn, Direction, Outcome
from tests.acceptance.desk import CITIZEN, ONE, desk
from zhitong.lab.phones.policy import Answer as PickUp
from zhitong.lab.phones.policy import OnInvite, Refuse, Ring
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance


async def test_missed_calls_are_merged_and_an_answered_one_closes_them(tmp_path: Path, tools: Tools) -> None:
    async with desk(tmp_path, tools) as room:
        await room.misses()
        await room.noted()
        first = (await room.ledger.detail(ONE)).entry
        assert (first.state, first.calls, first.latest.caller_number) == (EntryState.OPEN, 1, CITIZEN)
        assert (first.latest.outcome, first.latest.abandoned_in) == (Outcome.ABANDONED, AbandonedIn.RINGING)
        await room.misses()
        await room.ledger.catch_up()
        assert (await room.ledger.detail(ONE)).entry.calls == 2
        await room.gets_through()
        await room.ledger.catch_up()
        entry = (await room.ledger.detail(ONE)).entry
        records = await room.scene.records()
    assert entry.closed is not None
    assert (entry.closed.reason, entry.closed.call) == (CloseReason.CALLED_AGAIN, records[-1].call_id)


async def test_a_call_back_that_is_answered(tmp_path: Path, tools: Tools) -> None:
    async with desk(tmp_path, tools) as room:
        await room.misses()
        await room.noted()
        room.agent.on_invite, room.citizen.on_invite = PickUp(0.3), PickUp(0.3)
        assert (await room.order()).taken is Taken.ACCEPTED
        taken = await room.agent.next_call()
        assert taken.number == CITIZEN
        reached = await room.citizen.next_call()
        await reached.answered()
        assert reached.number == "12345", "the citizen is shown the hotline's number"
        assert taken.up_at is not None
        assert taken.up_at.mono <= reached.began.mono, "the agent first"
        await taken.hears()
        ending = await taken.hangup()
        detail = await room.settled()
        record = (await room.scene.records())[-1]
    (attempt,) = detail.attempts
    assert (attempt.outcome, attempt.answer, attempt.call_id) == (AttemptOutcome.REACHED, "accepted", record.call_id)
    assert detail.entry.closed is not None
    assert (detail.entry.closed.reason, detail.entry.closed.by) == (CloseReason.CALLED_BACK, "1001")
    assert (record.direction, record.calls_back, record.dialled) == (Direction.OUTBOUND, "1", CITIZEN)
    assert attempt.uniqueid in record.uniqueids
    assert reached.up_at is not None
    assert attempt.talk_ms == pytest.approx((ending.at.mono - reached.up_at.mono) * 1000, abs=500)


@pytest.mark.parametrize(
    ("agent", "citizen", "outcome"),
    [
        (Refuse(486), PickUp(), AttemptOutcome.AGENT_REFUSED),
        (PickUp(), Refuse(486), AttemptOutcome.BUSY),
        pytest.param(PickUp(), Refuse(603), AttemptOutcome.DECLINED, marks=pytest.mark.slow),
    ],
)
async def test_call_backs_in_vain(
    tmp_path: Path, tools: Tools, agent: OnInvite, citizen: OnInvite, outcome: AttemptOutcome
) -> None:
    async with desk(tmp_path, tools) as room:
        await room.misses()
        await room.noted()
        detail = await room.called_back(agent, citizen)
    assert [attempt.outcome for attempt in detail.attempts] == [outcome]
    assert (detail.entry.state, detail.entry.owner, detail.entry.closed) == (EntryState.ASSIGNED, "1001", None)


@pytest.mark.slow  # 30 s and 45 s of ringing
@pytest.mark.parametrize(
    ("agent", "outcome"), [(Ring(), AttemptOutcome.AGENT_NO_ANSWER), (PickUp(), AttemptOutcome.NO_ANSWER)]
)
async def test_nobody_answers(tmp_path: Path, tools: Tools, agent: OnInvite, outcome: AttemptOutcome) -> None:
    async with desk(tmp_path, tools) as room:
        await room.misses()
        await room.noted()
        detail = await room.called_back(agent, Ring())
    assert [attempt.outcome for attempt in detail.attempts] == [outcome]
    assert detail.entry.state is EntryState.ASSIGNED


async def test_an_agent_who_hangs_up_while_the_citizens_phone_rings_gave_up(tmp_path: Path, tools: Tools) -> None:
    async with desk(tmp_path, tools) as room:
        await room.misses()
        await room.noted()
        room.agent.on_invite, room.citizen.on_invite = PickUp(), Ring()
        assert (await room.order()).taken is Taken.ACCEPTED
        taken = await room.agent.next_call()
        await room.citizen.next_call()
        await taken.hangup()
        detail = await room.settled()
    assert [attempt.outcome for attempt in detail.attempts] == [AttemptOutcome.AGENT_GAVE_UP]
    assert detail.entry.state is EntryState.ASSIGNED
