"""A day of the site: from one local midnight to the next, 23 to 25 hours. Pure."""

import datetime
import zoneinfo
from collections.abc import Iterator

from telephony.model.ids import Micros

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_ONE = datetime.timedelta(days=1)


def day_of(at: Micros, zone: str) -> datetime.date:
    """The day that this moment is in."""
    return (_EPOCH + datetime.timedelta(microseconds=at)).astimezone(zoneinfo.ZoneInfo(zone)).date()


def bounds(day: datetime.date, zone: str) -> tuple[Micros, Micros]:
    """When it begins, and when the next one does."""
    return _begins(day, zone), _begins(day + _ONE, zone)


def _begins(day: datetime.date, zone: str) -> Micros:
    midnight = datetime.datetime.combine(day, datetime.time(), zoneinfo.ZoneInfo(zone))
    return Micros((midnight - _EPOCH) // datetime.timedelta(microseconds=1))


def since(first: datetime.date, before: datetime.date) -> Iterator[datetime.date]:
    """Each day from ``first`` to before ``before``."""
    while first < before:
        yield first
        first += _ONE
