"""Which caller's call is which channel, and which phone rang for whom: the books laid side by side, call by call."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from tests.judge.assign import pair
from tests.judge.books import sipp
from tests.judge.books.cdr import Row
from tests.judge.books.cel import Moments
from tests.judge.books.queue_log import Line
from tests.judge.books.sipp import Caller, Ring
from tests.judge.case import SHORT, TRUNK, Case, second_of
from tests.judge.findings import Kind, Pad
from tests.judge.numbers import same_number, same_phone
from tests.judge.outages import Outage, heard_of, outage_between
from tests.judge.times import SECOND, clock
from tests.judge.visits import fold

_NEAR = 2 * SECOND  # a channel is made this soon after its INVITE, on any machine that works at all
_CAP = 10 * SECOND  # beyond this, how far two ends lie apart says nothing more


@dataclass(frozen=True, slots=True)
class Books:
    """The three books of one run, when the PBX was killed in it, and when it did not run."""

    lines: Sequence[Line]
    rows: Sequence[Row]
    sipp: sipp.Book
    kills: Sequence[int] = ()
    outages: Sequence[Outage] = ()
    moments: Moments = field(default_factory=Moments)


@dataclass(frozen=True, slots=True)
class Gathered:
    cases: list[Case]
    uniqueids: frozenset[str]  # every channel that any book of the PBX knows


def gather(books: Books, pad: Pad) -> Gathered:
    """All calls of callers that any book knows of, in order of time."""
    cases = _channels(books)
    for case in cases:
        case.made = tuple(books.moments.made.get(case.uniqueid, ()))
        case.met = tuple(books.moments.met.get(case.uniqueid, ()))
        case.gone = (books.moments.gone[case.uniqueid],) if case.uniqueid in books.moments.gone else ()
    _join_callers(cases, books.sipp.callers, books.outages)
    _mark_killed(cases, books)
    _mark_stopped(cases, books.outages)
    _join_rings(cases, books.sipp.rings, pad)
    cases.sort(key=lambda case: (case.began, case.uniqueid))
    return Gathered(cases, frozenset(row.uniqueid for row in books.rows))


# --- channels ---------------------------------------------------------------------------------------------


def _channels(books: Books) -> list[Case]:
    """Every caller's channel: those of a trunk in CDR, and those that queue_log alone knows of."""
    linked = {row.uniqueid: row.linkedid for row in books.rows}
    told = [line for line in books.lines if second_of(line.callid)]
    trunks = {row.uniqueid for row in books.rows if row.endpoint.startswith(TRUNK)}
    cases = {own: Case(own) for own in trunks | {line.callid for line in told if line.callid not in linked}}
    for row in sorted(books.rows, key=lambda row: row.sequence):
        if row.uniqueid in cases:
            cases[row.uniqueid].rows.append(row)
        elif row.linkedid in cases:
            cases[row.linkedid].side_rows.append(row)
    _join_lines(cases, told, linked)
    return list(cases.values())


def _join_lines(cases: dict[str, Case], told: Iterable[Line], linked: dict[str, str]) -> None:
    """A callid is the caller's channel, or one of its conversation (a Local channel by which an agent consults)."""
    lines: dict[str, list[Line]] = {}
    for line in told:
        owner = line.callid if line.callid in cases else linked[line.callid]
        lines.setdefault(owner, []).append(line)
    for owner, own in lines.items():
        if owner in cases:
            cases[owner].stay = fold(own)


# --- callers ----------------------------------------------------------------------------------------------


def _join_callers(cases: list[Case], callers: Sequence[Caller], outages: Sequence[Outage]) -> None:
    """Give each caller's call its channel; a call without one becomes a case of its own."""
    rest = list(callers)
    for cost in (_same_call, _same_moments):
        free = [case for case in cases if case.caller is None]
        told = pair(rest, free, partial(_cost, cost, outages))
        for i, j in sorted(told.items(), reverse=True):
            free[j].caller = _heard(rest.pop(i), free[j], outages)
    cases.extend(Case(caller=caller) for caller in rest)


