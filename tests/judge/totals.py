"""Sums over the run, from each book by itself: the table that is printed, and the sums that must agree."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from tests.judge.books import cdr, queue_log, records, sipp
from tests.judge.books.cdr import Row
from tests.judge.books.queue_log import Line
from tests.judge.books.records import Record
from tests.judge.case import TRUNK, Case, second_of
from tests.judge.findings import Finding, Kind
from tests.judge.offered import offer_rows, offered
from tests.judge.visits import LEAVINGS

ENDS = {
    "ABANDON": "abandoned",
    "EXITWITHTIMEOUT": "timed_out",
    "EXITEMPTY": "queue_empty",
    "EXITWITHKEY": "key_exit",
    "WITHDRAW": "withdrawn",
}
BOOKS = (records.BOOK, queue_log.BOOK, cdr.BOOK, sipp.BOOK)


@dataclass(slots=True)
class Sums:
    """One book's counts. ``calls``: offered, answered, abandoned and the other ends, or ``unanswered`` where the
    book cannot tell them apart. ``queues`` and ``agents``: name → the same for each."""

    book: str
    calls: Counter[str] = field(default_factory=Counter)
    queues: dict[str, Counter[str]] = field(default_factory=dict)
    agents: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, end: str, queue: str = "") -> None:
        self.calls.update(("offered", end))
        if queue:
            self.queues.setdefault(queue, Counter()).update(("offered", end))

    def agent(self, name: str, end: str) -> None:
        self.agents.setdefault(name, Counter()).update(("offers", end))

    def unbalanced(self) -> list[str]:
        """Where offered is not the sum of the ends."""
        parts = {"all calls": self.calls} | {f"queue {name}": counts for name, counts in self.queues.items()}
        return [name for name, counts in parts.items() if counts["offered"] * 2 != counts.total()]


def of_records(all_records: Iterable[Record]) -> Sums:
    sums = Sums(records.BOOK)
    for record in all_records:
        if record.direction == "inbound":
            sums.add(record.outcome, record.text("queue") or "")
            for offer in record.offers:
                sums.agent(offer.member, offer.outcome)
    return sums


def of_queue_log(lines: Iterable[Line], cases: Iterable[Case]) -> Sums:
    """Calls by the fold (a call may visit several queues); queues and agents counted line by line."""
    sums = Sums(queue_log.BOOK)
    for case in cases:
        ends = [ENDS.get(visit.end, "answered") if visit.end else "no end" for visit in case.stay.visits]
        if ends:
            sums.calls.update(("offered", "answered" if "answered" in ends else ends[-1]))
    for line in lines:
        if second_of(line.callid):
            _count_line(sums, line)
    return sums


def _count_line(sums: Sums, line: Line) -> None:
    if line.event == "ENTERQUEUE":
        sums.queues.setdefault(line.queue, Counter())["offered"] += 1
    elif line.event == "CONNECT" or line.event in LEAVINGS:
        sums.queues.setdefault(line.queue, Counter())[ENDS.get(line.event, "answered")] += 1
    if line.event in {"CONNECT", "RINGNOANSWER", "RINGCANCELED"}:
        sums.agent(line.agent, "answered" if line.event == "CONNECT" else "unanswered")


def of_cdr(rows: Sequence[Row]) -> Sums:
    sums = Sums(cdr.BOOK)
    calls: dict[str, list[Row]] = {}
    for row in rows:
        if row.endpoint.startswith(TRUNK):
            calls.setdefault(row.uniqueid, []).append(row)
    for row in offer_rows(rows):
        sums.agent(row.phone, "answered" if row.disposition == "ANSWERED" else "unanswered")
    for own in calls.values():
        answered = [row for row in own if row.phone and row.disposition == "ANSWERED"]
        sums.add("answered" if answered else "unanswered", answered[0].queue if answered else _last_queue(own))
    return sums


def _last_queue(rows: Sequence[Row]) -> str:
    return next((row.queue for row in reversed(rows) if row.by_queue), "")


def of_sipp(cases: Iterable[Case]) -> Sums:
    sums = Sums(sipp.BOOK)
    for case in cases:
        if case.caller is not None:
            sums.add(_seen_by_phones(case))
        for ring in offered(case):
            sums.agent(ring.phone, "answered" if case.became_talk(ring) else "unanswered")
    return sums


def _seen_by_phones(case: Case) -> str:
    if case.taken is not None and not case.race:
        return "answered"
    if case.killed is not None:
        return "cut by a kill"
    if case.race:
        return "left as it was answered"
    return "caller left" if case.caller is not None and case.caller.left is not None else "ended by the PBX"


def check(sums: Sequence[Sums], doubtful: int) -> list[Finding]:
    """Sums that differ although no call does. ``doubtful``: calls that a book may count either way, or not at all
    (answered in the instant of the leaving, cut by a kill, never a channel)."""
    found = [
        Finding(Kind.TOTALS, "", name, f"in {one.book} offered is not answered + abandoned + other ends", (one.book,))
        for one in sums
        for name in one.unbalanced()
        if not doubtful
    ]
    for one, other in combinations(sums, 2):
        found += _compare(one, other, doubtful)
    return found


def _compare(one: Sums, other: Sums, doubtful: int) -> list[Finding]:
    """The answered calls, and each agent's answered offers. (queue_log does not know of a caller who was answered by a
    dial, outside of all queues: then it has fewer.)"""
    counts = {"answered": (one.calls["answered"], other.calls["answered"])}
    for agent in sorted(one.agents.keys() | other.agents.keys()):
        own, theirs = one.agents.get(agent, Counter()), other.agents.get(agent, Counter())
        counts[f"answered by {agent}"] = own["answered"], theirs["answered"]
    return [
        Finding(Kind.TOTALS, "", about, f"{one.book} has {first}, {other.book} {second}", (one.book, other.book))
        for about, (first, second) in counts.items()
        if abs(first - second) > doubtful
    ]
