"""The caller's time from *received* to *ended*, cut into segments without hole or overlap. Pure.

What weighs more covers what weighs less: talking (or held) over ringing over waiting over nothing. Before
the first answer nothing is *entry*; after it, *gap*.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from telephony.model.calls import Call, Leg
from telephony.model.ids import Micros, Uniqueid
from telephony.model.terms import Role, SegmentKind
from telephony.records.record import Segment

_MS = 1_000
_Stretch = tuple[Micros, Micros, tuple[str, ...]]
_Layers = tuple[tuple[SegmentKind, list[_Stretch]], ...]


def timeline_of(call: Call, ended_at: Micros) -> tuple[Segment, ...]:
    """Segments in order; they begin at ``received_at`` and end at ``ended_at``."""
    start, end = call.received_at, max(call.received_at, ended_at)
    layers: _Layers = (
        (SegmentKind.HOLD, list(_held(call, end))),
        (SegmentKind.TALK, list(_talks(call, end))),
        (SegmentKind.RING, list(_rings(call, end))),
        (SegmentKind.WAIT, [(v.joined_at, v.ended_at or end, (str(v.queue),)) for v in call.visits]),
    )
    edges = sorted({start, end, *_edges(layers, start, end)})
    segments: list[Segment] = []
    for left, right in pairwise(edges):
        kind, parties = _covering(layers, left, right)
        if kind is None:
            answered = call.answered_at is not None and left >= call.answered_at
            kind = SegmentKind.GAP if answered else SegmentKind.ENTRY
        _append(segments, Segment(kind, left, right, parties))
    return tuple(segments)


def _edges(layers: _Layers, start: Micros, end: Micros) -> Iterator[Micros]:
    for _, stretches in layers:
        for left, right, _ in stretches:
            yield from (edge for edge in (left, right) if start < edge < end)


def _covering(layers: _Layers, left: Micros, right: Micros) -> tuple[SegmentKind | None, tuple[str, ...]]:
    for kind, stretches in layers:
        covering = [parties for start, end, parties in stretches if start <= left and right <= end]
        if covering:
            return kind, tuple(dict.fromkeys(party for parties in covering for party in parties))
    return None, ()


def _append(segments: list[Segment], segment: Segment) -> None:
    last = segments[-1] if segments else None
    if last is not None and last.kind is segment.kind and last.with_ == segment.with_:
        segments[-1] = Segment(last.kind, last.start, segment.end, last.with_)
    else:
        segments.append(segment)


def _talks(call: Call, end: Micros) -> Iterator[_Stretch]:
    caller = call.legs.get(call.caller)
    for span in caller.spans if caller is not None else ():
        yield span.start, span.end or end, tuple(_party(call, partner) for partner in span.partners)


def _party(call: Call, uniqueid: Uniqueid) -> str:
    leg = call.legs.get(uniqueid)
    return leg.party if leg is not None else ""


def _rings(call: Call, end: Micros) -> Iterator[_Stretch]:
    for offer in call.offers.values():
        yield offer.at, offer.ended_at or end, (offer.member,)


def _held(call: Call, end: Micros) -> Iterator[_Stretch]:
    """While the other side's phone holds, the caller hears music: within talking only."""
    caller = call.legs.get(call.caller)
    for leg in call.legs.values():
        if leg.role is Role.SERVICE or caller is None:
            continue
        for span in leg.held:
            yield from _within(caller, leg, span.start, span.end or end, end)


def _within(caller: Leg, leg: Leg, start: Micros, stop: Micros, end: Micros) -> Iterator[_Stretch]:
    for talk in caller.spans:
        left, right = max(talk.start, start), min(talk.end or end, stop)
        if left < right and (leg is caller or leg.uniqueid in talk.partners):
            yield left, right, (leg.party,)


def total_ms(segments: Iterable[Segment], kind: str) -> int:
    """Milliseconds spent in segments of this kind."""
    return sum(segment.end - segment.start for segment in segments if segment.kind == kind) // _MS