def _cost(
    cost: Callable[[Caller, Case], float | None], outages: Sequence[Outage], caller: Caller, case: Case
) -> float | None:
    return cost(_heard(caller, case, outages), case)


def _heard(caller: Caller, case: Case, outages: Sequence[Outage]) -> Caller:
    """The call as from the INVITE that the PBX heard, if this is its channel."""
    start = case.rows[0].start if case.rows else second_of(case.uniqueid) * SECOND
    return replace(caller, invited=heard_of(caller, start, outages))


def _same_call(caller: Caller, case: Case) -> float | None:
    gap = _gap(caller, case)
    return gap if gap is not None and same_number(caller.number, case.number) else None


def _same_moments(caller: Caller, case: Case) -> float | None:
    """For a number that the books write differently: the beginnings must meet."""
    near = bool(case.rows) and abs(case.rows[0].start - caller.invited) < SHORT
    return _gap(caller, case) if near else None


def _gap(caller: Caller, case: Case) -> float | None:
    second = second_of(case.uniqueid) * SECOND
    whole = case.rows and not case.first_row_missing
    start = case.rows[0].start if whole else min(max(caller.invited, second), second + SECOND)
    if abs(start - caller.invited) > _NEAR:
        return None
    return _square(start - caller.invited) + _end_gap(caller, case) + (_answer_gap(caller, case) if whole else 0.0)


