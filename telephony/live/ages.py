"""How old events are when all that follows from them has been done: counted in classes, for percentiles. Pure."""

from bisect import bisect_left
from collections.abc import Sequence

from telephony.model.ids import Micros

UP_TO_MS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 70, 100, 150, 200, 300, 500, 1_000)
"""The classes' upper bounds; one more class is for all that is older."""
_UP_TO = tuple(1_000 * bound for bound in UP_TO_MS)


class Ages:
    """``counts``: of each class how many, since the start."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts = [0] * (len(_UP_TO) + 1)

    def add(self, age: Micros) -> None:
        """One more event."""
        self.counts[bisect_left(_UP_TO, age)] += 1


def up_to_ms(counts: Sequence[int], share: float) -> float:
    """This share of them was at most so many milliseconds old (the bound of the class in which it ends); infinite where
    it was older than the last bound, 0 of none."""
    wanted, seen = share * sum(counts), 0
    if not wanted:
        return 0.0
    for bound, count in zip((*UP_TO_MS, float("inf")), counts, strict=True):
        seen += count
        if seen >= wanted:
            return float(bound)
    return float("inf")
