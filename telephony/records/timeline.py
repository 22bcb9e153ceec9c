"""The caller's time from *received* to *ended*, cut into segments without hole or overlap. Pure.

What weighs more covers what weighs less: being held over talking over ringing over waiting over nothing. Before
the first answer nothing is *entry*; after it, *gap*.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from telephony.model.calls import REJOIN, REQUEUE, Call, Leg
from telephony.model.ids import Micros
from telephony.model.terms import SegmentKind
from telephony.records.conferring import named
from telephony.records.record import Segment

_MS = 1_000
_CONNECTING = 100 * _MS
_Stretch = tuple[Micros, Micros, tuple[str, ...]]
_Layers = tuple[tuple[SegmentKind, list[_Stretch]], ...]


def timeline_of(call: Call, ended_at: Micros) -> tuple[Segment, ...]:
    """Segments in order; they begin at ``received_at`` and end at ``ended_at``."""
    start, end = call.received_at, max(call.received_at, ended_at)
    layers = _layers(call, end)
    edges = {edge for _, stretches in layers for left, right, _ in stretches for edge in (left, right)}
    segments: list[Segment] = []
    for left, right in pairwise(sorted({start, end, *(edge for edge in edges if start < edge < end)})):
        kind, parties = _covering(layers, left, right)
        if kind is None:
            answered = call.answered_at is not None and left >= call.answered_at
            kind = SegmentKind.GAP if answered else SegmentKind.ENTRY
        _append(segments, Segment(kind, left, right, parties))
    return tuple(segments)


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


def _layers(call: Call, end: Micros) -> _Layers:
    """What lies over what, topmost first."""
    caller = call.citizen
    return (
        (SegmentKind.HOLD, list(_held(call, caller, end)) if caller is not None else []),
        (SegmentKind.TALK, list(_talks(call, caller, end)) if caller is not None else []),
        (SegmentKind.HOLD, list(_left_alone(call, caller, end)) if caller is not None else []),
        (SegmentKind.RING, list(_rings(call, end))),
        (SegmentKind.WAIT, [(v.joined_at, v.ended_at or end, (str(v.queue),)) for v in call.visits]),
    )


def _rings(call: Call, end: Micros) -> Iterator[_Stretch]:
    """Between pick-up and bridge lie a few milliseconds that are no wait of anybody's: they count as ringing. More than
    that is one: an announcement to the agent."""
    for offer in call.offers.values():
        stop = offer.ended_at or end
        if offer.uniqueid == call.answered_by and call.answered_at is not None:
            stop = call.answered_at if 0 < call.answered_at - stop < _CONNECTING else stop
        yield offer.at, stop, (str(offer.member),)


def _talks(call: Call, caller: Leg, end: Micros) -> Iterator[_Stretch]:
    for span in caller.spans:
        yield span.start, span.end or end, named(call, span.partners)


def _held(call: Call, caller: Leg, end: Micros) -> Iterator[_Stretch]:
    """In a conversation with nobody but those whose phones hold, or holding oneself."""
    for talk in caller.spans:
        stop = talk.end or end
        yield from _within(talk.start, stop, caller, end)
        others = [leg for leg in map(call.anyone, talk.partners) if leg is not None]
        if len(others) == 1:
            yield from _within(talk.start, stop, others[0], end)
        elif others:
            yield from _all_hold(talk.start, stop, others, end)


def _within(start: Micros, stop: Micros, leg: Leg, end: Micros) -> Iterator[_Stretch]:
    for span in leg.held:
        left, right = max(start, span.start), min(stop, span.end or end)
        if left < right:
            yield left, right, (leg.party,)


def _all_hold(start: Micros, stop: Micros, legs: list[Leg], end: Micros) -> Iterator[_Stretch]:
    holds = [list(_within(start, stop, leg, end)) for leg in legs]
    edges = sorted({edge for stretches in holds for left, right, _ in stretches for edge in (left, right)})
    for left, right in pairwise(edges):
        if all(any(a <= left and right <= b for a, b, _ in stretches) for stretches in holds):
            yield left, right, tuple(leg.party for leg in legs)


def _left_alone(call: Call, caller: Leg, end: Micros) -> Iterator[_Stretch]:
    """Alone, while somebody the caller talked with is still there, at a consult or in another room: they mean to come
    back. Feature codes say Hold and Unhold of whatever the agent leaves, so their word does not count here."""
    gone = caller.asked_at or caller.ended_at or end
    for talk, after in pairwise([*caller.spans, None]):
        if talk is None or talk.end is None:
            continue
        until = min(gone, after.start if after is not None else end)
        for uniqueid in talk.partners:
            leg = call.legs.get(uniqueid)
            stop = min(until, _stays(call, leg, talk.end, end)) if leg is not None else talk.end
            if leg is not None and stop - talk.end > REJOIN:
                yield talk.end, stop, (leg.party,)


def _stays(call: Call, leg: Leg, since: Micros, end: Micros) -> Micros:
    """How long this leg is there for the caller after ``since``: until it hangs up, or has given the caller away."""
    given_away = [t.at for t in call.transfers if t.by == leg.uniqueid and t.kind in ("blind", REQUEUE)]
    return max(since, min([*given_away, leg.asked_at or end, leg.ended_at or end]))


def total_ms(segments: Iterable[Segment], kind: str) -> int:
    """Milliseconds spent in segments of this kind."""
    return sum(segment.end - segment.start for segment in segments if segment.kind == kind) // _MS
