"""One record of a story falsified, in one fact: what a careless or a dishonest hand could do."""

from collections.abc import Iterator
from typing import Any

import msgspec

from telephony.model.ids import CallId, Micros
from telephony.model.terms import OfferOutcome, Outcome, Side, VisitResult
from telephony.records.record import CallRecord

_SECOND = 1_000_000


def with_(record: CallRecord, **fields: Any) -> CallRecord:
    return msgspec.structs.replace(record, **fields)


def part(parts: tuple[Any, ...], index: int, **fields: Any) -> tuple[Any, ...]:
    """These parts with one of them changed."""
    changed = msgspec.structs.replace(parts[index], **fields)
    return (*parts[:index], changed, *parts[index + 1 :])


def later(at: Micros | None, by: int) -> Micros | None:
    return None if at is None else Micros(at + by)


def alterations(record: CallRecord) -> Iterator[tuple[str, CallRecord]]:
    """Each way to falsify this record that the books can tell, by name."""
    yield from _whole(record)
    if record.direction == "inbound":
        yield from _inbound(record)
    for index, visit in enumerate(record.visits):
        yield f"visits[{index}].queue", with_(record, visits=part(record.visits, index, queue="another"))
        yield f"visits[{index}] gone", with_(record, visits=record.visits[:index] + record.visits[index + 1 :])
        other = VisitResult.TIMED_OUT if visit.result is not VisitResult.TIMED_OUT else VisitResult.ABANDONED
        yield f"visits[{index}].result", with_(record, visits=part(record.visits, index, result=other))
        moved = part(record.visits, index, joined_at=later(visit.joined_at, 4 * _SECOND))
        yield f"visits[{index}].joined_at", with_(record, visits=moved)
    yield from _offers(record)
    if record.visits:
        yield "visits doubled", with_(record, visits=(*record.visits, record.visits[-1]))


def _whole(record: CallRecord) -> Iterator[tuple[str, CallRecord]]:
    yield "received_at", with_(record, received_at=later(record.received_at, -_SECOND))
    yield "ended_at later", with_(record, ended_at=later(record.ended_at, 5 * _SECOND))
    yield "ended_at earlier", with_(record, ended_at=later(record.ended_at, -_SECOND // 4))
    yield "talk_ms", with_(record, talk_ms=record.talk_ms + 60_000)


def _inbound(record: CallRecord) -> Iterator[tuple[str, CallRecord]]:
    yield "caller_number", with_(record, caller_number="13999999999")
    yield "trunk", with_(record, trunk="another")
    for outcome in Outcome:
        answered = Outcome.ANSWERED in (outcome, record.outcome)
        if outcome is not record.outcome and answered:
            yield f"outcome {outcome.value}", with_(record, outcome=outcome)
    if record.agent is not None:
        yield "agent", with_(record, agent="9999")
        yield "no agent", with_(record, agent=None)
    if record.answered_at is not None:
        yield "answered_at", with_(record, answered_at=later(record.answered_at, 4 * _SECOND))
    if record.queue is not None and record.agent is not None:
        yield "queue", with_(record, queue="another")
    if record.queued_at is not None:
        yield "queued_at", with_(record, queued_at=later(record.queued_at, 4 * _SECOND))


def _offers(record: CallRecord) -> Iterator[tuple[str, CallRecord]]:
    for index, offer in enumerate(record.offers):
        yield f"offers[{index}].member", with_(record, offers=part(record.offers, index, member="9999"))
        yield f"offers[{index}] gone", with_(record, offers=record.offers[:index] + record.offers[index + 1 :])
        other = OfferOutcome.NO_ANSWER if offer.outcome is OfferOutcome.ANSWERED else OfferOutcome.ANSWERED
        yield f"offers[{index}].outcome", with_(record, offers=part(record.offers, index, outcome=other))
        moved = part(record.offers, index, at=later(offer.at, 90 * _SECOND))
        yield f"offers[{index}].at", with_(record, offers=moved)


def doubled(record: CallRecord) -> CallRecord:
    """The same call under another id."""
    return with_(record, call_id=CallId(record.call_id[:-1] + ("0" if record.call_id[-1] != "0" else "1")))


def sides(record: CallRecord) -> Iterator[CallRecord]:
    """Somebody else hung up."""
    for side in (Side.CALLER, Side.AGENT):
        if side is not record.hung_up_by:
            yield with_(record, hung_up_by=side)
