"""Which record is of which call: none lost, none twice, none invented."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.judge.assign import pair
from tests.judge.books.records import BOOK, Record
from tests.judge.books.sipp import Caller
from tests.judge.case import Case
from tests.judge.findings import Finding, Kind
from tests.judge.gather import Gathered
from tests.judge.numbers import same_number
from tests.judge.times import SECOND, apart, clock

_DYING = 300_000  # INVITEs sent this short (microseconds) before a kill may never have become a channel


@dataclass(slots=True)
class Matched:
    """``pairs``: each call with all records that claim to be of it; ``others``: records of calls that no caller
    made (between phones)."""

    pairs: list[tuple[Case, list[Record]]] = field(default_factory=list)
    others: list[Record] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def match(gathered: Gathered, records: Sequence[Record]) -> Matched:
    """Each call with its records. Findings: merged, invented, and two records with one id."""
    matched = Matched(findings=_same_ids(records))
    owned = _by_channel(gathered.cases, records, matched)
    rest = [record for record in records if record.line not in owned]
    owned |= _by_moment(gathered.cases, rest, set(owned.values()))
    for index, case in enumerate(gathered.cases):
        own = [record for record in records if owned.get(record.line) == index]
        matched.pairs.append((case, own))
    for record in rest:
        if record.line not in owned:
            _without_caller(record, gathered, matched)
    return matched


def _same_ids(records: Sequence[Record]) -> list[Finding]:
    lines: dict[str, list[Record]] = {}
    for record in records:
        lines.setdefault(record.call_id, []).append(record)
    return [
        Finding(Kind.DOUBLED, call_id, "call_id", f"{len(same)} records have this call_id", (BOOK,))
        for call_id, same in lines.items()
        if len(same) > 1 and len({record.uniqueids for record in same}) > 1
    ]


def _by_channel(cases: Sequence[Case], records: Sequence[Record], matched: Matched) -> dict[int, int]:
    """Line of the record → index of its call, by the caller's channel."""
    channels = {case.uniqueid: index for index, case in enumerate(cases) if case.uniqueid}
    owned = {}
    for record in records:
        mine = sorted({channels[each] for each in record.uniqueids if each in channels})
        if mine:
            owned[record.line] = min(mine, key=lambda index: abs(cases[index].began - record.received_at))
        for index in mine:
            if index != owned[record.line]:
                text = f"the record {record.call_id} of {cases[owned[record.line]].name} covers this call too"
                matched.findings.append(Finding(Kind.MERGED, cases[index].name, "record", text, (BOOK,)))
    return owned


def _by_moment(cases: Sequence[Case], records: Sequence[Record], taken: set[int]) -> dict[int, int]:
    """For calls of which no book of the PBX survives: by number and by when it was received."""
    free = [index for index, case in enumerate(cases) if index not in taken and case.caller is not None]

    def gap(record: Record, index: int) -> float | None:
        case = cases[index]
        near = abs(case.began - record.received_at) < SECOND
        known = case.uniqueid and not case.killed
        if known or not near or not same_number(case.number, record.caller_number):
            return None
        return (abs(case.began - record.received_at) / SECOND) ** 2

    return {records[i].line: free[j] for i, j in pair(records, free, gap).items()}


def _without_caller(record: Record, gathered: Gathered, matched: Matched) -> None:
    if record.direction != "inbound" and gathered.uniqueids & set(record.uniqueids):
        matched.others.append(record)
        return
    name = f"{record.caller_number} {clock(record.received_at)} {' '.join(record.uniqueids)}".strip()
    text = f"the record {record.call_id} (line {record.line}) is of a call that no book knows{_hint(record, gathered)}"
    matched.findings.append(Finding(Kind.INVENTED, name, "record", text, (BOOK,)))


def _hint(record: Record, gathered: Gathered) -> str:
    same = [case for case in gathered.cases if same_number(case.number, record.caller_number)]
    nearest = min(same, key=lambda case: abs(case.began - record.received_at), default=None)
    if nearest is None:
        return ""
    return f"; the nearest call of that number is {nearest.name}, {apart(nearest.began - record.received_at)} away"


# --- who must have one ------------------------------------------------------------------------------------


def expectation(case: Case) -> str:
    """``one``: the call must have a record; ``none``: it must not (the PBX never made a channel of it); ``maybe``:
    the PBX died about the moment at which it would have."""
    caller = case.caller
    if case.uniqueid or caller is None:
        return "one"
    heard = caller.ringing is not None or caller.accepted is not None or bool(case.rings)
    if case.killed is not None:
        return "maybe" if not heard and case.killed - caller.invited < _DYING else "one"
    return "one" if heard or _taken_up(caller) else "none"


def _taken_up(caller: Caller) -> bool:
    """The PBX ended it, but only when asked to, or late: it was a call by then."""
    if caller.final_at is None:
        return False
    return caller.cancelled is not None or caller.final_at - caller.invited > SECOND
