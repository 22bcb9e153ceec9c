"""The whole judgement of one run."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.judge import compare, match, totals
from tests.judge.books.records import BOOK, Record
from tests.judge.case import Case
from tests.judge.findings import Finding, Kind, Note, Pad
from tests.judge.gather import Books, Gathered, gather
from tests.judge.match import expectation
from tests.judge.notes import explain
from tests.judge.offered import by_dial, outside
from tests.judge.times import SECOND
from tests.judge.totals import Sums
from tests.judge.views.view import Setting


@dataclass(frozen=True, slots=True)
class Judgement:
    """``calls``: how many calls of callers there were in all books together."""

    calls: int
    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]
    sums: tuple[Sums, ...]

    @property
    def good(self) -> bool:
        return not self.findings


def judge(books: Books, records: Sequence[Record], setting: Setting, pad: Pad) -> Judgement:
    """Hold the records against the books. ``pad`` may already hold what was found while reading."""
    gathered = gather(books, pad)
    matched = match.match(gathered, records)
    pad.findings += matched.findings
    merged = {finding.call for finding in matched.findings if finding.kind is Kind.MERGED}
    for case, own in matched.pairs:
        pad.findings += _call(case, own, setting, merged=case.name in merged, others_wait=_waiting(gathered, case))
        pad.notes += explain(case)
    if not gathered.cases:
        pad.find(Kind.LOST, "", "calls", "no book knows of any call: there is nothing to judge")
    sums = _sums(books, records, gathered)
    if not pad.findings:
        pad.findings += totals.check(sums, sum(_doubtful(case) for case in gathered.cases))
    return Judgement(len(gathered.cases), tuple(pad.findings), tuple(pad.notes), sums)


def _sums(books: Books, records: Sequence[Record], gathered: Gathered) -> tuple[Sums, ...]:
    return (
        totals.of_records(records),
        totals.of_queue_log(books.lines, gathered.cases),
        totals.of_cdr(books.rows),
        totals.of_sipp(gathered.cases),
    )


def _doubtful(case: Case) -> bool:
    taken = by_dial(case) or outside(case) is not None
    return case.race or case.killed is not None or expectation(case) != "one" or taken


def _waiting(gathered: Gathered, case: Case) -> bool:
    """Whether another caller waited in some queue at the time of this call."""
    until = case.ended or case.began
    return any(
        visit.entered is not None
        and (visit.entered - 1) * SECOND <= until
        and (not visit.ended or (visit.ended + 1) * SECOND >= case.began)
        for other in gathered.cases
        if other is not case
        for visit in other.stay.visits
    )


# --- one call ---------------------------------------------------------------------------------------------


def _call(case: Case, own: list[Record], setting: Setting, *, merged: bool, others_wait: bool) -> list[Finding]:
    expected = expectation(case)
    if not own:
        found = compare.compare(case, None, setting, others_wait=others_wait)
        return found if merged or expected != "one" else [*found, _lost(case)]
    if expected == "none":
        text = f"the record {own[0].call_id} is of a call that the PBX never took"
        return [Finding(Kind.INVENTED, case.name, "record", text, (BOOK,))]
    tries = [compare.compare(case, record, setting, others_wait=others_wait) for record in own]
    best = min(tries, key=len)
    return best if len(own) == 1 else [*best, _doubled(case, own)]


def _lost(case: Case) -> Finding:
    return Finding(Kind.LOST, case.name, "record", "no record of this call", (BOOK,))


def _doubled(case: Case, own: Sequence[Record]) -> Finding:
    ids = ", ".join(f"{record.call_id} (line {record.line})" for record in own)
    return Finding(Kind.DOUBLED, case.name, "record", f"{len(own)} records of this call: {ids}", (BOOK,))
