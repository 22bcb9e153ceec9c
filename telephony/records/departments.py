"""What departments and their specialists did for callers: how often they were asked, came, how soon, for how long, and
whether it was resolved on the call. Pure: a fold over records, the same in whatever order they come.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from telephony.records.asked import Asked, Came, asked_in
from telephony.records.record import CallRecord, Participant

DEFINITIONS = {
    "offers": (
        "邀请",
        "invitations in which they were rung, on however many numbers; emergency numbers are not counted",
    ),
    "answered": ("接听", "of them, those that they answered; a department: anybody of it"),
    "missed": ("未接", "rang out, refused, or could not be reached"),
    "taken_back": ("撤回", "a colleague was quicker, or it was given up while they were rung: not held against them"),
    "answer_rate": ("接听率", "answered ÷ (answered + missed)"),
    "answer_s": ("应答时长", "mean: a specialist's first ring (a department's invitation) → answer"),
    "answer_p95_s": ("应答时长95%", "in 95 of 100 answers it took no longer"),
    "join_s": ("到场时长", "time to specialist, mean: the invitation → with the agent or in the call"),
    "calls": ("参与通话", "calls in which they talked with the caller or, apart from them, with others"),
    "with_caller_min": ("三方分钟", "three-way minutes: with the caller; of two of a department at once those of both"),
    "private_min": ("内部通话分钟", "likewise with others, while the caller was on hold"),
    "told": ("已登记解决", "of their calls, those of which it was said whether they were resolved on the call"),
    "resolved": ("已解决", "of these, those that were"),
    "resolved_share": ("解决率", "resolved ÷ told"),
}
"""Of each figure: what it means, in Chinese and English. Of the calls received in the time asked for."""


class DepartmentFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Of a specialist, or of a department (``code`` empty), or of all (both empty). ``name``: as the directory has it,
    where whoever shows it has looked. None where there is nothing to divide by."""

    department: str
    code: str = ""
    name: str = ""
    offers: int
    answered: int
    missed: int
    taken_back: int
    answer_rate: float | None
    answer_s: float | None
    answer_p95_s: float | None
    join_s: float | None
    calls: int
    with_caller_min: float
    private_min: float
    told: int
    resolved: int
    resolved_share: float | None


class Accountability(msgspec.Struct, frozen=True, kw_only=True):
    """Departments, and specialists by department, in the order of their codes."""

    all: DepartmentFigures
    departments: tuple[DepartmentFigures, ...]
    specialists: tuple[DepartmentFigures, ...]


class _Tally:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.answers: list[int] = []
        self.joins: list[int] = []

    def asked(self, asked: Asked) -> None:
        self.counts[asked.came] += 1
        if asked.answer_ms is not None:
            self.answers.append(asked.answer_ms)
        if asked.join_ms is not None:
            self.joins.append(asked.join_ms)

    def took_part(self, talked: Mapping[str, int], resolved: bool | None) -> None:
        self.counts.update(talked)
        self.counts["calls"] += 1
        self.counts["told"] += resolved is not None
        self.counts["resolved"] += resolved is True


class DepartmentFold:
    """``add`` calls one by one. ``homes``: the department of each specialist, by their codes: where a record does not
    tell, since they were asked for by name."""

    def __init__(self, homes: Mapping[str, str] | None = None) -> None:
        self._homes = dict(homes or {})
        self._all = _Tally()
        self._departments: dict[str, _Tally] = {}
        self._specialists: dict[tuple[str, str], _Tally] = {}

    def add(self, record: CallRecord) -> None:
        """Counts whom it concerns."""
        for asked in asked_in(record):
            self._asked(asked)
        self._talked(record)

    def _asked(self, asked: Asked) -> None:
        if not asked.code:
            self._department(asked.department).asked(asked)
            self._all.asked(asked)
            return
        home = asked.department or self._homes.get(asked.code, "")
        self._specialists.setdefault((home, asked.code), _Tally()).asked(asked)
        if not asked.department:  # by name: no row of a department stands beside it
            self._department(home).asked(asked)
            self._all.asked(asked)

    def _department(self, code: str) -> _Tally:
        return self._departments.setdefault(code, _Tally())

    def _talked(self, record: CallRecord) -> None:
        resolved = record.remarks.resolved if record.remarks is not None else None
        people: dict[tuple[str, str], Counter[str]] = {}
        for each in record.participants:
            talked = _talked(each)
            home = each.department or self._homes.get(each.code, "")
            if talked.total() and (each.code or each.department):
                people.setdefault((home, each.code if each.code != home else ""), Counter()).update(talked)
        for key, talked in people.items():
            if key[1]:
                self._specialists.setdefault(key, _Tally()).took_part(talked, resolved)
        for home in dict.fromkeys(home for home, _ in people):
            of_it = sum((talked for key, talked in people.items() if key[0] == home), Counter())
            self._department(home).took_part(of_it, resolved)
        if people:
            self._all.took_part(sum(people.values(), Counter()), resolved)

    def figures(self) -> Accountability:
        """As of now."""
        departments = sorted(self._departments.items())
        specialists = sorted(self._specialists.items())
        return Accountability(
            all=_figures("", "", self._all),
            departments=tuple(_figures(code, "", tally) for code, tally in departments),
            specialists=tuple(_figures(home, code, tally) for (home, code), tally in specialists),
        )


def figures_of(records: Iterable[CallRecord], homes: Mapping[str, str] | None = None) -> Accountability:
    """Those of ``records``."""
    fold = DepartmentFold(homes)
    for record in records:
        fold.add(record)
    return fold.figures()


def _talked(each: Participant) -> Counter[str]:
    """Microseconds, by who heard them."""
    talked: Counter[str] = Counter()
    for stretch in each.stretches:
        if stretch.kind in ("caller", "private"):
            talked[f"{stretch.kind} us"] += max(0, stretch.end - stretch.start)
    return talked


def _figures(department: str, code: str, tally: _Tally) -> DepartmentFigures:
    counts = tally.counts
    answered, missed, taken_back = (counts[came] for came in Came)
    return DepartmentFigures(
        department=department,
        code=code,
        offers=answered + missed + taken_back,
        answered=answered,
        missed=missed,
        taken_back=taken_back,
        answer_rate=_share(answered, answered + missed),
        answer_s=_mean_s(tally.answers),
        answer_p95_s=_p95_s(tally.answers),
        join_s=_mean_s(tally.joins),
        calls=counts["calls"],
        with_caller_min=_minutes(counts["caller us"]),
        private_min=_minutes(counts["private us"]),
        told=counts["told"],
        resolved=counts["resolved"],
        resolved_share=_share(counts["resolved"], counts["told"]),
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _mean_s(values: Sequence[int]) -> float | None:
    return round(sum(values) / len(values) / 1_000, 1) if values else None


def _p95_s(values: Sequence[int]) -> float | None:
    """The nearest rank."""
    return round(sorted(values)[math.ceil(0.95 * len(values)) - 1] / 1_000, 1) if values else None


def _minutes(micros: int) -> float:
    return round(micros / 60_000_000, 2)
