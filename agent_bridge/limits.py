"""How much one desktop, and one address, may ask."""

from collections import OrderedDict

REMEMBERED = 10_000
"""Addresses. Whoever was heard longest ago is forgotten first: with their bucket full, most likely."""


class Bucket:
    """A token bucket: ``rate`` a second on the long run, ``burst`` at once. ``now`` in monotonic seconds."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._at = burst, now

    def take(self, now: float) -> bool:
        """Whether one more is allowed; then it is counted."""
        if not self.has(now):
            return False
        self._left -= 1
        return True

    def has(self, now: float) -> bool:
        """Whether one more would be allowed."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        return self._left >= 1


class Buckets:
    """One for each address."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._known: OrderedDict[str, Bucket] = OrderedDict()

    def of(self, address: str, now: float) -> Bucket:
        """The address's own."""
        found = self._known.get(address)
        if found is None:
            found = self._known[address] = Bucket(self._rate, self._burst, now)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        self._known.move_to_end(address)
        return found
