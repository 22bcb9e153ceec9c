"""What callers keyed of their agents, by agent, queue or day: each average with its response rate. Pure."""

import datetime
import zoneinfo
from enum import StrEnum

import msgspec

from telephony.model.ids import MICROS_PER_SECOND, Micros
from telephony.records.record import CallRecord

DEFINITIONS = {
    "asked": ("询问数", "callers who were asked, once their agent had ended the call"),
    "given": ("评价数", "of these, who keyed 1 to 5"),
    "response_rate": ("回应率", "given of asked; an average of few says little"),
    "average": ("平均分", "of those given; 5 is best"),
    "counts": ("各分人数", "how many keyed 1, 2, 3, 4, 5"),
}
"""Of each figure: what it means, in Chinese and English."""


class By(StrEnum):
    """What a line is of."""

    AGENT = "agent"
    QUEUE = "queue"
    DAY = "day"


class RatingFigures(msgspec.Struct, frozen=True):
    """``of``: an agent's number, a queue, or a day of the site's."""

    of: str
    asked: int
    given: int
    response_rate: float
    average: float | None
    counts: tuple[int, ...]


class RatingFold:
    """``add`` records one by one; only numbers are kept of each."""

    def __init__(self, by: By, zone: str) -> None:
        self._by = by
        self._zone = zoneinfo.ZoneInfo(zone)
        self._told: dict[str, list[int]] = {}

    def add(self, record: CallRecord) -> None:
        """Counts it, if its caller was asked."""
        if record.met is not None and record.met.rating_asked:
            self._told.setdefault(self._key(record), [0] * 6)[record.met.rating or 0] += 1

    def figures(self) -> list[RatingFigures]:
        """In order of what they are of."""
        return [_figures(key, counts) for key, counts in sorted(self._told.items())]

    def _key(self, record: CallRecord) -> str:
        if self._by is By.DAY:
            return self._day(record.received_at)
        if self._by is By.QUEUE:
            return record.queue or ""
        return (record.met.rated if record.met is not None else None) or ""

    def _day(self, at: Micros) -> str:
        return datetime.datetime.fromtimestamp(at / MICROS_PER_SECOND, self._zone).date().isoformat()


def _figures(key: str, counts: list[int]) -> RatingFigures:
    """``counts``: how many gave none, 1, 2 …"""
    asked, given = sum(counts), sum(counts[1:])
    total = sum(value * number for value, number in enumerate(counts))
    average = round(total / given, 2) if given else None
    return RatingFigures(key, asked, given, round(given / asked, 3), average, tuple(counts[1:]))
