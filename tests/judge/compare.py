"""One call: its three views held against one another and against its record."""

from collections.abc import Sequence
from itertools import pairwise

from tests.judge import offers
from tests.judge.books.records import Record
from tests.judge.books.sipp import BOOK as SIPP
from tests.judge.case import Case
from tests.judge.claims import Claim, Said, settle
from tests.judge.findings import Finding, Kind
from tests.judge.times import MILLI
from tests.judge.views import by_cdr, by_queue_log, by_sipp
from tests.judge.views.view import Setting, View

_FACTS = (
    "outcome",
    "agent",
    "queue",
    "visits",
    "transfers",
    "received_at",
    "queued_at",
    "first_offered_at",
    "answered_at",
    "ended_at",
    "hung_up_by",
    "abandoned_in",
    "ring_ms",
    "talk_ms",
    "caller_number",
    "caller_name",
    "dialled",
    "trunk",
    "pbx",
    "direction",
)
_SAME = {
    "abandoned_in": "outcome",
    "visit 1 result": "outcome",
    "visit 1 joined_at": "queued_at",
    "visit ": "visits",
    "first_offered_at": ", at",
    "answered_at": ", ended_at",
    "talk_ms": "ended_at",
}
_REFUSED_JOIN = {"queue_empty", "queue_full"}
_FAILED_TRANSFER = ("fail", "invalid", "permitted", "refused")


def compare(case: Case, record: Record | None, setting: Setting, *, others_wait: bool) -> list[Finding]:
    """All findings on one call. ``record`` None: there is none; the books are still held together."""
    views = [
        by_sipp.view(case, setting),
        by_cdr.view(case, setting),
        by_queue_log.view(case, others_wait=others_wait),
    ]
    findings = _troubles(case, views)
    silenced = {view.book for view in views if view.silent}
    findings += _offers(case, views, record, setting, silenced)
    for about in _facts(views):
        if _follows(about, findings):
            continue
        claims = [claim for view in views if view.book not in silenced for claim in view.claims.get(about, ())]
        found = settle(case.name, about, claims, _said(record, about, claims))
        findings += found
        _silence(silenced, found)
    if record is not None and not findings:
        findings += _inner(case, record, setting)
    return findings


def _troubles(case: Case, views: Sequence[View]) -> list[Finding]:
    found = [
        Finding(Kind.BOOKS, case.name, "rows", "; ".join(view.troubles), (view.book,))
        for view in views
        if view.troubles
    ]
    if case.caller is None:
        found.append(Finding(Kind.BOOKS, case.name, "calls", "SIPp's callers know nothing of this call", (SIPP,)))
    return found


def _silence(silenced: set[str], found: Sequence[Finding]) -> None:
    """A book at odds about one fact of a call is not asked about the next: one quarrel, one finding."""
    for finding in found:
        if finding.kind is Kind.BOOKS:
            silenced.update(finding.books)


def _follows(about: str, findings: Sequence[Finding]) -> bool:
    """Whether a difference already found makes this fact one and the same difference."""
    differing = [finding.about for finding in findings if finding.kind is Kind.DIFFERS]
    causes = [cause for start, cause in _SAME.items() if about.startswith(start)]
    return any(one.endswith(cause) for cause in causes for one in differing)


def _offers(
    case: Case, views: Sequence[View], record: Record | None, setting: Setting, silenced: set[str]
) -> list[Finding]:
    speaking = [view for view in views if view.book not in silenced]
    laid_out = offers.lay_out(speaking, record)
    found = offers.missing(case.name, laid_out, speaking, setting, recorded=record is not None)
    _silence(silenced, found)
    for offer in laid_out:
        if offer.record is None or len(offer.seen.keys() - {"records"}):
            found += offers.compare(case.name, offer, silenced)
    return found


def _facts(views: Sequence[View]) -> list[str]:
    """The facts in order, and after them whatever else the views claim (each visit's result)."""
    others = {about for view in views for about in view.claims} - set(_FACTS)
    return [*_FACTS, *sorted(others)]


# --- the record's own word --------------------------------------------------------------------------------


