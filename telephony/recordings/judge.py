"""From a call's record to what is to be found of its recording, and what it means that it is, or is not. Pure."""

from collections.abc import Iterator

from telephony.recordings.terms import Case, Fate, Found, State, Why
from telephony.records.record import CallRecord

SHARE = 0.995
"""Of the talk that must be in a recording."""
SLACK_MS = 1_000
"""What a recorder may miss besides, at both ends and while it begins anew; a second is not a matter of a full disk."""
BLINK_MS = 500
"""A talk that is shorter may be over before the first packet."""
UNFINISHED_S = 120.0
"""A file that nobody closed is taken as it is when it has been quiet for so long."""
_MS = 1_000


def cases_of(record: CallRecord) -> Iterator[Case]:
    """The recordings of a call, the files to be looked for: none where nobody talked."""
    if record.answered_at is None and not record.recorded_bytes:
        return
    if record.recording:
        yield _case(record, record.recording, expected_ms(record), record.recorded_bytes)
    apart = (part.recording for part in record.private_parts if part.recording)
    for path in dict.fromkeys((*record.other_recordings, *apart)):
        yield _case(record, path, 0, None)


def _case(record: CallRecord, path: str, expected: int, told: int | None) -> Case:
    return Case(
        pbx=record.pbx,
        path=path,
        call_id=record.call_id,
        ended_at=record.ended_at,
        expected_ms=expected,
        told_bytes=told,
    )


def expected_ms(record: CallRecord) -> int:
    """The talk that must be in the file: without what an agent's key cut out of it."""
    cut = sum(max(0, pause.end - pause.start) for pause in record.recording_pauses if pause.by == "key")
    return max(0, record.talk_ms - cut // _MS)


def fate_of(case: Case, found: Found | None, *, here: bool, first_sha256: str | None = None) -> Fate:
    """``here``: the folder is on this machine. ``first_sha256``: what was hashed before, if anything was."""
    if found is None:
        return _absent(case, here=here)
    closed = found.finished or found.size == case.told_bytes  # a full disk takes no header
    if not closed and found.quiet_s < UNFINISHED_S:
        return Fate(state=State.PENDING, why=Why.UNFINISHED)
    state, why = _present(case, found)
    if first_sha256 is not None and first_sha256 != found.sha256:
        why = Why.ALTERED
    return Fate(state=state, why=why, length_ms=found.length_ms, size=found.size, sha256=first_sha256 or found.sha256)


def _absent(case: Case, *, here: bool) -> Fate:
    if case.told_bytes == 0:
        return Fate(state=State.NOT_RECORDED, why=Why.NOT_WRITTEN)
    if not here:
        return Fate(state=State.ELSEWHERE)
    return Fate(state=State.NOT_RECORDED, why=Why.MISSING)


def _present(case: Case, found: Found) -> tuple[State, Why | None]:
    if not found.length_ms and case.expected_ms >= BLINK_MS:
        return State.NOT_RECORDED, Why.EMPTY
    if found.length_ms < case.expected_ms * SHARE - SLACK_MS:
        return State.INCOMPLETE, Why.CUT_SHORT
    return State.RECORDED, None if found.finished else Why.UNFINISHED
