"""Who was in a call, who was invited, what was said apart: those parts of a record, from a call of the model. Pure."""

from collections.abc import Iterator
from itertools import pairwise

import msgspec

from telephony.model import calls as model
from telephony.model import invites
from telephony.model.calls import REJOIN, Call
from telephony.model.ids import Micros, Uniqueid
from telephony.model.invites import EMERGENCY
from telephony.model.names import trunk_of
from telephony.model.terms import Direction, InviteState, TryResult
from telephony.records.record import CallRecord, Incident, Invitation, Participant, PrivatePart, Stretch, Try

CALLER, PRIVATE, HOLD, AFTER = "caller", "private", "hold", "after"
"""Kinds of a stretch (``telephony.records.record.Stretch``)."""
_ONE_INCIDENT = Micros(10_000_000)
"""A number that is tried over another trunk is so within this time."""


def with_conference(record: CallRecord, call: Call) -> CallRecord:
    """The record of this call with these parts."""
    return msgspec.structs.replace(
        record,
        invitations=tuple(invitations(call)),
        participants=tuple(participants(call, record.ended_at)),
        private_parts=tuple(private_parts(call, record.ended_at)),
        incidents=tuple(incidents(call)),
    )


def who_of(call: Call, leg: model.Leg) -> str:
    """By which number this one is known: as offered, as invited, as called; a trunk's own name tells nothing."""
    offer, invite = call.offers.get(leg.uniqueid), call.invite_of(leg.uniqueid)
    tried = invite.tried(leg.uniqueid) if invite is not None else None
    if offer is not None:
        return offer.member
    if tried is not None:
        return tried.number
    if leg.uniqueid == call.caller:
        return call.caller_number or leg.party
    called = trunk_of(leg.name) and call.direction is Direction.OUTBOUND and leg is call.citizen
    return call.dialled if called else leg.party


# --- invitations ------------------------------------------------------------------------------------------


def invitations(call: Call) -> Iterator[Invitation]:
    for invite in call.invites:
        yield Invitation(
            id=invite.id,
            by=invite.by,
            to=invite.to,
            department=invite.department,
            mode=invite.mode,
            purpose=invite.purpose,
            at=invite.at,
            tries=tuple(map(_try, invite.tries)),
            answered_at=invite.answered_at,
            joined_at=invite.joined_at,
            ended_at=invite.ended_at,
            result=InviteState.CANCELLED if invite.ringing else invite.state,
            guest=invite.guest,
        )


def _try(tried: invites.Asked) -> Try:
    result = TryResult.UNKNOWN if tried.open else tried.result
    return Try(tried.number, tried.code, tried.at, tried.ended_at, result, tried.status)


# --- who was in -------------------------------------------------------------------------------------------


def participants(call: Call, end: Micros) -> Iterator[Participant]:
    """Those who talked with anybody, in the order of their coming."""
    for leg in call.legs.values():
        if not leg.person or not leg.spans:
            continue
        invite = call.invite_of(leg.uniqueid)
        tried = invite.tried(leg.uniqueid) if invite is not None else None
        yield Participant(
            leg=leg.uniqueid,
            who=who_of(call, leg),
            role=leg.role,
            code=tried.code if tried is not None else "",
            department=invite.department if invite is not None else "",
            invited_by=invite.by if invite is not None else "",
            stretches=tuple(_joined(_stretches(call, leg, end))),
        )


def _stretches(call: Call, leg: model.Leg, end: Micros) -> Iterator[Stretch]:
    """From when they first talked with anybody. Of the moments between, those that are longer than a walk from room to
    room, and while the caller is there to wait for: then one of them is on hold."""
    gone = _caller_gone(call, end)
    for span, after in pairwise([*leg.spans, None]):
        assert span is not None
        stop = span.end or leg.ended_at or end
        yield from _with(call, leg, span, stop, gone)
        until = min(after.start if after is not None else leg.asked_at or leg.ended_at or end, gone)
        if until - stop > REJOIN:
            yield Stretch(HOLD, stop, until)


def _caller_gone(call: Call, end: Micros) -> Micros:
    citizen = _citizen(call)
    return end if citizen is None else citizen.asked_at or citizen.ended_at or end


def _citizen(call: Call) -> model.Leg | None:
    """None where agent and specialist came together to call a citizen who never came."""
    alone = call.direction is Direction.OUTBOUND and call.host in (None, call.caller) and bool(call.invites)
    return None if alone else call.citizen


