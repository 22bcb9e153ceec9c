"""An agent's orders about their own calls, on a real PBX with plain phones."""

from pathlib import Path

import pytest

from telephony.control.commands import Reason, Taken
from telephony.control.orders.calls import BlindTransfer, CallOut, Decline, HangUp, PickUp
from telephony.model.ids import CallId, MemberName
from telephony.model.terms import Direction, OfferOutcome, Outcome, Side
from tests.integration.orders.office import CITIZEN, HUM, office
from zhitong.lab.phones.policy import Answer, Ring
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance

ONE, TWO = MemberName("1001"), MemberName("1002")
OUT = f'[outgoing]\nallow = ["{CITIZEN}"]\n'


async def test_declined_picked_up_sent_on_and_ended(tmp_path: Path, tools: Tools) -> None:
    async with office(tmp_path, tools, "1001", "1002") as room:
        call = await room.citizen.call("12345")
        call_id = await room.call_id()
        first = await room.rings()
        other = TWO if first == ONE else ONE
        too_soon = await room.order(HangUp(call_id, other, other))
        assert (too_soon.taken, too_soon.reason) == (Taken.REFUSED, Reason.WRONG_STATE)
        await room.done(Decline(call_id, first, first))
        twice = await room.order(Decline(call_id, first, first))
        assert twice.taken is Taken.REFUSED or twice.seen  # the queue may have come back to this phone by now
        ringing = await room.rings()
        await room.done(PickUp(call_id, ringing, ringing))
        await call.answered()
        await call.hears(HUM[ringing])
        to = ONE if ringing == TWO else TWO
        nobody = await room.order(BlindTransfer(call_id, ringing, "9999", ringing))
        assert (nobody.taken, nobody.reason) == (Taken.REFUSED, Reason.NOT_ALLOWED)
        odd = await room.order(BlindTransfer(call_id, ringing, "12\r\nAction: Logoff", ringing))
        assert (odd.taken, odd.reason) == (Taken.REFUSED, Reason.BAD_VALUE)
        room.agents[to].on_invite = Answer()
        await room.done(BlindTransfer(call_id, ringing, to, ringing))
        await call.hears(HUM[to])
        await room.done(BlindTransfer(call_id, to, "other", to))
        await call.hangup()
        await call.ended()
        await room.quiet()
        gone = await room.order(HangUp(call_id, to, to))
        assert (gone.taken, gone.reason) == (Taken.REFUSED, Reason.UNKNOWN_CALL)
        (record,) = await room.scene.records_of(1)
        assert record.outcome is Outcome.ANSWERED
        handed_on = [(transfer.kind, transfer.to) for transfer in record.transfers]
        assert handed_on == [("blind", to), ("blind", "queue-other")]
        assert record.visits[-1].queue == "other"
        assert OfferOutcome.REFUSED in [offer.outcome for offer in record.offers]
        assert record.hung_up_by is Side.CALLER


async def test_an_agent_calls_out_by_order(tmp_path: Path, tools: Tools) -> None:
    async with office(tmp_path, tools, "1001", rest=OUT) as room:
        agent = room.agents["1001"]
        agent.on_invite = room.citizen.on_invite = Answer()
        foreign = await room.order(CallOut(ONE, "0012125550123", "1001"))
        assert (foreign.taken, foreign.reason) == (Taken.REFUSED, Reason.NOT_ALLOWED)
        key = "the same"
        answer = await room.order(CallOut(ONE, CITIZEN, "1001"), key)
        assert (answer.taken, answer.seen) == (Taken.ACCEPTED, True)
        assert await room.order(CallOut(ONE, CITIZEN, "1001"), key) == answer
        dialled, called = await agent.next_call(), await room.citizen.next_call()
        await dialled.hears(HUM[CITIZEN])
        await called.hears(HUM["1001"])
        agent.on_invite = Ring()
        busy = await room.order(CallOut(ONE, CITIZEN, "1001"))
        assert (busy.taken, busy.reason) == (Taken.REFUSED, Reason.WRONG_STATE)
        await room.done(HangUp(CallId(answer.call), ONE, "1001"))
        await called.ended()
        await room.quiet()
        (record,) = await room.scene.records_of(1)
        assert (record.call_id, record.direction, record.agent) == (answer.call, Direction.OUTBOUND, ONE)
        assert (record.dialled, record.outcome) == (CITIZEN, Outcome.ANSWERED)
