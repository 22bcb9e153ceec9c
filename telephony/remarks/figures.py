"""What calls were about, and how many were closed on the line: the direct answer rate. Pure.

All of it is of citizens' calls. A mark takes no call out of any figure: it is counted beside.
"""

import datetime
import zoneinfo
from collections import Counter
from collections.abc import Iterable

import msgspec

from telephony.model.ids import MICROS_PER_SECOND
from telephony.model.terms import Direction
from telephony.records.numbered import INTERNAL
from telephony.records.record import CallRecord
from telephony.remarks.remark import Mark

DEFINITIONS = {
    "offered": ("来电", "citizens' calls, marked ones too"),
    "answered": ("接通", "of them, those in which an agent and the caller talked"),
    "disposed": ("已登记", "of the answered, those of which somebody said what they were about or how they ended"),
    "direct": ("直接答复", "of the answered, those said to be closed on the line, without a work order"),
    "direct_rate": ("直接答复率", "direct ÷ answered: those of which nobody has said anything count as not direct"),
    "direct_of_disposed": ("登记中直接答复率", "direct ÷ those said to be direct or not"),
    "nuisance": ("骚扰", "marked as nuisance, answered or not; counted in all the others, too"),
    "silent": ("无声", "marked as silent; likewise"),
}
"""Of each figure: what it means, in Chinese and English."""


class TopicFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Of one topic (its code), day (YYYY-MM-DD at the site) or agent (who answered first); empty: of none, or of the
    calls that nobody answered. Rates are None where there is nothing to divide by."""

    of: str
    offered: int
    answered: int
    disposed: int
    direct: int
    direct_rate: float | None
    direct_of_disposed: float | None
    nuisance: int
    silent: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """A call with several topics is counted in each of them, and once in ``all``."""

    all: TopicFigures
    by_topic: tuple[TopicFigures, ...]
    by_day: tuple[TopicFigures, ...]
    by_agent: tuple[TopicFigures, ...]


class TopicFold:
    """``add`` calls with their remarks one by one; only counts are kept. ``zone``: whose days they are."""

    def __init__(self, zone: str) -> None:
        self._zone = zoneinfo.ZoneInfo(zone)
        self._all: Counter[str] = Counter()
        self._topics: dict[str, Counter[str]] = {}
        self._days: dict[str, Counter[str]] = {}
        self._agents: dict[str, Counter[str]] = {}

    def add(self, record: CallRecord) -> None:
        if record.direction is not Direction.INBOUND or record.trunk == INTERNAL:
            return
        counts = _counts(record)
        topics = record.remarks.topics if record.remarks is not None else ()
        self._all += counts
        for topic in topics or ("",):
            self._topics.setdefault(topic, Counter()).update(counts)
        self._days.setdefault(self._day(record), Counter()).update(counts)
        self._agents.setdefault(record.agent or "", Counter()).update(counts)

    def _day(self, record: CallRecord) -> str:
        at = datetime.datetime.fromtimestamp(record.received_at // MICROS_PER_SECOND, self._zone)
        return at.date().isoformat()

    def figures(self) -> Figures:
        """Topics by the number of calls, days and agents in their order."""
        return Figures(
            all=_figures("", self._all),
            by_topic=tuple(sorted(_each(self._topics), key=lambda each: -each.offered)),
            by_day=_each(self._days),
            by_agent=_each(self._agents),
        )


def figures_of(records: Iterable[CallRecord], zone: str) -> Figures:
    """Those of ``records``."""
    fold = TopicFold(zone)
    for record in records:
        fold.add(record)
    return fold.figures()


def _counts(record: CallRecord) -> Counter[str]:
    counts = Counter(offered=1)
    said = record.remarks
    if said is not None and said.mark is not None and said.mark.mark in list(Mark):
        counts[said.mark.mark] += 1
    if record.answered_at is not None:
        counts["answered"] += 1
        if said is not None and said.dispositions:
            counts["disposed"] += 1
            counts["said"] += said.answered is not None
            counts["direct"] += said.answered is True
    return counts


def _each(counted: dict[str, Counter[str]]) -> tuple[TopicFigures, ...]:
    return tuple(_figures(name, counts) for name, counts in sorted(counted.items()))


def _figures(of: str, counts: Counter[str]) -> TopicFigures:
    return TopicFigures(
        of=of,
        offered=counts["offered"],
        answered=counts["answered"],
        disposed=counts["disposed"],
        direct=counts["direct"],
        direct_rate=_rate(counts["direct"], counts["answered"]),
        direct_of_disposed=_rate(counts["direct"], counts["said"]),
        nuisance=counts[Mark.NUISANCE],
        silent=counts[Mark.SILENT],
    )


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
