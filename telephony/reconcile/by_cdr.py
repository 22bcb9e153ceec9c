"""A record beside Asterisk's call detail records: beginning and end, every dial, who came through; to the microsecond.
Pure.

CDR names the parties of each dial by their channels, so a leg of the record is found exactly. It does not know why a
caller left a queue, nor who hung up. After a dial in vain, and while two others consult, the caller's channel has no
row: then its last row is the earliest end there can be.
"""

from collections.abc import Iterator, Sequence

from telephony.journal.cdr import CdrRow
from telephony.model.ids import Micros
from telephony.model.names import role_of, trunk_of
from telephony.model.terms import Direction, OfferOutcome, Outcome, Role
from telephony.reconcile.case import INSTANT, RESOLUTION, Case, by_leg, near
from telephony.reconcile.finding import Book, Finding, Kind, Reason
from telephony.records.record import Offer

_BOOK = Book.CDR
_ANSWERED = "ANSWERED"
_MS = 1_000
_WITH_A_ROW = frozenset(("Queue", "Dial", "Hangup", "Playback", "AppQueue", "AppDial"))
_REFUSED = frozenset((OfferOutcome.REFUSED, OfferOutcome.UNAVAILABLE))


def compare(case: Case) -> Iterator[Finding]:
    """Every difference between the record and CDR."""
    own = case.own_rows
    if not own:
        yield case.no_row(_BOOK, "call", case.caller, case.record.ended_at, case.killed)
        return
    yield from _who(case, own)
    yield from _span(case, own)
    if case.record.direction is Direction.INBOUND:
        yield from _outcome(case, own)
        yield from _answer(case, own)
    yield from _offers(case)


def _who(case: Case, own: Sequence[CdrRow]) -> Iterator[Finding]:
    record = case.record
    if record.direction is not Direction.INBOUND:
        return
    if all(row.src != record.caller_number for row in own):
        yield case.differs(_BOOK, "caller_number", record.caller_number, own[0].src)
    trunk = trunk_of(own[0].channel) or "internal"
    if record.trunk and trunk != record.trunk:
        yield case.differs(_BOOK, "trunk", record.trunk, trunk)


# --- times ------------------------------------------------------------------------------------------------


def _span(case: Case, own: Sequence[CdrRow]) -> Iterator[Finding]:
    record, start, end = case.record, min(row.start for row in own), max(row.end for row in own)
    if not near(record.received_at, start):
        yield case.differs(_BOOK, "received_at", record.received_at, start)
    if record.ended_at < end - RESOLUTION or (_tells_the_end(case, own) and record.ended_at > end + RESOLUTION):
        yield case.differs(_BOOK, "ended_at", record.ended_at, end)
    elif not _tells_the_end(case, own):
        yield from _end_by_cel(case)


def _tells_the_end(case: Case, own: Sequence[CdrRow]) -> bool:
    """Whether the caller's channel had a row until its end. It has none after a dial in vain, in a room of its own, nor
    while those whom it talked with talk with each other."""
    last = max(own, key=lambda row: row.end)
    in_vain = bool(last.dst_channel) and last.disposition != _ANSWERED
    alone = last.app not in _WITH_A_ROW or bool(case.record.related)
    return not in_vain and not alone and all(row.uniqueid == case.caller for row in case.rows)


def _end_by_cel(case: Case) -> Iterator[Finding]:
    end = case.witness.ended(case.caller)
    if end is not None and not near(case.record.ended_at, end):
        yield case.differs(Book.CEL, "ended_at", case.record.ended_at, end)


# --- who came through -------------------------------------------------------------------------------------


def _came_through(own: Sequence[CdrRow]) -> list[CdrRow]:
    return [row for row in own if row.disposition == _ANSWERED and row.dst_channel and row.answer is not None]


