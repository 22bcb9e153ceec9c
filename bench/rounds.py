"""Racing fairly: each contestant in turn, round after round, by processor time, with the spread kept."""

import gc
import math
import statistics
import time
from collections.abc import Callable, Sequence

import msgspec

Contestant = Callable[[], int]
"""Does the whole work once, and returns how many units of it (events) it saw."""
Clock = Callable[[], float]


class Spread(msgspec.Struct, frozen=True):
    """Median of some rounds, and the lowest and the highest."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Of at least one value."""
    return Spread(statistics.median(values), min(values), max(values))


def race(
    contestants: Sequence[Contestant], *, rounds: int, seconds: float, clock: Clock = time.process_time
) -> list[list[float]]:
    """Units per second of every contestant in every round.

    A round lets each contestant in turn repeat its work for at least about ``seconds``: what slows the machine for a
    while slows them all. ``clock`` is processor time, so that other programs of the machine disturb little. The first
    try of each is not counted: it warms caches up, and tells how often the work must be repeated.
    """
    repeats = [_repeats(contestant, seconds, clock) for contestant in contestants]
    rates: list[list[float]] = [[] for _ in contestants]
    for _ in range(rounds):
        for contestant, repeat, kept in zip(contestants, repeats, rates, strict=True):
            kept.append(_rate(contestant, repeat, clock))
    return rates


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Round by round: neighbours in time had the same machine."""
    return [one / other for one, other in zip(ours, theirs, strict=True)]


def _repeats(contestant: Contestant, seconds: float, clock: Clock) -> int:
    contestant()
    started = clock()
    contestant()
    return max(1, math.ceil(seconds / max(clock() - started, 1e-6)))


def _rate(contestant: Contestant, repeat: int, clock: Clock) -> float:
    gc.collect()  # nobody sweeps up after the one before
    units = 0
    started = clock()
    for _ in range(repeat):
        units += contestant()
    return units / (clock() - started)