def _end_gap(caller: Caller, case: Case) -> float:
    """How badly the ends fit: by CDR, and where that is not exact by queue_log's whole seconds too."""
    if caller.ended is None:
        return 0.0
    gaps = [_square(max(row.end for row in case.rows) - caller.ended)] if case.rows else []
    ends = [second for visit in case.stay.visits for second in (visit.ended, visit.finished) if second]
    if ends and case.exact_end is None:
        gaps.append(_square(max(ends) * SECOND + SECOND // 2 - caller.ended))
    return min(gaps, default=0.0)


def _answer_gap(caller: Caller, case: Case) -> float:
    """How badly the caller's 200 fits CDR's answer."""
    answer = min((row.answer for row in case.rows if row.answer is not None), default=None)
    if caller.accepted is None or answer is None:
        return 0.0 if caller.accepted is answer else 1.0
    return _square(answer - caller.accepted)


def _square(micros: int) -> float:
    return (min(abs(micros), _CAP) / SECOND) ** 2


# --- kills ------------------------------------------------------------------------------------------------


def _mark_killed(cases: Iterable[Case], books: Books) -> None:
    starts = [line.second for line in books.lines if line.event == "QUEUESTART"]
    for case in cases:
        case.killed = next((kill for kill in books.kills if _alive(case, kill)), None)
        if case.killed is not None:
            later = [second for second in starts if second * SECOND >= case.killed - SECOND]
            case.back = (later[0] + 1) * SECOND if later else case.killed + 5 * SECOND


def _mark_stopped(cases: Iterable[Case], outages: Sequence[Outage]) -> None:
    """What the PBX, told to stop, ended by itself."""
    for case in cases:
        end = case.caller.ended if case.caller is not None else case.ended
        if case.killed is None and end is not None:
            case.stopped = outage_between(case.began, end, outages)


def _alive(case: Case, at: int) -> bool:
    end = case.caller.ended if case.caller is not None else case.ended
    return case.began <= at and (end is None or end > at - SHORT // 2)


# --- phones -----------------------------------------------------------------------------------------------


def _join_rings(cases: list[Case], rings: Sequence[Ring], pad: Pad) -> None:
    by_phone: dict[str, list[Ring]] = {}
    for ring in sorted(rings, key=lambda ring: ring.invited):
        by_phone.setdefault(ring.phone, []).append(ring)
    strangers = [ring for own in by_phone.values() for ring in _own_callers(cases, own)]
    _join_consults(cases, strangers, pad)
    for case in cases:
        case.rings.sort(key=lambda ring: ring.invited)
        case.consults.sort(key=lambda ring: ring.invited)


def _own_callers(cases: list[Case], rings: list[Ring]) -> list[Ring]:
    """Join one phone's rings to the callers whose number it was shown; return those left over."""
    rows = [(case, row) for case in cases for row in case.rows if row.phone == rings[0].phone]
    rest = []
    told = pair(rings, rows, lambda ring, one: _ring_gap(ring, *one))
    for i, ring in enumerate(rings):
        case = rows[told[i]][0] if i in told else _by_time(cases, ring)
        if case is None:
            rest.append(ring)
        else:
            case.rings.append(ring)
    return rest


def _ring_gap(ring: Ring, case: Case, row: Row) -> float | None:
    if not _rings_for(case, ring) or not row.start - SHORT <= ring.invited <= row.end + SHORT:
        return None
    odd = 4.0 if (row.disposition == "ANSWERED") != (ring.accepted is not None) else 0.0
    gaps = [_square(row.end - ring.over)] if ring.over is not None else []
    if row.answer is not None and ring.accepted is not None:
        gaps.append(_square(row.answer - ring.accepted))
    return odd + min(gaps, default=0.0)


def _rings_for(case: Case, ring: Ring) -> bool:
    end = case.ended
    during = case.began - SHORT <= ring.invited and (end is None or ring.invited <= end + SHORT)
    return during and same_number(case.number, ring.number)


def _by_time(cases: list[Case], ring: Ring) -> Case | None:
    """Where no CDR tells: the call whose answer or end fits the ring's best."""
    fitting = [case for case in cases if _rings_for(case, ring)]
    return min(fitting, key=lambda case: _misfit(case, ring), default=None)


def _misfit(case: Case, ring: Ring) -> tuple[bool, int]:
    tries = [each for visit in case.stay.visits for each in visit.tries if each.agent == ring.phone]
    told = any(abs(each.second * SECOND - (ring.rang_until or 0)) < _NEAR for each in tries)
    caller_moments = [at for at in (case.caller and case.caller.accepted, case.ended) if at]
    ring_moments = [at for at in (ring.rang_until, ring.over) if at]
    return not told, min((abs(a - b) for a in caller_moments for b in ring_moments), default=0)


def _join_consults(cases: list[Case], rings: list[Ring], pad: Pad) -> None:
    """Phones that were shown another phone's number: rung by an agent in the middle of a call, as CDR tells."""
    rows = [(case, row) for case in cases for row in case.side_rows if row.phone]
    told = pair(rings, rows, lambda ring, one: _consult_gap(ring, one[1]))
    for i, ring in enumerate(rings):
        if i in told:
            rows[told[i]][0].consults.append(ring)
        else:
            _join_consult(cases, ring, pad)


def _consult_gap(ring: Ring, row: Row) -> float | None:
    if row.phone != ring.phone or abs(row.start - ring.invited) > _NEAR:
        return None
    return _square(row.start - ring.invited) + (_square(row.end - ring.over) if ring.over is not None else 0.0)


def _join_consult(cases: list[Case], ring: Ring, pad: Pad) -> None:
    """Where CDR does not tell: to the call in which that agent was talking."""
    for case in cases:
        if any(_talks(case, one, ring) for one in (*case.rings, *case.consults)):
            case.consults.append(ring)
            return
    if not any(case.killed for case in cases):
        text = f"phone {ring.phone} was rung for {ring.number or 'nobody'} at {clock(ring.invited)}: no call knows why"
        pad.find(Kind.BOOKS, ring.phone, "rings", text, (sipp.BOOK,))


def _talks(case: Case, ring: Ring, at: Ring) -> bool:
    end = ring.over if ring.over is not None else case.ended
    return (
        ring.accepted is not None
        and same_phone(ring.phone, at.number)
        and ring.accepted <= at.invited <= (end or at.invited)
    )