def _outcome(case: Case, own: Sequence[CdrRow]) -> Iterator[Finding]:
    """Answered or not; of the other endings CDR knows nothing for certain."""
    through = _came_through(own)
    said = case.record.outcome
    if through and said is not Outcome.ANSWERED:
        instant = all(row.end - (row.answer or row.end) < INSTANT for row in through)
        because = Reason.INSTANT_OF_THE_ANSWER if instant else None
        yield case.differs(_BOOK, "outcome", said.value, _ANSWERED, because)
    elif not through and said is Outcome.ANSWERED:
        told = max(own, key=lambda row: row.end).disposition
        yield case.differs(_BOOK, "outcome", said.value, told)


def _answer(case: Case, own: Sequence[CdrRow]) -> Iterator[Finding]:
    """When somebody answered: only where the caller's channel was not answered before, by the hotline itself."""
    record, through = case.record, _came_through(own)
    if not through or record.answered_at is None:
        return
    first = min(through, key=lambda row: row.start)
    queued = record.visits[0].joined_at if record.visits else first.start
    if first.answer is None or first.answer <= max(first.start, queued):
        return
    if not near(record.answered_at, first.answer):
        yield case.differs(_BOOK, "answered_at", record.answered_at, first.answer)
    if len(through) == 1 and len(case.rows) == len(own) and not record.transfers:
        yield from _talk(case, first, first.answer)


def _talk(case: Case, row: CdrRow, answer: Micros) -> Iterator[Finding]:
    said, told = case.record.talk_ms + case.record.hold_ms, (row.end - answer) // _MS
    if abs(said - told) * _MS > 2 * RESOLUTION:
        yield case.differs(_BOOK, "talk_ms + hold_ms", said, told)


# --- phones rung ------------------------------------------------------------------------------------------


def _offers(case: Case) -> Iterator[Finding]:
    legs = by_leg(case.record)
    names = {uniqueid: name for name, uniqueid in legs.items()}
    for index, offer in enumerate(case.record.offers):
        rows = [row for row in case.rows if row.dst_channel and row.dst_channel == names.get(offer.uniqueid)]
        what = f"offers[{index}]"
        if not rows:
            yield case.no_row(_BOOK, what, f"{offer.member} {offer.outcome.value}", offer.ended_at, None)
        else:
            yield from _offer(case, what, offer, min(rows, key=lambda row: row.start))
    offered = {offer.uniqueid for offer in case.record.offers}
    for row in case.rows:
        if _is_ring(row) and legs.get(row.dst_channel) not in offered:
            yield Finding(Kind.DIFFERS, _BOOK, "offers", None, f"{row.dst_channel} {row.disposition}")


def _is_ring(row: CdrRow) -> bool:
    """Whether a queue rang this phone, as far as the row can tell."""
    dialled = row.disposition != _ANSWERED or row.answer is None or row.answer > row.start
    return row.queue is not None and dialled and bool(row.dst_channel) and role_of(row.dst_channel) is not Role.SERVICE


def _offer(case: Case, what: str, offer: Offer, row: CdrRow) -> Iterator[Finding]:
    if not row.start - RESOLUTION <= offer.at <= row.end + RESOLUTION:
        yield case.differs(_BOOK, f"{what}.at", offer.at, row.start)
    answered = offer.outcome is OfferOutcome.ANSWERED
    if answered != (row.disposition == _ANSWERED):
        yield case.differs(_BOOK, f"{what}.outcome", offer.outcome.value, row.disposition, _why_other(case, offer, row))
    elif row.disposition == "BUSY" and offer.outcome not in _REFUSED:
        yield case.differs(_BOOK, f"{what}.outcome", offer.outcome.value, row.disposition)
    elif not answered and (offer.ended_at is None or not near(offer.ended_at, row.end)):
        yield case.differs(_BOOK, f"{what}.ended_at", offer.ended_at, row.end)


def _why_other(case: Case, offer: Offer, row: CdrRow) -> Reason | None:
    """Picked up in the very instant in which the caller left, or another phone was quicker."""
    late = row.answer is None or row.end - row.answer < INSTANT
    picked_up = offer.outcome in (OfferOutcome.DROPPED, OfferOutcome.CANCELLED, OfferOutcome.LOST)
    return Reason.INSTANT_OF_THE_ANSWER if row.disposition == _ANSWERED and picked_up and late else None
