"""From what is measured of the bridge to the alarms that should stand. Pure: time is handed in.

An alarm waits for what may pass by itself, and stays for a while after what was over in a moment, or nobody would see
it.
"""

from collections import deque
from collections.abc import Mapping, Sequence

import msgspec

from telephony.live.alarms import AlarmName

LINK_GRACE_S = 5.0
"""A link that is back within it is in the log, and no alarm."""
TRUNK_GRACE_S = 5.0
"""A PBX that starts has not heard from its carriers yet."""
COMPLAINTS = (AlarmName.RTP_PORTS_EXHAUSTED, AlarmName.PBX_EXHAUSTED, AlarmName.PBX_COMPLAINS)
"""Alarms that the PBX's message log raises."""
LATE_S = 1.0
"""State is to be right within two seconds, and the screens want some of them."""
MANY_EVENTS = 10_000
"""In the inbox: half a second's work, or more."""
LATE_STAYS_S = 30.0
STUCK_S = 10.0
FILLING, FILLING_OVER = 0.5, 0.4
LEDGER_GRACE_S = 60.0
BEHIND_S = 120.0
MANY_DUE = 1_000
RECENT_S = 600.0
MANY_ANOMALIES = 10
"""In ``RECENT_S``. One may be a race that the model has no row for; many are a PBX that is not as we know it."""
MANY_REFUSED_OUT = 5
"""In ``RECENT_S``: a wrong number is dialled once or twice, a fraudster's machine goes on."""
BYPASS_STAYS_S = 86_400.0
"""It is over in a moment, but the phone that did it is still there: somebody must look."""
GAP_STAYS_S = 86_400.0
"""A gap in the logs cannot be mended, but a person should have seen it."""


class Journal(msgspec.Struct, frozen=True):
    """How the reading of the PBX's own logs goes."""

    unreadable: str | None = None
    behind_s: float = 0.0
    due: int = 0
    gaps: int = 0  # since the start
    last_gap: str = ""
    silent: str | None = None  # calls leave nothing in CEL
    given_up: int = 0


class Complaints(msgspec.Struct, frozen=True):
    """What the PBX's own message log told since the start: how often of each alarm, and in which words last."""

    counts: Mapping[AlarmName, int] = {}
    last: Mapping[AlarmName, str] = {}


class Readings(msgspec.Struct, frozen=True, kw_only=True):
    """All that is measured, at ``now`` of our monotonic clock. Counts are since the start; texts are None while all is
    well."""

    now: float
    link_live: bool = True
    link_why: str = ""
    event_age_s: float = 0.0
    """Of the oldest event taken in since the last look, its stay in the inbox included."""
    inbox: int = 0
    dropped: int = 0
    anomalies: Mapping[str, int] = {}
    refused_out: Mapping[str, int] = {}
    """Calls over a trunk that the list or the day's limit refused, by agent."""
    bypassed: Mapping[str, int] = {}
    """Calls that a phone sent past the dialplan, by agent."""
    faults: int = 0
    fault: str = ""
    clock_steps: int = 0
    store_error: str | None = None
    store_stuck_s: float = 0.0
    outbox_fill: float = 0.0
    outbox_trouble: str | None = None
    outbox_stuck_s: float = 0.0
    waiting: int = 0
    refused: int = 0
    set_aside: int = 0
    ledger_error: str | None = None
    journal: Journal | None = None
    trunks_down: Sequence[str] = ()
    unregistered: Sequence[str] = ()
    closed: str | None = None
    complaints: Complaints = Complaints()


Judged = Mapping[AlarmName, str | None]


