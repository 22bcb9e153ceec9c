"""Call-backs that something comes between, on a real Asterisk: another agent, the citizen, a kill, the PBX itself."""

import asyncio
from pathlib import Path

import pytest

from telephony.control.commands import Taken
from telephony.ledger.query import Detail
from telephony.ledger.terms import AttemptOutcome, CloseReason, EntryState
from telephony.model.terms import Outcome, Provenance
from tests.acceptance.desk import CITIZEN, ONE, Desk, desk
from tests.acceptance.stage import Stage
from zhitong.lab.phones.policy import Answer as PickUp
from zhitong.lab.phones.policy import Refuse, Ring
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance


def is_over(found: Detail) -> bool:
    return bool(found.attempts) and found.attempts[-1].outcome is not None


async def test_two_agents_at_once_ring_one_phone_and_one_citizen(tmp_path: Path, tools: Tools) -> None:
    """And the same order given thrice is one."""
    async with desk(tmp_path, tools, agents=2) as room:
        await room.misses()
        await room.noted()
        for agent in room.agents:
            agent.on_invite = PickUp()
        room.citizen.on_invite = PickUp()
        before = [len(phone.calls) for phone in (*room.agents, room.citizen)]
        answers = await asyncio.gather(
            room.order("1001", "a"), room.order("1002", "b"), room.order("1001", "a"), room.order("1001", "a")
        )
        reached = await room.citizen.next_call()
        await reached.answered()
        await reached.hears()
        await reached.hangup()
        detail = await room.settled()
        rung = [len(phone.calls) for phone in (*room.agents, room.citizen)]
    taken = [answer.taken for answer in answers]
    assert taken[0] is taken[2] is taken[3]
    assert {taken[0], taken[1]} == {Taken.ACCEPTED, Taken.REFUSED}
    assert "being called back right now" in next(each.why for each in answers if each.taken is Taken.REFUSED)
    added = [after - earlier for after, earlier in zip(rung, before, strict=True)]
    assert (sorted(added[:2]), added[2]) == ([0, 1], 1)
    (attempt,) = detail.attempts
    assert attempt.outcome is AttemptOutcome.REACHED


@pytest.mark.slow
async def test_the_citizen_calls_again_while_called_back(tmp_path: Path, tools: Tools) -> None:
    """Another agent answers; so the entry is closed by that call, and the call-back finds the citizen busy."""
    async with desk(tmp_path, tools, agents=2) as room:
        await room.misses()
        await room.noted()
        room.agent.on_invite, room.agents[1].on_invite = Ring(), PickUp()
        assert (await room.order()).taken is Taken.ACCEPTED
        ringing = await room.agent.next_call()
        again = await room.citizen.call("12345")
        await again.answered()
        room.citizen.on_invite = Refuse(486)
        ringing.answer()
        await ringing.ended()
        assert again.is_up, "the call-back does not touch it"
        await again.hangup()
        detail = await room.settled()
        records = await room.scene.records()
    (attempt,) = detail.attempts
    assert attempt.outcome is AttemptOutcome.BUSY
    through = next(record for record in records if record.outcome is Outcome.ANSWERED)
    assert detail.entry.closed is not None
    assert (detail.entry.closed.reason, detail.entry.closed.call) == (CloseReason.CALLED_AGAIN, through.call_id)


async def test_a_bridge_killed_before_the_agent_answers_and_back_when_all_is_over(tmp_path: Path, tools: Tools) -> None:
    """The whole of the call-back is in Asterisk's own logs only: it is found there, and closes the entry."""
    async with desk(tmp_path, tools) as room:
        await room.misses()
        await room.noted()
        room.agent.on_invite, room.citizen.on_invite = Ring(), PickUp()
        assert (await room.order()).taken is Taken.ACCEPTED
        ringing = await room.agent.next_call()
        await room.scene.bridge.kill()
        ringing.answer()
        reached = await room.citizen.next_call()
        await reached.answered()
        await reached.hears()
        await reached.hangup()
        await Stage(room.scene).quiet()
        before = (await room.ledger.detail(ONE)).entry
        await room.scene.bridge.start()
        detail = await room.settled()
        record = (await room.scene.records())[-1]
    assert before.state is EntryState.CALLING
    (attempt,) = detail.attempts
    assert (attempt.outcome, attempt.call_id) == (AttemptOutcome.REACHED, record.call_id)
    assert record.provenance is not Provenance.OBSERVED
    assert detail.entry.closed is not None
    assert (detail.entry.closed.reason, detail.entry.closed.by) == (CloseReason.CALLED_BACK, "1001")


