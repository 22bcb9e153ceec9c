"""Times in which the PBX did not run. A phone that hears nothing sends its INVITE again."""

from collections.abc import Sequence
from itertools import accumulate

from tests.judge.books.sipp import Caller
from tests.judge.times import MILLI

Outage = tuple[int, int]
"""From the order to stop, or the kill, until the PBX was up again (microseconds)."""

_AGAIN = tuple(accumulate((500 * MILLI << number) for number in range(6)))
"""After so long a phone without an answer sends its INVITE again: T1, doubled each time (RFC 3261 §17.1.1.2)."""


def heard_of(caller: Caller, start: int, outages: Sequence[Outage]) -> int:
    """When the phone sent the INVITE of which the PBX made a channel at ``start``: the first, but for one that it sent
    while there was no PBX."""
    if outage_at(caller.invited, outages) is None:
        return caller.invited
    return min((caller.invited + after for after in (0, *_AGAIN)), key=lambda sent: abs(sent - start))


def outage_at(at: int, outages: Sequence[Outage]) -> Outage | None:
    """The outage that this moment lies in."""
    return next((outage for outage in outages if outage[0] <= at <= outage[1]), None)


def outage_between(began: int, ended: int, outages: Sequence[Outage]) -> Outage | None:
    """The first outage that began in this time, ends included."""
    return next((outage for outage in outages if began <= outage[1] and outage[0] <= ended), None)
