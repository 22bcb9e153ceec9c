"""What a run came to: the judge's findings, the phones' own logs, and what the watch saw. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from telephony.model.terms import Provenance
from telephony.records.record import CallRecord
from zhitong.lab.books import Seen

_AROUND_S = 1.5
"""So close to an outage of the PBX a call may have been touched by it."""
_AT_ONCE_S = 2.0
_UNTAKEN = "no channel"


class Finding(msgspec.Struct, frozen=True):
    """One of the judge's (tests/judge/README.md)."""

    kind: str
    call: str
    about: str
    text: str


class Note(msgspec.Struct, frozen=True):
    """A disagreement of the books that the judge explains."""

    about: str


class Judgement(msgspec.Struct, frozen=True):
    """``python -m tests.judge --json``; ``calls``: of callers, in all books together."""

    good: bool
    calls: int
    findings: tuple[Finding, ...]
    notes: tuple[Note, ...] = ()

    @property
    def untaken(self) -> int:
        """Calls of which the PBX never made a channel: it was not there, or on its way down. They have no record."""
        return sum(note.about == _UNTAKEN for note in self.notes)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The findings, counted: calls without a record (or one record for two); records beyond one for each call; calls
    with a wrong outcome; other facts that a record tells wrongly; quarrels between the books, where nobody is right."""

    lost: int
    duplicated: int
    wrong_outcome: int
    inaccurate: int
    unclear: int


_COUNTED = {
    "lost": "lost",
    "merged": "lost",
    "doubled": "duplicated",
    "invented": "duplicated",
    "differs": "inaccurate",
    "inner": "inaccurate",
    "totals": "inaccurate",
}


def verdict(findings: Iterable[Finding]) -> Verdict:
    """Count them: each call once under each heading."""
    headings = {(_heading(finding), finding.call) for finding in findings}
    counts = Counter(heading for heading, _ in headings)
    return Verdict(**{name: counts[name] for name in Verdict.__struct_fields__})


def _heading(finding: Finding) -> str:
    if (finding.kind, finding.about) == ("differs", "outcome"):
        return "wrong_outcome"
    return _COUNTED.get(finding.kind, "unclear")


def provenances(records: Iterable[CallRecord]) -> dict[Provenance, int]:
    """How many records of each."""
    counts = Counter(record.provenance for record in records)
    return {each: counts[each] for each in Provenance}


# --- live calls ---------------------------------------------------------------------------------------------------


def disturbed(seen: Sequence[Seen], outages: Sequence[tuple[float, float]]) -> list[str]:
    """Calls that ended, or did not begin, without any person's doing. ``outages``: of the PBX (epoch seconds), whose
    calls are not counted: those it disturbed itself."""
    offers = [call for call in seen if call.role == "agent"]
    return [
        f"{call.number} {call.invited_at:.3f}: {why}"
        for call in seen
        if call.role == "caller" and not _touched(call, outages) and (why := _trouble(call, offers))
    ]


def _touched(call: Seen, outages: Iterable[tuple[float, float]]) -> bool:
    end = call.lines[-1].at
    return any(call.invited_at <= back + _AROUND_S and down - _AROUND_S <= end for down, back in outages)


def _trouble(call: Seen, offers: Sequence[Seen]) -> str:
    if call.hung_up == "us" or any(line.event == "cancel_sent" for line in call.lines):
        return ""
    if call.ended_at is None:
        return "it never ended"
    if call.answered_at is None:
        return f"the PBX refused it ({call.status})"
    return "" if _somebody_left(call, offers) else "the PBX ended it, though nobody had hung up"


def _somebody_left(call: Seen, offers: Sequence[Seen]) -> bool:
    """Whether an agent of this call hung up as it ended, or sent the caller on to somebody who then would not."""
    end = call.lines[-1].at
    during = [one for one in offers if one.lines[-1].at >= call.invited_at and one.invited_at <= end]
    own = [one for one in during if one.other == call.number]
    if any(line.event == "refer_sent" for one in own for line in one.lines):
        return True
    numbers = {call.number, *(one.number for one in own)}
    assert call.ended_at is not None
    return any(
        one.hung_up == "us" and one.ended_at is not None and abs(one.ended_at - call.ended_at) < _AT_ONCE_S
        for one in during
        if one.other in numbers
    )
