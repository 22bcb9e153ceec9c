"""A record beside itself: what it says twice it must say alike. Pure.

Sums, first times and the answering agent follow from offers, visits and the timeline (``telephony.records.build``). Who
altered one of them by hand seldom altered both.
"""

from collections.abc import Iterator

from telephony.model.terms import Direction, OfferOutcome, Outcome, Role, SegmentKind
from telephony.reconcile.case import Case
from telephony.reconcile.finding import Book, Finding
from telephony.records.record import CallRecord

_BOOK = Book.RECORDS
_MS = 1_000


def compare(case: Case) -> Iterator[Finding]:
    """Every contradiction within the record: ``recorded`` is the field, ``told`` what it should be by the others."""
    record = case.record
    told: dict[str, object] = {
        "queued_at": min((visit.joined_at for visit in record.visits), default=None),
        "first_offered_at": min((offer.at for offer in record.offers), default=None),
        "talk_ms": _total(record, SegmentKind.TALK),
        "hold_ms": _total(record, SegmentKind.HOLD),
        "outcome": _answered(record),
        "agent": _agent(record),
        "ring_ms": _ring_ms(record),
        "received_at": record.timeline[0].start if record.timeline else record.received_at,
        "ended_at": record.timeline[-1].end if record.timeline else record.ended_at,
    }
    for name, value in told.items():
        if getattr(record, name) != value:
            yield case.differs(_BOOK, name, getattr(record, name), value)
    parties = {leg.uniqueid: leg.party for leg in record.legs if leg.role is Role.AGENT}
    for index, offer in enumerate(record.offers):
        if parties.get(offer.uniqueid, offer.member) != offer.member:
            yield case.differs(_BOOK, f"offers[{index}].member", offer.member, parties[offer.uniqueid])
    for index, visit in enumerate(record.visits):
        if visit in record.visits[:index]:
            yield case.differs(_BOOK, f"visits[{index}]", visit.queue, None)


def _total(record: CallRecord, kind: SegmentKind) -> int:
    return sum(segment.end - segment.start for segment in record.timeline if segment.kind is kind) // _MS


def _answered(record: CallRecord) -> Outcome:
    """Answered when there is a time of the answer, or an offer that was answered, and only then."""
    if record.answered_at is not None or any(offer.outcome is OfferOutcome.ANSWERED for offer in record.offers):
        return Outcome.ANSWERED
    return record.outcome if record.outcome is not Outcome.ANSWERED else Outcome.UNOBSERVED


def _agent(record: CallRecord) -> str | None:
    """The member of one of the offers that were answered; without such an offer nobody."""
    members = [offer.member for offer in record.offers if offer.outcome is OfferOutcome.ANSWERED]
    if record.agent in members or record.direction is not Direction.INBOUND:
        return record.agent
    return None if record.agent is None or not members else members[0]


def _ring_ms(record: CallRecord) -> int | None:
    offers = [offer for offer in record.offers if offer.member == record.agent]
    spans = [(offer.ended_at - offer.at) // _MS for offer in offers if offer.ended_at is not None]
    return record.ring_ms if record.ring_ms in [max(0, span) for span in spans] or not spans else spans[-1]
