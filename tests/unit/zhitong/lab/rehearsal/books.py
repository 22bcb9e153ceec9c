"""Hand-made books: calls as phones saw them, and the records that should come of them. Times in seconds."""

from typing import Any

from telephony.model.ids import MemberName, Micros
from telephony.model.terms import OfferOutcome, Outcome
from telephony.records.record import CallRecord, Offer
from tests.unit.telephony.records.samples import record, uniqueid
from zhitong.lab.books import Seen

S = 1_000_000


def at(seconds: float) -> Micros:
    return Micros(round(seconds * S))


def caller(number: str, start: float, end: float | None = None, answered: float | None = None) -> Seen:
    """A caller's phone: its INVITE, the answer, the end."""
    return _seen("caller", number, "12345", start, answered, end)


def offer(agent: str, of: str, start: float, end: float | None, answered: float | None = None) -> Seen:
    """An agent's phone: the INVITE it received for a caller, the answer, the end."""
    return _seen("agent", agent, of, start, answered, end)


def _seen(role: str, number: str, other: str, start: float, answered: float | None, end: float | None) -> Seen:
    return Seen(
        role=role,
        call_id=f"{role}-{number}-{start}",
        number=number,
        other=other,
        invited_at=start,
        ringing_at=None,
        answered_at=answered,
        ended_at=end,
        status=200 if answered else 487,
        hung_up="",
        lines=(),
    )


def kept(number: str, start: float, offered: float | None, answered: float | None, end: float) -> CallRecord:
    """The bridge's record of such a call."""
    rung = () if offered is None else (_offer(offered, answered or end),)
    changes: dict[str, Any] = {
        "caller_number": number,
        "received_at": at(start),
        "first_offered_at": None if offered is None else at(offered),
        "answered_at": None if answered is None else at(answered),
        "ended_at": at(end),
        "outcome": Outcome.ABANDONED if answered is None else Outcome.ANSWERED,
        "offers": rung,
    }
    return record(1, **changes)


def _offer(start: float, end: float) -> Offer:
    plain = record(1).offers[0]
    return Offer(MemberName("1001"), plain.queue, uniqueid(9), at(start), at(end), OfferOutcome.ANSWERED)
