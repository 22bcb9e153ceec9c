"""Where a call that was seen and the same call out of the logs do not agree. Pure.

What the logs cannot tell is not compared: holds (only talk and hold together), and which of two phones that hung up at
once was the second to do so.
"""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

import msgspec

from telephony.journal.merge import RESOLUTION
from telephony.model.ids import Micros
from telephony.model.terms import Role
from telephony.records.record import CallerMet, CallRecord, Interval, Leg

_EQUAL = (
    *("direction", "dialled", "caller_number", "caller_name", "trunk", "queue", "agent", "recording", "outcome"),
    *("abandoned_in", "refused_because", "hung_up_by", "cause", "notice", "recorded_bytes", "other_recordings"),
    *("promise", "promise_because"),
)
_TIMES = ("received_at", "queued_at", "first_offered_at", "answered_at", "ended_at")
_DURATIONS = ("wait_ms", "ring_ms")
_MS = 1_000


def _told(met: CallerMet | None) -> CallerMet | None:
    """But that a caller was silent: the logs do not tell."""
    heard = met if met is None else msgspec.structs.replace(met, silent=False)
    return None if heard == CallerMet() else heard


class Difference(msgspec.Struct, frozen=True):
    """``where``: the field, such as ``offers[0].outcome``."""

    where: str
    observed: str
    rebuilt: str

    def __str__(self) -> str:
        return f"{self.where}: seen {self.observed}, by the logs {self.rebuilt}"


def differences(observed: CallRecord, rebuilt: CallRecord, resolution: Micros = RESOLUTION) -> list[Difference]:
    """All of them, in words; times count when they are further apart than ``resolution``."""
    return list(_Comparison(resolution).calls(observed, rebuilt))


