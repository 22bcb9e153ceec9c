"""The per-call logs of SIPp, as lines and folded into calls. The format is told in README.md beside this file."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

COLUMNS = ("date", "time", "epoch", "role", "event", "number", "other", "call_id", "detail")


class Line(msgspec.Struct, frozen=True):
    """One thing a phone sent or received, `at` epoch seconds (microsecond resolution, this machine's wall clock)."""

    at: float
    role: str
    event: str
    number: str
    other: str
    call_id: str
    detail: str


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One call as one phone saw it; times are epoch seconds, None for what did not happen.

    `number` is the phone's own, `other` the dialled number (callers) or the caller's number it was shown (agents).
    `status` is the final SIP status: 200 answered, 487 given up or cancelled, 0 none came.
    `hung_up` tells who sent the BYE: "us", "them", "" when there was none.
    """

    role: str
    call_id: str
    number: str
    other: str
    invited_at: float
    ringing_at: float | None
    answered_at: float | None
    ended_at: float | None
    status: int
    hung_up: str
    lines: tuple[Line, ...]


def read(path: Path) -> list[Line]:
    """The whole lines of one log; the last, if a phone is just writing it, is left for the next time."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    whole = text[: text.rfind("\n") + 1]
    return [parse(line) for line in whole.split("\n")[1:] if line.count("\t") == len(COLUMNS) - 1]


def parse(line: str) -> Line:
    """One line of a log."""
    _date, _time, epoch, role, event, number, other, call_id, detail = line.split("\t")
    return Line(float(epoch), role, event, number, other, call_id, detail.strip())


def fold(lines: Iterable[Line]) -> list[Seen]:
    """The calls of one or more logs, in the order of their first lines. A call in two logs of one role is one call."""
    calls: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        calls.setdefault((line.role, line.call_id), []).append(line)
    return [_seen(of_call) for of_call in calls.values()]


def _seen(lines: list[Line]) -> Seen:
    first = {line.event: line for line in reversed(lines)}
    ends = [line for line in lines if line.event == "end"]
    return Seen(
        role=lines[0].role,
        call_id=lines[0].call_id,
        number=lines[0].number,
        other=lines[0].other,
        invited_at=lines[0].at,
        ringing_at=_time(first, "ringing", "ringing_sent"),
        answered_at=_time(first, "answered", "answer_sent"),
        ended_at=_time(first, "bye_sent", "bye_received", "refused", "refuse_sent", "cancel_received", "end"),
        status=int(ends[-1].detail) if ends else 0,
        hung_up="us" if "bye_sent" in first else "them" if "bye_received" in first else "",
        lines=tuple(lines),
    )


def _time(first: dict[str, Line], *events: str) -> float | None:
    """When the first of `events`, in this order of preference, happened."""
    return next((first[event].at for event in events if event in first), None)
