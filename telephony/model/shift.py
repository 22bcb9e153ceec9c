"""A living call, moved along the line of time: what is left to do when the PBX's clock was set (law 5)."""

from collections.abc import Iterable

from telephony.model.calls import Call, Leg, Span
from telephony.model.guesses import own_up
from telephony.model.ids import Micros
from telephony.model.invites import Invite


def shift_call(call: Call, by: int) -> None:
    """Add ``by`` microseconds to every time of the call. Its durations stay as they are."""
    call.received_at = Micros(call.received_at + by)
    call.since = _moved(call.since, by)
    call.answered_at, call.ended_at = _moved(call.answered_at, by), _moved(call.ended_at, by)
    for leg in call.legs.values():
        _shift_leg(leg, by)
    for visit in call.visits:
        visit.joined_at, visit.ended_at = Micros(visit.joined_at + by), _moved(visit.ended_at, by)
    for offer in call.offers.values():
        offer.at, offer.ended_at = Micros(offer.at + by), _moved(offer.ended_at, by)
    for transfer in call.transfers:
        transfer.at = Micros(transfer.at + by)
    for consult in call.consults:
        consult.at, consult.ended_at = Micros(consult.at + by), _moved(consult.ended_at, by)
        consult.answered_at = _moved(consult.answered_at, by)
    for invite in call.invites:
        _shift_invite(invite, by)
    for file in call.private_files:
        file.start, file.end = Micros(file.start + by), _moved(file.end, by)
    for heard in call.heard_by:
        heard.start, heard.end = Micros(heard.start + by), _moved(heard.end, by)
    call.recorder_since = _moved(call.recorder_since, by)
    for pause in call.pauses:
        pause.start, pause.end = Micros(pause.start + by), _moved(pause.end, by)
    own_up(call, "received_at")


def _moved(at: Micros | None, by: int) -> Micros | None:
    return None if at is None else Micros(at + by)


def _shift_invite(invite: Invite, by: int) -> None:
    invite.at, invite.ended_at = Micros(invite.at + by), _moved(invite.ended_at, by)
    invite.answered_at, invite.joined_at = _moved(invite.answered_at, by), _moved(invite.joined_at, by)
    for tried in invite.tries:
        tried.at, tried.ended_at = Micros(tried.at + by), _moved(tried.ended_at, by)


def _shift_leg(leg: Leg, by: int) -> None:
    leg.created_at = Micros(leg.created_at + by)
    leg.answered_at, leg.ended_at = _moved(leg.answered_at, by), _moved(leg.ended_at, by)
    leg.asked_at = _moved(leg.asked_at, by)
    _shift_spans((*leg.spans, *leg.held), by)


def _shift_spans(spans: Iterable[Span], by: int) -> None:
    for span in spans:
        span.start, span.end = Micros(span.start + by), _moved(span.end, by)
