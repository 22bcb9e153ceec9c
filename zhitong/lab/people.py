"""Who calls when, who answers how quickly, who talks how long: seeded draws, pure.

Every person has a stream of their own, named by seed, kind and number, so that the n-th ring time of an agent is the
same whatever the others do and however many there are. That is what makes two runs with one seed comparable.
"""

import math
import random
from itertools import accumulate

import msgspec


class Spread(msgspec.Struct, frozen=True):
    """A log-normal time: `median` in seconds, `sigma` of its logarithm; never outside `least` … `most` seconds.

    Human times are log-normal: many near the median, a few much longer. ``sigma = 0`` makes it a constant.
    """

    median: float
    sigma: float = 0.0
    least: float = 0.0
    most: float = math.inf


HUMAN_RING = Spread(median=2.5, sigma=0.45, least=1.0, most=8.0)
"""How long an agent lets the phone ring. Rehearsals with shorter times turn several results round."""


def stream(seed: int, kind: str, who: str = "") -> random.Random:
    """The dice of one person for one kind of thing; the same for the same arguments, on every Python."""
    return random.Random(f"{seed}/{kind}/{who}")


def draw(dice: random.Random, spread: Spread) -> float:
    """One time, in seconds, rounded to the millisecond (what a phone can keep)."""
    value = spread.median * math.exp(spread.sigma * dice.gauss(0.0, 1.0))
    return round(min(max(value, spread.least), spread.most), 3)


def times(seed: int, kind: str, who: str, spread: Spread, count: int) -> tuple[float, ...]:
    """The first `count` times of one person, in seconds; a longer list begins with the shorter one."""
    dice = stream(seed, kind, who)
    return tuple(draw(dice, spread) for _ in range(count))


def poisson_arrivals(seed: int, per_second: float, count: int) -> tuple[float, ...]:
    """When `count` callers call, in seconds from the start, with `per_second` on average and no memory."""
    dice = stream(seed, "arrivals")
    return tuple(round(at, 3) for at in accumulate(dice.expovariate(per_second) for _ in range(count)))


def even_arrivals(per_second: float, count: int) -> tuple[float, ...]:
    """When `count` callers call, evenly spaced, the first at 0."""
    return tuple(round(number / per_second, 3) for number in range(count))
