"""A call seen in part, and the same call out of the logs: one record that knows what both know. Pure.

What was seen keeps its own: the microsecond at which its events came, and what the logs cannot know, such as holds.
What was not seen is filled. Both have their times from one clock, the PBX's, so a time that both tell is the same to
within ``RESOLUTION``. Where they are further apart, what was seen was a guess (a snapshot tells ages in whole seconds,
a lost link no end), and the logs decide; but for an end that the logs have not got either.
"""

from collections.abc import Collection, Iterable, Iterator

import msgspec

from telephony.journal.merge_invites import invites
from telephony.model import calls as model
from telephony.model.calls import Call, Span
from telephony.model.ids import MICROS_PER_SECOND, Micros, Uniqueid
from telephony.model.machines import OfferState
from telephony.model.telling import Telling
from telephony.model.terms import Outcome, Provenance, VisitResult
from telephony.records import record as kept
from telephony.records.build import build_record
from telephony.records.met import take_over
from telephony.records.record import CallRecord

RESOLUTION = Micros(50_000)
_MS = 1_000
_AGE = Micros(5 * MICROS_PER_SECOND // 2)
"""A snapshot tells for how many whole seconds a caller has waited."""
_STATE_OF = {state.value.replace(" ", "_"): state for state in OfferState}
_TEXTS = (
    *("dialled", "caller_number", "caller_name", "trunk", "recording", "notice", "refused_because", "calls_back"),
    *("promise", "promise_because"),
)


def complete(call: Call, seen: CallRecord, elsewhere: Collection[Uniqueid] = ()) -> CallRecord:
    """The record of both. ``call`` comes from ``rebuild`` and is used up; ``elsewhere`` are channels of other calls of
    its group, which a snapshot can have taken for this one's. What the logs add nothing to is returned as it is."""
    told = frozenset(call.legs)
    _beginning(call, seen)
    call.estimated = [field for field in call.estimated if field in seen.estimated]
    call.ended_unseen = call.ended_unseen and "ended_at" in seen.estimated
    _legs(call, seen, elsewhere)
    _visits(call, seen)
    _offers(call, seen, told)
    _answer(call, seen)
    _transfers(call, seen)
    _consults(call, seen)
    invites(call, seen, _own)
    _recording(call, seen)
    _outgoing(call, seen)
    take_over(call.met, seen)
    if not call.duty:
        call.duty = [model.DutyCall(tried.at, tried.mobile) for tried in seen.duty]
    call.aliases = sorted({*call.aliases, *seen.aliases})
    call.related = sorted({*call.related, *seen.related}.difference(call.aliases))
    for linkedid in seen.linkedids:
        call.linkedids.setdefault(linkedid)
    call.provenance = Provenance.COMPLETED
    record = msgspec.structs.replace(
        build_record(call),  # what numbers mean is said by whoever keeps the record, of all of them
        caller_normalised=seen.caller_normalised,
        dialled_normalised=seen.dialled_normalised,
    )
    return seen if msgspec.structs.replace(record, provenance=seen.provenance) == seen else record


def _own(seen: Micros | None, told: Micros | None, guessed: bool = False) -> Micros | None:
    """A time that both may know; one that was ``guessed`` was not seen."""
    if seen is None or told is None:
        return told if seen is None else seen
    return seen if not guessed and abs(seen - told) <= RESOLUTION else told


def _beginning(call: Call, seen: CallRecord) -> None:
    """Who saw the first channel may have missed what the dialplan said next; the logs have both, or neither."""
    headless = "received_at" in call.estimated
    for name in _TEXTS:
        first, second = getattr(call, name), getattr(seen, name) or ""
        setattr(call, name, (second or first) if headless else (first or second))
    if headless:
        call.direction = seen.direction
    if "received_at" not in seen.estimated:
        call.received_at = seen.received_at


# --- legs -------------------------------------------------------------------------------------------------


def _legs(call: Call, seen: CallRecord, elsewhere: Collection[Uniqueid]) -> None:
    for leg in seen.legs:
        told = call.legs.get(leg.uniqueid)
        if told is not None:
            _leg(told, leg, "received_at" in seen.estimated)
        elif leg.uniqueid not in elsewhere:
            call.legs[leg.uniqueid] = _leg_of(leg, call)


def _leg(told: model.Leg, seen: kept.Leg, guessed: bool) -> None:
    told.created_at = _own(seen.created_at, told.created_at, guessed) or told.created_at
    told.answered_at = _own(seen.answered_at, told.answered_at)
    told.ended_at, told.cause = _leg_end(told, seen)
    if seen.hung_up_first and told.asked_at is None:
        told.asked_at = told.ended_at  # not before whom the logs name
    _snap(told, [edge for interval in seen.talking for edge in (interval.start, interval.end) if edge is not None])
    told.held = list(_held(told, seen))


def _leg_end(told: model.Leg, seen: kept.Leg) -> tuple[Micros | None, int | None]:
    """An end without a cause was not seen, or is not in the logs."""
    if told.cause is not None and seen.cause is not None:
        return _own(seen.ended_at, told.ended_at), seen.cause
    if told.cause is not None:
        return told.ended_at, told.cause
    if seen.cause is not None:
        return seen.ended_at, seen.cause
    return max(filter(None, (told.ended_at, seen.ended_at)), default=None), None


def _leg_of(seen: kept.Leg, call: Call) -> model.Leg:
    """A leg whose rows are lost. With whom it talked its record does not say."""
    leg = model.Leg(seen.uniqueid, seen.name, seen.role, seen.party, seen.created_at)
    leg.answered_at, leg.ended_at, leg.cause = seen.answered_at, seen.ended_at, seen.cause
    leg.asked_at = seen.ended_at if seen.hung_up_first else None
    leg.spans = [Span(interval.start, (call.caller,), interval.end) for interval in seen.talking]
    leg.held = [Span(interval.start, (), interval.end) for interval in seen.held]
    return leg


def _snap(leg: model.Leg, edges: list[Micros]) -> None:
    """Stretches of talking begin and end at the times that were seen, where they were."""
    spans = leg.spans
    for before, span, after in zip([None, *spans], spans, [*spans[1:], None], strict=False):
        start = span.start if before is not None and before.end == span.start else _nearest(edges, span.start)
        end = span.end
        if end is not None and (after is None or after.start != end):
            end = _nearest(edges, end)
        if end is None or start < end:
            span.start, span.end = start, end


def _nearest(edges: Iterable[Micros], at: Micros) -> Micros:
    near = min(edges, key=lambda edge: abs(edge - at), default=at)
    return near if abs(near - at) <= RESOLUTION else at


def _held(told: model.Leg, seen: kept.Leg) -> Iterator[Span]:
    """Holds, which no log tells. One that was still going on when the link was lost ends with the leg at the latest."""
    last = told.ended_at
    for interval in seen.held:
        end = interval.end if last is None or interval.end is None else min(interval.end, last)
        partners = [span.partners for span in told.spans if span.start <= interval.start and _reaches(span, interval)]
        if end is None or interval.start < end:
            yield Span(interval.start, partners[-1] if partners else (), end)


def _reaches(span: Span, interval: kept.Interval) -> bool:
    return span.end is None or span.end >= interval.start


# --- queues -----------------------------------------------------------------------------------------------


def _visits(call: Call, seen: CallRecord) -> None:
    free = list(call.visits)
    for visit in seen.visits:
        told = next((each for each in free if _same_visit(each, visit, "queued_at" in seen.estimated)), None)
        if told is None:
            call.visits.append(_visit_of(visit))
            call.visits.sort(key=lambda each: each.joined_at)
            continue
        free.remove(told)
        told.joined_at = _own(visit.joined_at, told.joined_at, "queued_at" in seen.estimated) or told.joined_at
        told.ended_at = _own(visit.ended_at, told.ended_at)
        told.position = told.position or visit.position
        told.told_min = visit.told_min if told.told_min is None else told.told_min
        if told.result in (None, VisitResult.UNKNOWN):
            told.result, told.key = visit.result, visit.key or told.key


def _same_visit(told: model.Visit, seen: kept.QueueVisit, guessed: bool) -> bool:
    """Where its beginning was ``guessed``, the stays are matched in their order."""
    place = (told.queue, told.uniqueid) == (seen.queue, seen.uniqueid)
    return place and (guessed or abs(told.joined_at - seen.joined_at) <= _AGE)


def _visit_of(seen: kept.QueueVisit) -> model.Visit:
    return model.Visit(
        seen.queue, seen.uniqueid, seen.position, seen.joined_at, seen.ended_at, seen.result, seen.key, seen.told_min
    )


def _offers(call: Call, seen: CallRecord, told_legs: Collection[Uniqueid]) -> None:
    """A leg that the logs tell of without an offer had none: a snapshot can only guess."""
    for offer in seen.offers:
        told = call.offers.get(offer.uniqueid)
        if told is None:
            if offer.uniqueid not in told_legs and offer.uniqueid in call.legs:
                call.offers[offer.uniqueid] = _offer_of(offer, call)
                call.offers = dict(sorted(call.offers.items(), key=lambda item: item[1].at))
            continue
        told.at = _own(offer.at, told.at, "first_offered_at" in seen.estimated) or told.at
        told.ended_at = _own(offer.ended_at, told.ended_at)
        told.cause = offer.cause if told.cause is None else told.cause
        if told.state is OfferState.UNKNOWN:
            told.state = _STATE_OF.get(offer.outcome.value, told.state)


def _offer_of(seen: kept.Offer, call: Call) -> model.Offer:
    state = _STATE_OF.get(seen.outcome.value, OfferState.UNKNOWN)
    visit = next((visit for visit in reversed(call.visits) if visit.queue == seen.queue), None)
    caller = call.caller if visit is None else visit.uniqueid
    return model.Offer(seen.member, seen.queue, caller, seen.uniqueid, seen.at, state, seen.ended_at, seen.cause)


def _answer(call: Call, seen: CallRecord) -> None:
    call.answered_at = _own(seen.answered_at, call.answered_at, "answered_at" in seen.estimated)
    if call.answered_by is None and seen.agent is not None:
        answered = (offer for offer in call.offers.values() if offer.member == seen.agent)
        call.answered_by = next((o.uniqueid for o in answered if o.state is OfferState.ANSWERED), None)


def _transfers(call: Call, seen: CallRecord) -> None:
    for transfer in seen.transfers:
        told = next((each for each in call.transfers if abs(each.at - transfer.at) <= RESOLUTION), None)
        if told is not None:
            told.at = transfer.at
        elif not _is_known(call, seen, transfer):
            call.transfers.append(_transfer_of(transfer, call))
            call.transfers.sort(key=lambda each: each.at)


def _is_known(call: Call, seen: CallRecord, transfer: kept.Transfer) -> bool:
    """An agent who left in a moment that nobody saw was taken to leave, and whom to was told, when it was found."""
    unseen = any(leg.ended_at == transfer.at and leg.cause is None for leg in seen.legs)
    agents = [(told.kind, call.legs[told.by].party) for told in call.transfers if told.by in call.legs]
    return unseen and (transfer.kind, transfer.by) in agents


def _consults(call: Call, seen: CallRecord) -> None:
    """The logs have all of them, or their rows are lost. What was asked in a moment that nobody saw was guessed."""
    for consult, told in zip(seen.consults, call.consults, strict=False):
        told.at = _own(consult.at, told.at) or told.at
        told.answered_at = _own(consult.answered_at, told.answered_at)
        told.ended_at = _own(consult.ended_at, told.ended_at)
    for consult in seen.consults[len(call.consults) :]:
        by = next((leg.uniqueid for leg in call.legs.values() if leg.party == consult.by), Uniqueid(""))
        lost = (consult.at, None, consult.answered_at, consult.ended_at, consult.result)
        call.consults.append(model.Consult(by, consult.whom, *lost))


def _outgoing(call: Call, seen: CallRecord) -> None:
    if not call.out:
        call.out = [model.WentOut(out.at, out.purpose, out.number, out.agent, out.trunk) for out in seen.out]
    if not call.refused_out:
        call.refused_out = [
            model.RefusedOut(told.at, told.purpose, told.number, told.agent, told.reason) for told in seen.refused_out
        ]


def _transfer_of(seen: kept.Transfer, call: Call) -> model.Transfer:
    by = next((leg.uniqueid for leg in call.legs.values() if leg.party == seen.by), call.caller)
    return model.Transfer(seen.kind, seen.at, by, seen.to, seen.context, seen.result)


def _recording(call: Call, seen: CallRecord) -> None:
    """The logs have the keys' pauses; only who saw the call knows of our commands'."""
    told = [pause for pause in call.pauses if pause.by == "key"] or [
        model.Pause(pause.start, pause.by, pause.end) for pause in seen.recording_pauses if pause.by == "key"
    ]
    ordered = [model.Pause(pause.start, pause.by, pause.end) for pause in seen.recording_pauses if pause.by != "key"]
    call.pauses = sorted((*told, *ordered), key=lambda pause: pause.start)
    if call.recorded_bytes is None:
        call.recorded_bytes = seen.recorded_bytes
    parts = [part for part in seen.private_parts if part.recording] if not call.private_files else []
    call.private_files += [model.PrivateFile(part.recording, Uniqueid(""), part.start, part.end) for part in parts]
    _telling(call, seen)
    call.other_recordings = list(dict.fromkeys((*call.other_recordings, *seen.other_recordings)))


def _telling(call: Call, seen: CallRecord) -> None:
    """Of the notice, the least that either knows was heard is certain: the logs do not tell of announcements that
    interrupted it, and who lost the link not when it ended."""
    known = seen.notice_heard
    if known is None:
        return
    heard = Micros(known.heard_ms * _MS)
    if call.telling is not None:
        heard = min(heard, call.telling.heard_by(call.ended_at))
    length, cost = Micros(known.length_ms * _MS), known.cost_ms * _MS
    call.telling = Telling("played", known.language, length, call.received_at, longest=heard, cost=cost)


def seen_whole(record: CallRecord) -> bool:
    """Whether the record is of a call that was observed from its beginning to its end."""
    return (
        record.provenance is Provenance.OBSERVED and not record.estimated and record.outcome is not Outcome.UNOBSERVED
    )