class Symptoms:
    """``judge`` once a second or so."""

    def __init__(self) -> None:
        self._since: dict[AlarmName, float] = {}
        self._last: dict[AlarmName, tuple[float, str]] = {}
        self._counts: dict[AlarmName, int] = {}
        self._recent: dict[AlarmName, deque[tuple[float, int]]] = {}
        self._filling = False

    def judge(self, r: Readings) -> Judged:
        """The alarms judged here: for each its detail if it should stand, else None."""
        return {
            **self._of_the_link(r),
            **self._of_the_pbx(r),
            **self._of_the_store(r),
            **self._of_the_journal(r),
            **self._of_ourselves(r),
        }

    def _of_the_link(self, r: Readings) -> Judged:
        down = None if r.link_live else r.link_why or "the first login has not succeeded yet"
        late = f"{r.event_age_s:.1f} s old when taken in; {r.inbox} wait" if _is_late(r) else None
        return {
            AlarmName.LINK_DOWN: self._lasting(AlarmName.LINK_DOWN, down, r.now, LINK_GRACE_S),
            AlarmName.EVENTS_LATE: self._staying(AlarmName.EVENTS_LATE, late, r.now, LATE_STAYS_S),
            AlarmName.INBOX_OVERFLOW: self._risen(AlarmName.INBOX_OVERFLOW, r.dropped, r.now, "events dropped"),
        }

    def _of_the_pbx(self, r: Readings) -> Judged:
        down, refused = ", ".join(r.trunks_down) or None, ", ".join(r.unregistered) or None
        told = {name: self._complained(name, r) for name in COMPLAINTS}
        return {
            AlarmName.TRUNK_DOWN: self._lasting(AlarmName.TRUNK_DOWN, down, r.now, TRUNK_GRACE_S),
            AlarmName.TRUNK_UNREGISTERED: self._lasting(AlarmName.TRUNK_UNREGISTERED, refused, r.now, TRUNK_GRACE_S),
            AlarmName.HOTLINE_CLOSED: r.closed,
            **told,
        }

    def _complained(self, name: AlarmName, r: Readings) -> str | None:
        before, count = self._counts.get(name, 0), r.complaints.counts.get(name, 0)
        self._counts[name] = count
        said = f"{count} since the start, the last: {r.complaints.last.get(name, '')}"
        return self._staying(name, said if count > before else None, r.now, RECENT_S)

    def _of_the_store(self, r: Readings) -> Judged:
        self._filling = r.outbox_fill >= (FILLING_OVER if self._filling else FILLING)
        stuck = f"for {r.store_stuck_s:.0f} s; {r.waiting} records wait" if r.store_stuck_s >= STUCK_S else None
        trouble = r.outbox_trouble
        if trouble is None and r.outbox_stuck_s >= STUCK_S:
            trouble = f"the disk has not answered for {r.outbox_stuck_s:.0f} s"
        refused = self._risen(AlarmName.OUTBOX_FULL, r.refused, r.now, "records refused")
        full = f"{r.waiting} records wait" if r.outbox_fill >= 1 else None
        return {
            AlarmName.STORE_UNAVAILABLE: r.store_error,
            AlarmName.STORE_STUCK: stuck,
            AlarmName.OUTBOX_FILLING: f"{r.outbox_fill:.0%}, {r.waiting} records wait" if self._filling else None,
            AlarmName.OUTBOX_FULL: refused or full,
            AlarmName.OUTBOX_UNWRITABLE: trouble,
            AlarmName.RECORDS_SET_ASIDE: f"{r.set_aside} records" if r.set_aside else None,
            AlarmName.LEDGER_BEHIND: self._lasting(AlarmName.LEDGER_BEHIND, r.ledger_error, r.now, LEDGER_GRACE_S),
        }

    def _of_the_journal(self, r: Readings) -> Judged:
        journal = r.journal or Journal()
        behind = f"not read to their end for {journal.behind_s:.0f} s" if journal.behind_s >= BEHIND_S else None
        due = f"{journal.due} calls wait to be judged" if journal.due >= MANY_DUE else None
        given_up = f"{journal.given_up} calls were given up" if journal.given_up else None
        unreadable, gaps = journal.unreadable, f"gaps, the last: {journal.last_gap}; counted"
        return {
            AlarmName.JOURNAL_UNREADABLE: unreadable,
            AlarmName.JOURNAL_BLOCKED: None if unreadable else journal.silent or given_up or due or behind,
            AlarmName.JOURNAL_GAP: self._risen(AlarmName.JOURNAL_GAP, journal.gaps, r.now, gaps, GAP_STAYS_S),
        }

    def _of_ourselves(self, r: Readings) -> Judged:
        return {
            AlarmName.ANOMALIES: self._many(AlarmName.ANOMALIES, r.anomalies, MANY_ANOMALIES, r.now),
            AlarmName.CALLS_OUT_REFUSED: self._many(
                AlarmName.CALLS_OUT_REFUSED, r.refused_out, MANY_REFUSED_OUT, r.now
            ),
            AlarmName.CALL_BYPASSED: self._risen(
                AlarmName.CALL_BYPASSED,
                sum(r.bypassed.values()),
                r.now,
                f"times ({', '.join(who for who, _ in _most_frequent(r.bypassed))})",
                BYPASS_STAYS_S,
            ),
            AlarmName.CLOCK_STEPPED: self._risen(AlarmName.CLOCK_STEPPED, r.clock_steps, r.now, "times"),
            AlarmName.FAULT: self._risen(AlarmName.FAULT, r.faults, r.now, f"times, last: {r.fault}"),
        }

    # --- time ---------------------------------------------------------------------------------------------

    def _lasting(self, name: AlarmName, detail: str | None, now: float, grace_s: float) -> str | None:
        """Only once it has lasted."""
        if detail is None:
            self._since.pop(name, None)
            return None
        return detail if now - self._since.setdefault(name, now) >= grace_s else None

    def _staying(self, name: AlarmName, detail: str | None, now: float, stays_s: float) -> str | None:
        """For a while longer than it lasts."""
        if detail is not None:
            self._last[name] = (now, detail)
        at, kept = self._last.get(name, (now - stays_s, ""))
        return kept if now - at < stays_s else None

    def _risen(self, name: AlarmName, count: int, now: float, what: str, stays_s: float = RECENT_S) -> str | None:
        """For a while after a count has risen."""
        before, self._counts[name] = self._counts.get(name, 0), count
        return self._staying(name, f"{count} {what} since the start" if count > before else None, now, stays_s)

    def _many(self, name: AlarmName, counts: Mapping[str, int], limit: int, now: float) -> str | None:
        """As many as ``limit`` in ``RECENT_S``: the kinds, the most frequent first."""
        total, recent = sum(counts.values()), self._recent.setdefault(name, deque([(now, 0)]))
        recent.append((now, total))
        while recent[0][0] < now - RECENT_S:
            recent.popleft()
        if total - recent[0][1] < limit:
            return None
        return ", ".join(f"{kind} {count}" for kind, count in _most_frequent(counts))


def _is_late(r: Readings) -> bool:
    return r.event_age_s >= LATE_S or r.inbox >= MANY_EVENTS


def _most_frequent(counts: Mapping[str, int]) -> Sequence[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
