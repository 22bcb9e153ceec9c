"""What a chaos run does and when: faults at random moments, drawn from one seed. Pure.

Each kind of trouble has a track of its own, and the tracks know nothing of each other: a bridge is killed while the
store is full and the link just coming back, because that is what happens.
"""

import random
from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from zhitong.lab.people import stream

FULL_SIZE = 1_000
"""Calls of a whole run; the faults of a smaller or larger one are in proportion."""
PER_SECOND = 1.8
LEAST_SPAN_S = 20.0


class Fault(StrEnum):
    """``kind`` of one fault."""

    KILL = "kill"  # SIGKILL of the bridge, which is started again
    CLOSED = "closed"  # the link is cut, and cannot be made for a while
    HALF_OPEN = "half-open"  # the connection stays, its bytes go nowhere
    SLOW = "slow"  # the link trickles
    RESTART = "restart"  # the PBX is stopped in order and started again
    CRASH = "crash"  # SIGKILL of the PBX, which is started again
    LOCKED = "locked"  # another process holds the database
    FULL = "full"  # the store's volume has no room


class Track(StrEnum):
    """Faults of one track come one after the other."""

    BRIDGE = "bridge"
    LINK = "link"
    PBX = "pbx"
    STORE = "store"


KINDS: Mapping[Track, tuple[Fault, ...]] = {
    Track.BRIDGE: (Fault.KILL,),
    Track.LINK: (Fault.CLOSED, Fault.HALF_OPEN, Fault.SLOW),
    Track.PBX: (Fault.RESTART, Fault.CRASH),
    Track.STORE: (Fault.LOCKED, Fault.FULL),
}
_LASTS_S: Mapping[Fault, tuple[float, float]] = {
    Fault.KILL: (0.0, 2.0),
    Fault.CLOSED: (0.0, 4.0),
    Fault.HALF_OPEN: (0.0, 0.0),  # until the bridge notices
    Fault.SLOW: (4.0, 8.0),
    Fault.RESTART: (0.0, 1.5),
    Fault.CRASH: (0.0, 1.5),
    Fault.LOCKED: (3.0, 12.0),
    Fault.FULL: (5.0, 15.0),
}
_SPREAD_OUT = frozenset({Track.PBX, Track.STORE})
"""Few and long: one in each equal part of the time, so that they do not run into one another."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many faults of each track."""

    bridge_kills: int
    link_cuts: int
    pbx_restarts: int
    store_outages: int

    def of(self, track: Track) -> int:
        """How many in this track."""
        counts = {
            Track.BRIDGE: self.bridge_kills,
            Track.LINK: self.link_cuts,
            Track.PBX: self.pbx_restarts,
            Track.STORE: self.store_outages,
        }
        return counts[track]


def in_proportion(calls: int) -> Counts:
    """50 kills, 20 cuts, 2 restarts, 5 outages for a thousand calls; of each kind at least one."""

    def scaled(count: int, kinds: int) -> int:
        return max(kinds, round(count * calls / FULL_SIZE))

    return Counts(
        bridge_kills=scaled(50, len(KINDS[Track.BRIDGE])),
        link_cuts=scaled(20, len(KINDS[Track.LINK])),
        pbx_restarts=scaled(2, len(KINDS[Track.PBX])),
        store_outages=scaled(5, len(KINDS[Track.STORE])),
    )


class Trouble(msgspec.Struct, frozen=True):
    """One fault: its kind, its moment (seconds from the first call), and how long it lasts (seconds)."""

    kind: Fault
    at: float
    lasts_s: float


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """``span_s``: over how many seconds the calls arrive and the faults happen. ``can_fill``: whether the store has a
    volume of its own, which can be filled; without one it is locked instead. ``tolerance_ms``: how far a time of a
    record may be off.
    """

    calls: int
    seed: int
    counts: Counts
    span_s: float
    agents: int = 12
    can_fill: bool = True
    tolerance_ms: int = 50

    @classmethod
    def of(cls, calls: int, seed: int, tolerance_ms: int = 50) -> "Plan":
        """A run in proportion to a whole one."""
        span_s = max(LEAST_SPAN_S, round(calls / PER_SECOND, 1))
        return cls(calls=calls, seed=seed, counts=in_proportion(calls), span_s=span_s, tolerance_ms=tolerance_ms)


def troubles(plan: Plan) -> dict[Track, tuple[Trouble, ...]]:
    """Every fault of the run, by track, in order of time."""
    return {track: _of_track(plan, track) for track in Track}


def _of_track(plan: Plan, track: Track) -> tuple[Trouble, ...]:
    dice = stream(plan.seed, "chaos", track.value)
    count = plan.counts.of(track)
    kinds = _kinds(dice, _possible(plan, track), count)
    return tuple(
        Trouble(kind, at, round(dice.uniform(*_LASTS_S[kind]), 3))
        for kind, at in zip(kinds, _moments(dice, track, count, plan.span_s), strict=True)
    )


def _possible(plan: Plan, track: Track) -> list[Fault]:
    return [kind for kind in KINDS[track] if plan.can_fill or kind is not Fault.FULL]


def _kinds(dice: random.Random, kinds: Sequence[Fault], count: int) -> list[Fault]:
    """As many of each kind as can be, in a random order."""
    drawn = [kinds[index % len(kinds)] for index in range(count)]
    dice.shuffle(drawn)
    return drawn


def _moments(dice: random.Random, track: Track, count: int, span_s: float) -> list[float]:
    if track not in _SPREAD_OUT:
        return sorted(round(dice.uniform(0.04, 0.96) * span_s, 3) for _ in range(count))
    part = span_s / max(count, 1)
    return [round((index + dice.uniform(0.1, 0.6)) * part, 3) for index in range(count)]
