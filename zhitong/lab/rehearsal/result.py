"""What a rehearsal came to: the bridge's records against what the phones themselves saw. Pure.

Connect time is the call's first channel event → agent bridged, from the record. The bridge's overhead is measured from
outside: the call's first channel event → the agent's phone has received its INVITE (the phone's own log), for calls
that found an agent free.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from telephony.model.terms import Outcome
from telephony.records.record import CallRecord
from zhitong.lab.books import Seen

_MICROS = 1_000_000


class Stats(msgspec.Struct, frozen=True):
    """Milliseconds; None of no value."""

    mean: float | None
    p50: float | None
    p95: float | None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One way of one rehearsal. ``lost``: calls without a record; ``duplicated``: records beyond one for each call.

    ``overhead_ms`` is of the ``overhead_calls`` calls that found an agent free; through a menu it is not measured.
    """

    calls: int
    answered: int
    abandoned: int
    other: int
    recorded: int
    lost: int
    duplicated: int
    connect_ms: Stats
    overhead_ms: Stats
    overhead_calls: int


def stats(values: Iterable[float]) -> Stats:
    """Mean and nearest-rank percentiles."""
    ordered = sorted(values)
    if not ordered:
        return Stats(None, None, None)
    return Stats(
        round(sum(ordered) / len(ordered), 1), round(percentile(ordered, 50), 1), round(percentile(ordered, 95), 1)
    )


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Nearest rank: the smallest value that at least ``percent`` of all do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def judge(seen: Sequence[Seen], records: Sequence[CallRecord], *, menu: bool = False) -> Result:
    """Compare the calls the callers' phones made with the records; ``menu``: they came through a voice menu."""
    callers = [call for call in seen if call.role == "caller"]
    offers = [call for call in seen if call.role == "agent"]
    made = Counter(call.number for call in callers)
    kept = Counter(record.caller_number for record in records)
    outcomes = Counter(record.outcome for record in records)
    connect = [(record.answered_at - record.received_at) / 1000 for record in records if record.answered_at is not None]
    overhead = [] if menu else list(overheads(offers, records))
    return Result(
        calls=len(callers),
        answered=outcomes[Outcome.ANSWERED],
        abandoned=outcomes[Outcome.ABANDONED],
        other=sum(outcomes.values()) - outcomes[Outcome.ANSWERED] - outcomes[Outcome.ABANDONED],
        recorded=len(records),
        lost=sum((made - kept).values()),
        duplicated=sum((kept - made).values()),
        connect_ms=stats(connect),
        overhead_ms=stats(overhead),
        overhead_calls=len(overhead),
    )


def overheads(offers: Sequence[Seen], records: Iterable[CallRecord]) -> Iterable[float]:
    """For each call that found an agent free: milliseconds until the first phone it was offered to had its INVITE.

    An agent was free when the phone that got this call had been idle before the caller came, and no caller waited.
    """
    busy = _busy(offers)
    waits = [(record.received_at, record.first_offered_at or record.ended_at) for record in records]
    for record in records:
        first = min((o for o in offers if _is_for(o, record)), key=lambda offer: offer.invited_at, default=None)
        if first is None or _is_busy(busy.get(first.number, ()), record.received_at):
            continue
        if not any(start < record.received_at < end for start, end in waits):
            yield first.invited_at * 1000 - record.received_at / 1000


def _is_for(offer: Seen, record: CallRecord) -> bool:
    within = record.received_at <= offer.invited_at * _MICROS <= record.ended_at
    return offer.other == record.caller_number and within


def _busy(offers: Iterable[Seen]) -> dict[str, list[tuple[float, float]]]:
    """When each phone rang or talked, epoch microseconds."""
    spans: dict[str, list[tuple[float, float]]] = {}
    for offer in offers:
        end = offer.ended_at if offer.ended_at is not None else float("inf")
        spans.setdefault(offer.number, []).append((offer.invited_at * _MICROS, end * _MICROS))
    return spans


def _is_busy(spans: Iterable[tuple[float, float]], at: float) -> bool:
    return any(start <= at <= end for start, end in spans)
