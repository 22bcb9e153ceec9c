"""From a call of the model to its record. Pure: the same call always gives the same record."""

from collections.abc import Iterator
from itertools import pairwise

from telephony.model import calls as model
from telephony.model.calls import Call
from telephony.model.counters import is_ear
from telephony.model.ids import MemberName, Micros, Uniqueid
from telephony.model.invites import EMERGENCY
from telephony.model.machines import OfferState
from telephony.model.names import room_of_line, trunk_of
from telephony.model.terms import AbandonedIn, Direction, OfferOutcome, Outcome, Role, Side, VisitResult
from telephony.records import conferring
from telephony.records.met import met_of
from telephony.records.record import (
    CallRecord,
    Consult,
    DutyCall,
    Heard,
    Interval,
    Leg,
    NoticeHeard,
    Offer,
    QueueVisit,
    RecordingPause,
    RefusedOut,
    Transfer,
    WentOut,
)
from telephony.records.timeline import timeline_of, total_ms

_OUTCOME_OF_OFFER = {
    OfferState.RINGING: OfferOutcome.UNKNOWN,
    OfferState.PICKED_UP: OfferOutcome.DROPPED,
    OfferState.ANSWERED: OfferOutcome.ANSWERED,
    OfferState.NO_ANSWER: OfferOutcome.NO_ANSWER,
    OfferState.REFUSED: OfferOutcome.REFUSED,
    OfferState.UNAVAILABLE: OfferOutcome.UNAVAILABLE,
    OfferState.CANCELLED: OfferOutcome.CANCELLED,
    OfferState.LOST: OfferOutcome.LOST,
    OfferState.DROPPED: OfferOutcome.DROPPED,
    OfferState.UNKNOWN: OfferOutcome.UNKNOWN,
}
_OUTCOME_OF_VISIT = {
    VisitResult.ABANDONED: Outcome.ABANDONED,
    VisitResult.TIMED_OUT: Outcome.TIMED_OUT,
    VisitResult.QUEUE_EMPTY: Outcome.QUEUE_EMPTY,
    VisitResult.QUEUE_FULL: Outcome.QUEUE_FULL,
    VisitResult.KEY_EXIT: Outcome.KEY_EXIT,
    VisitResult.WITHDRAWN: Outcome.WITHDRAWN,
}
CALL_OUT = "call-out"
"""The purpose of what an agent's phone dials (``ZtOut``)."""
_FROM_REST = (CALL_OUT, EMERGENCY)
_MS = 1_000
_WAVE_HEADER = 44


def build_record(call: Call) -> CallRecord:
    """The record of an ended call (``call.ended_at`` is set)."""
    caller = call.legs.get(call.caller)
    ended_at = _ended_at(call, caller)
    answering = call.offers.get(call.answered_by) if call.answered_by is not None else None
    outcome = _outcome(call, caller)
    queued_at, segments = _queued_at(call), timeline_of(call, ended_at)
    record = CallRecord(
        call_id=call.call_id,
        pbx=call.pbx,
        aliases=tuple(call.aliases),
        related=tuple(dict.fromkeys(call.related)),
        uniqueids=tuple(call.legs),
        linkedids=tuple(call.linkedids),
        direction=call.direction,
        dialled=call.dialled,
        caller_number=call.caller_number,
        caller_name=call.caller_name,
        trunk=call.trunk,
        queue=answering.queue if answering is not None else (call.visits[-1].queue if call.visits else None),
        agent=answering.member if answering is not None else _who_called_out(call),
        received_at=call.received_at,
        queued_at=queued_at,
        first_offered_at=min((offer.at for offer in call.offers.values()), default=None),
        answered_at=call.answered_at,
        ended_at=ended_at,
        wait_ms=_wait_ms(call, queued_at),
        ring_ms=_between(answering.at, answering.ended_at) if answering is not None else None,
        talk_ms=total_ms(segments, "talk"),
        hold_ms=total_ms(segments, "hold"),
        visits=tuple(_visit(visit) for visit in call.visits),
        offers=tuple(_offer(offer) for offer in call.offers.values()),
        legs=tuple(_leg(leg) for leg in call.legs.values()),
        transfers=tuple(_transfer(call, transfer) for transfer in call.transfers),
        consults=tuple(_consult(call, consult) for consult in call.consults),
        timeline=segments,
        recording=call.recording or None,
        other_recordings=tuple(call.other_recordings),
        recording_pauses=tuple(_pause(pause, ended_at) for pause in call.pauses),
        recorded_bytes=call.recorded_bytes,
        notice=call.notice,
        notice_heard=_notice_heard(call, ended_at),
        recorded=_recorded(call),
        outcome=outcome,
        abandoned_in=_abandoned_in(call, caller) if outcome is Outcome.ABANDONED else None,
        refused_because=call.refused_because or None,
        out=tuple(WentOut(out.at, out.purpose, out.number, out.agent, out.trunk) for out in call.out),
        refused_out=tuple(RefusedOut(o.at, o.purpose, o.number, o.agent, o.reason) for o in call.refused_out),
        heard_by=tuple(Heard(h.by, h.mode, h.start, h.end or max(h.start, ended_at)) for h in call.heard_by),
        duty=tuple(_duty(call, caller)),
        promise=call.promise,
        promise_because=call.promise_because,
        calls_back=call.calls_back or None,
        met=met_of(call),
        hung_up_by=_hung_up_by(call, caller),
        cause=caller.cause if caller is not None else None,
        provenance=call.provenance,
        estimated=tuple(call.estimated),
    )
    return conferring.with_conference(record, call)