class _Comparison:
    def __init__(self, resolution: Micros) -> None:
        self._resolution = resolution

    def calls(self, one: CallRecord, two: CallRecord) -> Iterator[Difference]:
        for name in _EQUAL:
            yield from self._equal(name, getattr(one, name), getattr(two, name))
        yield from self._notice(one, two)
        yield from self._equal("met", *(_told(record.met) for record in (one, two)))
        for name in _TIMES:
            yield from self._time(name, getattr(one, name), getattr(two, name))
        for name in _DURATIONS:
            yield from self._duration(name, getattr(one, name), getattr(two, name))
        yield from self._duration("talk_ms + hold_ms", one.talk_ms + one.hold_ms, two.talk_ms + two.hold_ms)
        yield from self._each(
            "visits", one.visits, two.visits, ("queue", "uniqueid", "position", "result", "key", "told_min")
        )
        yield from self._each("offers", one.offers, two.offers, ("member", "queue", "uniqueid", "outcome", "cause"))
        yield from self._each("transfers", one.transfers, two.transfers, ("kind", "by", "to", "context"))
        yield from self._each("consults", one.consults, two.consults, ("by", "whom", "result"))
        yield from self._conference(one, two)
        yield from self._each("out", one.out, two.out, ("purpose", "number", "agent", "trunk"))
        yield from self._each("refused_out", one.refused_out, two.refused_out, ("purpose", "number", "agent", "reason"))
        yield from self._each("duty", one.duty, two.duty, ("mobile",))
        yield from self._legs(one.legs, two.legs)

    def _conference(self, one: CallRecord, two: CallRecord) -> Iterator[Difference]:
        names = ("id", "by", "to", "department", "mode", "purpose", "result", "guest")
        yield from self._each("invitations", one.invitations, two.invitations, names)
        for number, (ours, theirs) in enumerate(zip(one.invitations, two.invitations, strict=False)):
            where = f"invitations[{number}].tries"
            yield from self._each(where, ours.tries, theirs.tries, ("number", "code", "result", "reason"))
        who = ("leg", "who", "role", "code", "department", "invited_by")
        yield from self._each("participants", one.participants, two.participants, who)
        yield from self._each("private_parts", one.private_parts, two.private_parts, ("who", "recording"))
        yield from self._each("incidents", one.incidents, two.incidents, ("number", "by", "result"))

    def _notice(self, one: CallRecord, two: CallRecord) -> Iterator[Difference]:
        """How much was heard is not compared: the logs do not tell of announcements that interrupted it."""
        told = [
            None if record.notice_heard is None else (record.notice_heard.language, record.notice_heard.length_ms)
            for record in (one, two)
        ]
        yield from self._equal("notice_heard", *told)

    def _equal(self, where: str, one: object, two: object) -> Iterator[Difference]:
        if one != two:
            yield Difference(where, _shown(one), _shown(two))

    def _time(self, where: str, one: Micros | None, two: Micros | None) -> Iterator[Difference]:
        if (one is None) != (two is None) or (
            one is not None and two is not None and abs(one - two) > self._resolution
        ):
            yield Difference(where, _shown(one), _shown(two))

    def _duration(self, where: str, one: int | None, two: int | None) -> Iterator[Difference]:
        """Between two times, so both their errors count."""
        if one is None or two is None:
            yield from self._equal(where, one, two)
        elif abs(one - two) * _MS > 2 * self._resolution:
            yield Difference(where, f"{one} ms", f"{two} ms")

    def _each(
        self, where: str, ones: Iterable[object], twos: Iterable[object], names: Iterable[str]
    ) -> Iterator[Difference]:
        for number, (one, two) in enumerate(zip_longest(ones, twos)):
            here = f"{where}[{number}]"
            if one is None or two is None:
                yield Difference(here, _shown(one), _shown(two))
                continue
            for name in names:
                yield from self._equal(f"{here}.{name}", getattr(one, name), getattr(two, name))
            for name in ("at", "joined_at", "answered_at", "ended_at", "taken_at", "start", "end"):
                if hasattr(one, name):
                    yield from self._time(f"{here}.{name}", getattr(one, name), getattr(two, name))

    def _legs(self, ones: Iterable[Leg], twos: Iterable[Leg]) -> Iterator[Difference]:
        """People's only: Local halves live as long as it takes."""
        one_by_id, two_by_id = _people(ones), _people(twos)
        for uniqueid in sorted(one_by_id.keys() | two_by_id.keys()):
            here = f"legs[{uniqueid}]"
            one, two = one_by_id.get(uniqueid), two_by_id.get(uniqueid)
            if one is None or two is None:
                yield Difference(here, _shown(one), _shown(two))
                continue
            for name in ("role", "party", "cause"):
                yield from self._equal(f"{here}.{name}", getattr(one, name), getattr(two, name))
            for name in ("created_at", "answered_at", "ended_at"):
                yield from self._time(f"{here}.{name}", getattr(one, name), getattr(two, name))
            yield from self._talking(f"{here}.talking", one.talking, two.talking)

    def _talking(self, where: str, ones: Iterable[Interval], twos: Iterable[Interval]) -> Iterator[Difference]:
        pairs = zip_longest(self._joined(ones), self._joined(twos))
        for number, (one, two) in enumerate(pairs):
            start = (None if one is None else one.start, None if two is None else two.start)
            end = (None if one is None else one.end, None if two is None else two.end)
            yield from self._time(f"{where}[{number}].start", *start)
            yield from self._time(f"{where}[{number}].end", *end)

    def _joined(self, intervals: Iterable[Interval]) -> list[Interval]:
        """Without the pauses, and the stretches, that are shorter than what is told apart."""
        joined: list[Interval] = []
        for interval in intervals:
            last = joined[-1] if joined else None
            if last is not None and last.end is not None and interval.start - last.end <= self._resolution:
                joined[-1] = Interval(last.start, interval.end)
            else:
                joined.append(interval)
        return [each for each in joined if each.end is None or each.end - each.start > self._resolution]


def _people(legs: Iterable[Leg]) -> dict[str, Leg]:
    return {leg.uniqueid: leg for leg in legs if leg.role is not Role.SERVICE}


def _shown(value: object) -> str:
    return "nothing" if value is None else str(value)