def _said(record: Record | None, about: str, claims: Sequence[Claim]) -> Said | None:
    if record is None or about in record.estimated:
        return None
    if about == "visits":
        return Said(_visits(record, claims))
    if about == "transfers":
        return Said("→".join(str(each["kind"]) for each in record.rows("transfers") if _went_through(each)))
    if about.startswith("visit "):
        return _of_visit(record, about)
    if about == "talk_ms":
        return Said((record.micros("talk_ms") or 0) + (record.micros("hold_ms") or 0))
    if about == "abandoned_in" and record.outcome != "abandoned":
        return None
    if about == "queued_at" and _only_refused(record) and any(claim.admits(None) for claim in claims):
        return None  # the moment at which the queue said no
    return Said(record.raw.get(about))


def _visits(record: Record, claims: Sequence[Claim]) -> str:
    """The queues visited; with and without the joins that the queue refused, which queue_log does not know of."""
    visits = record.rows("visits")
    every = "→".join(str(each["queue"]) for each in visits)
    entered = "→".join(str(each["queue"]) for each in visits if each.get("result") not in _REFUSED_JOIN)
    return every if any(claim.admits(every) for claim in claims) else entered


def _only_refused(record: Record) -> bool:
    visits = record.rows("visits")
    return bool(visits) and all(each.get("result") in _REFUSED_JOIN for each in visits)


def _went_through(transfer: dict[str, object]) -> bool:
    return not any(word in str(transfer.get("result", "")).casefold() for word in _FAILED_TRANSFER)


def _of_visit(record: Record, about: str) -> Said | None:
    _, number, fact = about.split(" ")
    visits = record.rows("visits")
    index = int(number) - 1
    return Said(visits[index].get(fact)) if index < len(visits) else None


# --- the record by itself ---------------------------------------------------------------------------------


def _inner(case: Case, record: Record, setting: Setting) -> list[Finding]:
    """What the record says twice it must say alike. Looked at only where the books have nothing against it."""
    wrong = [*_order(record), *_answer(record), *_durations(record, setting), *_timeline(record)]
    return [Finding(Kind.INNER, case.name, about, text, ("records",)) for about, text in wrong[:1]]


def _order(record: Record) -> list[tuple[str, str]]:
    names = ("received_at", "queued_at", "first_offered_at", "answered_at", "ended_at")
    known = [(name, at) for name in names if (at := record.micros(name)) is not None]
    return [
        (later, f"{later} lies before {earlier}")
        for (earlier, one), (later, two) in pairwise(known)
        if two < one - 5 * MILLI
    ]


def _answer(record: Record) -> list[tuple[str, str]]:
    wrong = [(name, "is there") for name in ("agent", "answered_at") if record.raw.get(name) is not None]
    if record.outcome == "answered":
        by_offer = any(offer.outcome == "answered" for offer in record.offers)
        needed = ("agent", "answered_at") if by_offer else ("answered_at",)
        wrong = [(name, "is missing") for name in needed if record.raw.get(name) is None]
    return [(name, f"{name} {what} though the outcome is {record.outcome}") for name, what in wrong]


def _durations(record: Record, setting: Setting) -> list[tuple[str, str]]:
    wait, queued, answered = record.micros("wait_ms"), record.micros("queued_at"), record.micros("answered_at")
    if wait is None or queued is None or answered is None or len(record.rows("visits")) != 1:
        return []
    span = (answered - queued) // MILLI
    if abs(span - wait) <= setting.slack // MILLI:
        return []
    return [("wait_ms", f"wait_ms is {wait}, but from queued_at to answered_at it is {span} ms")]


def _timeline(record: Record) -> list[tuple[str, str]]:
    """Segments follow each other without hole or overlap, from received to ended."""
    segments = record.rows("timeline")
    if not segments:
        return []
    edges = [record.received_at, *(int(each["end"]) for each in segments)]
    starts = [*(int(each["start"]) for each in segments), record.ended_at]
    if edges == starts:
        return []
    return [("timeline", f"segments start at {starts[:-1]} and end at {edges[1:]}: there is a hole or an overlap")]