def _who_called_out(call: Call) -> MemberName | None:
    """The agent whose phone dialled outside."""
    told = [out.agent for out in call.out if out.purpose in _FROM_REST]
    told += [refused.agent for refused in call.refused_out if refused.purpose in _FROM_REST]
    outside = call.direction is Direction.OUTBOUND and not call.calls_back
    return MemberName(told[0]) if outside and told and told[0] else None


def _ended_at(call: Call, caller: model.Leg | None) -> Micros:
    """A citizen's call ends when the citizen's own leg does; agents may go on talking with each other."""
    ended_at = call.ended_at or call.received_at
    if call.inbound and caller is not None and caller.ended_at is not None:
        ended_at = caller.ended_at
    return max(call.received_at, ended_at)


def _between(start: Micros | None, end: Micros | None) -> int | None:
    return None if start is None or end is None else max(0, (end - start) // _MS)


def _queued_at(call: Call) -> Micros | None:
    return min((visit.joined_at for visit in call.visits), default=None)


def _wait_ms(call: Call, queued_at: Micros | None) -> int | None:
    if queued_at is None:
        return None
    left = max(visit.ended_at or visit.joined_at for visit in call.visits)
    until = left if call.answered_at is None else call.answered_at
    return _between(queued_at, max(until, queued_at))


# --- how it ended -----------------------------------------------------------------------------------------


def _outcome(call: Call, caller: model.Leg | None) -> Outcome:
    if call.answered_at is not None:
        return Outcome.ANSWERED
    if call.refused_because:
        return Outcome.REFUSED
    told = _OUTCOME_OF_VISIT.get(call.visits[-1].result or VisitResult.UNKNOWN) if call.visits else None
    if told is not None:
        return told
    if call.ended_by_pbx:
        return Outcome.SYSTEM
    if caller is not None and caller.asked_at is not None:
        return Outcome.ABANDONED
    if call.ended_unseen:
        return Outcome.UNOBSERVED
    return Outcome.SYSTEM if call.visits else Outcome.FAILED  # taken out of the line: an order to hang up


def _abandoned_in(call: Call, caller: model.Leg | None) -> AbandonedIn:
    if not call.visits:
        return AbandonedIn.ENTRY
    left = caller.asked_at or caller.ended_at if caller is not None else call.ended_at
    ringing = any(left is None or _rang_at(call, offer, left) for offer in call.offers.values())
    return AbandonedIn.RINGING if ringing else AbandonedIn.WAITING


def _rang_at(call: Call, offer: model.Offer, at: Micros) -> bool:
    """Whether this phone was still ringing (or just picked up) when the caller left."""
    leg = call.legs.get(offer.uniqueid)
    until = leg.ended_at if leg is not None else offer.ended_at
    return offer.at <= at and (until is None or until >= at)


def _hung_up_by(call: Call, caller: model.Leg | None) -> Side:
    """Whose phone ended it: the first to hang up of the caller and of those the caller talked with last.

    Who transferred the caller and then hung up did not end the call.
    """
    citizen = call.citizen
    if caller is None or citizen is None:
        return Side.UNKNOWN
    last = citizen.spans[-1].partners if citizen.spans else ()
    others = [
        call.anyone(uniqueid) for uniqueid in last if uniqueid not in {transfer.by for transfer in call.transfers}
    ]
    asked = [leg for leg in (citizen, *others) if leg is not None and leg.asked_at is not None]
    if not asked:
        return Side.UNKNOWN if call.ended_unseen and not call.ended_by_pbx else Side.SYSTEM
    first = min(asked, key=lambda leg: leg.asked_at or 0)
    if first is caller:
        return Side.CALLER
    return Side.AGENT if first.role is Role.AGENT else Side.OTHER


# --- parts ------------------------------------------------------------------------------------------------


def _visit(visit: model.Visit) -> QueueVisit:
    return QueueVisit(
        queue=visit.queue,
        uniqueid=visit.uniqueid,
        position=visit.position,
        joined_at=visit.joined_at,
        ended_at=visit.ended_at,
        result=visit.result or VisitResult.UNKNOWN,
        key=visit.key,
        told_min=visit.told_min,
    )


def _offer(offer: model.Offer) -> Offer:
    return Offer(
        member=offer.member,
        queue=offer.queue,
        uniqueid=offer.uniqueid,
        at=offer.at,
        ended_at=offer.ended_at,
        outcome=_OUTCOME_OF_OFFER[offer.state],
        cause=offer.cause,
    )


def _leg(leg: model.Leg) -> Leg:
    return Leg(
        uniqueid=leg.uniqueid,
        name=leg.name,
        role=leg.role,
        party=leg.party,
        created_at=leg.created_at,
        answered_at=leg.answered_at,
        ended_at=leg.ended_at,
        talking=_merged(leg.spans),
        held=tuple(Interval(span.start, span.end) for span in leg.held),
        cause=leg.cause,
        hung_up_first=leg.asked_at is not None,
    )


def _merged(spans: list[model.Span]) -> tuple[Interval, ...]:
    """Spans with changing partners that follow each other without a pause are one interval of talking."""
    merged: list[Interval] = []
    for span in spans:
        if merged and merged[-1].end == span.start:
            merged[-1] = Interval(merged[-1].start, span.end)
        else:
            merged.append(Interval(span.start, span.end))
    return tuple(merged)


def _transfer(call: Call, transfer: model.Transfer) -> Transfer:
    leg = call.legs.get(transfer.by)
    return Transfer(
        kind=transfer.kind,
        at=transfer.at,
        by=leg.party if leg is not None else "",
        to=transfer.to,
        context=transfer.context,
        result=transfer.result,
    )


def _consult(call: Call, consult: model.Consult) -> Consult:
    leg = call.legs.get(consult.by)
    return Consult(
        by=leg.party if leg is not None else "",
        whom=consult.whom,
        at=consult.at,
        answered_at=consult.answered_at,
        ended_at=consult.ended_at,
        result=consult.result,
    )


def _duty(call: Call, caller: model.Leg | None) -> Iterator[DutyCall]:
    """Taken is who was talked with over a trunk before the next one was rung."""
    for tried, after in pairwise([*call.duty, None]):
        assert tried is not None
        until = call.ended_at or tried.at if after is None else after.at
        talks = [span for span in (caller.spans if caller is not None else ()) if tried.at <= span.start <= until]
        taken = (span.start for span in talks if any(_is_outside(call, partner) for partner in span.partners))
        yield DutyCall(tried.mobile, tried.at, next(taken, None))


def _is_outside(call: Call, uniqueid: Uniqueid) -> bool:
    leg = call.anyone(uniqueid)
    return leg is not None and trunk_of(leg.name) != ""


def _pause(pause: model.Pause, ended_at: Micros) -> RecordingPause:
    """One that nobody ended lasts to the end."""
    return RecordingPause(pause.start, max(pause.start, ended_at) if pause.end is None else pause.end, pause.by)


def _notice_heard(call: Call, ended_at: Micros) -> NoticeHeard | None:
    """Who gave up before its end heard it until then."""
    telling = call.telling
    if telling is None:
        return None
    heard = telling.heard_by(ended_at)
    cost = max(0, ended_at - telling.at) if telling.how == "whole" else telling.cost
    return NoticeHeard(
        language=telling.language,
        length_ms=telling.length // _MS,
        heard_ms=heard // _MS,
        whole=telling.whole_by(ended_at),
        cost_ms=cost // _MS,
    )


def _recorded(call: Call) -> bool | None:
    if not call.recording:
        return False
    if call.recorded_bytes is None:
        return None if call.answered_at is not None else False
    return call.recorded_bytes > _WAVE_HEADER


def is_no_call(call: Call) -> bool:
    """What took channels and is no call of anybody's: a keyed feature code, a supervisor's phone that was rung for
    another call, a line that was to invite to a call that is over."""
    return call.listens or is_ear(call.caller) or is_feature_code(call) or _is_line(call)


def _is_line(call: Call) -> bool:
    leg = call.legs.get(call.caller)
    return leg is not None and room_of_line(leg.name) != ""


def is_feature_code(call: Call) -> bool:
    """A phone of the site that keyed a code (sign-in, pause): nobody was called, so there is no call to record."""
    return call.direction is Direction.INTERNAL and call.dialled[:1] in ("*", "#") and len(call.legs) == 1


def is_offered(record: CallRecord) -> bool:
    """Whether the call counts as offered to the hotline (metrics.md): a citizen's call that reached the PBX."""
    return record.direction is Direction.INBOUND
