"""Where rows of the logs are missing, and from when to when. Pure.

Asterisk says nothing when the disk of its logs is full, nor when a log hangs (measured). A gap shows in two ways: in
the log itself, by a row that was torn or a file that is gone; and by calls that were seen and do not show in the log.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from telephony.model.calls import Call
from telephony.model.ids import MICROS_PER_SECOND, CallId, Micros, Uniqueid

TOGETHER = Micros(MICROS_PER_SECOND)
"""Gaps that are no further apart are one."""
_BEHIND = Micros(2 * MICROS_PER_SECOND)
_SHOWN_KEPT = 20_000  # channels: what the log tells of a call may come before the model does
_SEEN_KEPT = 10_000  # calls that are waited for (law 10); beyond it the oldest is not asked for any more


class Gap(msgspec.Struct, frozen=True):
    """Rows of ``log`` are missing, or may be: after the row of ``since`` (NEVER: not known) and before that of
    ``until`` (None: nothing has come since). PBX time."""

    log: str
    since: Micros
    until: Micros | None
    why: str

    def __str__(self) -> str:
        return f"{self.log} {clock_of(self.since) or '…'} → {clock_of(self.until) or '…'} ({self.why})"


def clock_of(at: Micros | None) -> str:
    """PBX time for people, in UTC; empty when it is not known."""
    return datetime.fromtimestamp(at / MICROS_PER_SECOND, UTC).isoformat(timespec="seconds") if at else ""


def joined(one: Gap, other: Gap) -> Gap | None:
    """One gap of two of a log that touch or overlap; None when they do not. ``other`` is the later found."""
    one_end, other_end = one.until, other.until
    apart = (one_end is not None and other.since > one_end + TOGETHER) or (
        other_end is not None and one.since > other_end + TOGETHER
    )
    if one.log != other.log or apart:
        return None
    until = None if one_end is None or other_end is None else max(one_end, other_end)
    return Gap(one.log, min(one.since, other.since), until, one.why)


class _Seen(msgspec.Struct, frozen=True):
    received_at: Micros
    ended_at: Micros
    told_at: Micros  # by our clock


class Witness:
    """Calls that were seen, held against CEL: each has to show there. Our own monotonic time is handed in."""

    def __init__(self, log: str, patience: Micros) -> None:
        self._log, self._patience = log, patience
        self._shown: OrderedDict[Uniqueid, None] = OrderedDict()
        self._seen: OrderedDict[CallId, _Seen] = OrderedDict()
        self._of: dict[Uniqueid, CallId] = {}

    def saw(self, call: Call, now: Micros) -> None:
        """The model has told the end of this call."""
        if any(uniqueid in self._shown for uniqueid in call.legs):
            return
        self._seen[call.call_id] = _Seen(call.received_at, call.ended_at or call.received_at, now)
        self._of.update(dict.fromkeys(call.legs, call.call_id))
        if len(self._seen) > _SEEN_KEPT:
            self._forget([next(iter(self._seen))])

    def shows(self, channels: Iterable[Uniqueid]) -> None:
        """CEL has rows of these channels."""
        for uniqueid in channels:
            self._shown[uniqueid] = None
            self._shown.move_to_end(uniqueid)
        while len(self._shown) > _SHOWN_KEPT:
            self._shown.popitem(last=False)
        if self._seen:
            self._forget([self._of[uniqueid] for uniqueid in channels if uniqueid in self._of])

    def _forget(self, call_ids: Iterable[CallId]) -> None:
        gone = {call_id for call_id in call_ids if self._seen.pop(call_id, None) is not None}
        if gone:
            self._of = {uniqueid: call_id for uniqueid, call_id in self._of.items() if call_id not in gone}

    def _late(self, now: Micros) -> Iterator[tuple[CallId, _Seen]]:
        return ((call_id, seen) for call_id, seen in self._seen.items() if now - seen.told_at >= self._patience)

    def gaps(self, now: Micros, written_until: Micros) -> list[Gap]:
        """Calls that do not show though later rows do: their rows are lost. Each is told once. ``written_until``: CEL
        was read to its end, and this is its newest row."""
        lost = [(call_id, seen) for call_id, seen in self._late(now) if written_until > seen.ended_at + _BEHIND]
        self._forget([call_id for call_id, _ in lost])
        return [Gap(self._log, seen.received_at, seen.ended_at, "calls that were seen do not show") for _, seen in lost]

    def silent_since(self, now: Micros, written_until: Micros) -> Micros | None:
        """Since when CEL writes nothing while calls go on: it hangs, its disk is full, or it is not configured. None
        while it writes."""
        waiting = (seen.ended_at for _, seen in self._late(now) if written_until <= seen.ended_at + _BEHIND)
        return min(waiting, default=None)