async def test_a_pbx_that_dies_in_a_call_back_leaves_the_citizen_owed(tmp_path: Path, tools: Tools) -> None:
    async with desk(tmp_path, tools) as room:
        await room.misses()
        await room.noted()
        room.agent.on_invite, room.citizen.on_invite = PickUp(), Ring()
        assert (await room.order()).taken is Taken.ACCEPTED
        await room.citizen.next_call()
        await room.scene.lab.pbx.kill()
        await room.scene.lab.pbx.start()
        detail = await room.until(is_over)
    assert [attempt.outcome for attempt in detail.attempts] == [AttemptOutcome.UNKNOWN]
    assert (detail.entry.state, detail.entry.owner, detail.entry.calls) == (EntryState.ASSIGNED, "1001", 1)


@pytest.mark.slow
async def test_a_pbx_that_refuses_is_told_and_nobody_is_rung(tmp_path: Path, tools: Tools) -> None:
    """Here the dialplan lost the context; then it has it again, and the next order goes through."""
    async with desk(tmp_path, tools) as room:
        await room.misses()
        await room.noted()
        room.agent.on_invite, room.citizen.on_invite = PickUp(), Refuse(486)
        await room.scene.lab.pbx.cli("dialplan remove context zt-callback")
        before = len(room.agent.calls)
        refused = await room.order()
        detail = await room.ledger.detail(ONE)
        assert len(room.agent.calls) == before
        await room.scene.lab.pbx.cli("dialplan reload")
        accepted = await room.order()
        after = await room.settled()
    assert (refused.taken, accepted.taken) == (Taken.REFUSED, Taken.ACCEPTED)
    assert "Extension" in refused.why, refused.why
    (attempt,) = detail.attempts
    assert (attempt.outcome, attempt.answer, attempt.why) == (AttemptOutcome.NOT_PLACED, "refused", refused.why)
    assert (detail.entry.state, detail.entry.owner) == (EntryState.ASSIGNED, "1001")
    assert [each.outcome for each in after.attempts] == [AttemptOutcome.NOT_PLACED, AttemptOutcome.BUSY]


async def _speaking(room: Desk) -> None:
    """The agent's phone is in use, for a call of its own."""
    room.agents[1].on_invite = PickUp()
    call = await room.agent.call("1002")
    await call.answered()
    await room.queue_shows("Busy")


async def test_an_agent_whose_phone_is_taken_or_gone_is_not_called_upon(tmp_path: Path, tools: Tools) -> None:
    async with desk(tmp_path, tools, agents=2) as room:
        await room.misses()
        await room.noted()
        await _speaking(room)
        async with asyncio.timeout(60):
            while (busy := await room.order()).taken is not Taken.REFUSED:
                assert busy.taken is Taken.ACCEPTED  # the bridge had not heard of it as yet: the phone itself refuses
                await room.until(is_over)
        for call in room.agent.calls:
            await call.hangup()
        await room.idle()
        await room.agent.registration.end()
        await room.queue_shows("Unavailable")
        tries = len((await room.ledger.detail(ONE)).attempts)
        gone = await room.order()
        detail = await room.until(is_over) if gone.taken is Taken.ACCEPTED else await room.ledger.detail(ONE)
    assert "right now" in busy.why
    if gone.taken is Taken.ACCEPTED:
        assert detail.attempts[-1].outcome is AttemptOutcome.AGENT_UNREACHABLE
    else:
        assert "cannot be reached" in gone.why
        assert len(detail.attempts) == tries
    assert detail.entry.closed is None


@pytest.mark.parametrize(
    "number", ["13800000001&PJSIP%2F1001", pytest.param("$%7bSHELL(id)%7d", marks=pytest.mark.slow)]
)
@pytest.mark.slow
async def test_a_number_that_is_none_is_in_the_ledger_and_never_dialled(
    tmp_path: Path, tools: Tools, number: str
) -> None:
    async with desk(tmp_path, tools, citizen=number) as room:
        await room.misses()
        entry = await room.noted()
        before = len(room.agent.calls)
        answer = await room.order()
        assert len(room.agent.calls) == before
    assert (entry.state, entry.calls) == (EntryState.OPEN, 1)
    assert entry.caller == f"call:{entry.latest.call_id}", "merged with nobody's"
    assert entry.latest.caller_number != CITIZEN
    assert (answer.taken, "withheld" in answer.why) == (Taken.REFUSED, True)