def _with(call: Call, leg: model.Leg, span: model.Span, stop: Micros, gone: Micros) -> Iterator[Stretch]:
    citizen = _citizen(call)
    if leg is citizen or (citizen is not None and citizen.uniqueid in span.partners):
        yield Stretch(CALLER, span.start, stop)
        return
    if span.start < gone:
        yield Stretch(PRIVATE, span.start, min(stop, gone))
    if stop - max(span.start, gone) > REJOIN:
        yield Stretch(AFTER, max(span.start, gone), stop)


def _joined(stretches: Iterator[Stretch]) -> list[Stretch]:
    """Those of one kind that follow each other at once are one, whoever came and went meanwhile."""
    joined: list[Stretch] = []
    for stretch in stretches:
        last = joined[-1] if joined else None
        if last is not None and last.kind == stretch.kind and stretch.start - last.end <= REJOIN:
            joined[-1] = Stretch(last.kind, last.start, stretch.end)
        elif stretch.end > stretch.start:
            joined.append(stretch)
    return joined


# --- what was said apart ----------------------------------------------------------------------------------


def private_parts(call: Call, end: Micros) -> list[PrivatePart]:
    """Where others talked while the caller did not hear them, in order."""
    found: list[PrivatePart] = []
    apart = [
        (stretch.start, stretch.end, leg)
        for leg in call.legs.values()
        if leg.person and leg.spans
        for stretch in _joined(_stretches(call, leg, end))
        if stretch.kind == PRIVATE
    ]
    for start, stop, leg in sorted(apart, key=lambda each: each[:2]):
        who, last = who_of(call, leg), found[-1] if found else None
        if last is not None and start < last.end:
            everybody = tuple(sorted({*last.who, who}))
            found[-1] = PrivatePart(last.start, max(last.end, stop), everybody, last.recording)
        else:
            found.append(PrivatePart(start, stop, (who,), _file_of(call, start, stop)))
    return found


def _file_of(call: Call, start: Micros, stop: Micros) -> str:
    """The recording of its own that it has; empty: it has none."""
    within = (file.path for file in call.private_files if file.start < stop and (file.end or stop) > start)
    return next(within, "")


# --- emergencies ------------------------------------------------------------------------------------------


def incidents(call: Call) -> list[Incident]:
    """Emergency numbers that were called, each once however many trunks it took."""
    found: list[Incident] = []
    for out in sorted((o for o in call.out if o.purpose == EMERGENCY), key=lambda out: out.at):
        last = found[-1] if found else None
        if last is None or (last.number, last.by) != (out.number, out.agent) or out.at - last.at > _ONE_INCIDENT:
            found.append(_incident(call, out))
    refused = [told for told in call.refused_out if told.purpose == EMERGENCY]
    found += [Incident(told.at, told.number, told.agent, None, told.at, TryResult.BARRED) for told in refused]
    return sorted(found, key=lambda incident: incident.at)


def _incident(call: Call, out: model.WentOut) -> Incident:
    legs = [leg for leg in call.legs.values() if leg.person and trunk_of(leg.name) and leg.created_at >= out.at]
    near = [leg for leg in legs if leg.created_at - out.at <= _ONE_INCIDENT and leg.uniqueid != call.caller]
    taken = next((leg for leg in near if leg.answered_at is not None), near[-1] if near else None)
    if taken is None:
        return Incident(out.at, out.number, out.agent, None, None, TryResult.UNREACHABLE)
    result = TryResult.ANSWERED if taken.answered_at is not None else _unanswered(call, taken)
    return Incident(out.at, out.number, out.agent, taken.answered_at, taken.ended_at, result)


def _unanswered(call: Call, leg: model.Leg) -> TryResult:
    tried = next((each for invite in call.invites if (each := invite.tried(leg.uniqueid)) is not None), None)
    return TryResult.NO_ANSWER if tried is None or tried.open else tried.result


def named(call: Call, uniqueids: tuple[Uniqueid, ...]) -> tuple[str, ...]:
    """Those of these who are known, by ``who_of`` where they were invited."""
    legs = [leg for leg in map(call.anyone, uniqueids) if leg is not None]
    return tuple(who_of(call, leg) if call.invite_of(leg.uniqueid) is not None else leg.party for leg in legs)
