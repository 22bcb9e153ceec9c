"""The ledger's figures over a time. Pure: folded from entries and tries, never counted along the way."""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from telephony.ledger.attempts import Attempt
from telephony.ledger.entry import Entry
from telephony.ledger.terms import EntryState
from telephony.model.ids import Micros

_MS = 1_000


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Of the entries opened in a time, as they stand now, and of the tries begun in it. ``short``: entries all of whose
    calls were given up at once; ``promised``: whose callers were told that we call back; ``reopened``: entries closed
    once and reopened. ``settled_ms``: from the first missed call to the closing."""

    entries: int
    calls: int
    short: int
    promised: int
    reopened: int
    states: dict[str, int]
    reasons: dict[str, int]
    why: dict[str, int]  # outcome of the call missed last
    owners: dict[str, int]  # of those not closed; an empty name: nobody's
    attempts: dict[str, int]  # by outcome; ``under_way`` while there is none
    oldest_open_ms: int | None
    settled_ms_p50: int | None
    settled_ms_p95: int | None


def figures(entries: Iterable[Entry], attempts: Iterable[Attempt], now: Micros) -> Figures:
    """``now`` is the time that ages are told at."""
    told = list(entries)
    pending = [entry for entry in told if entry.state is not EntryState.CLOSED]
    settled = sorted(max(0, e.closed.at - e.opened_at) // _MS for e in told if e.closed is not None)
    return Figures(
        entries=len(told),
        calls=sum(entry.calls for entry in told),
        short=sum(entry.short for entry in told),
        promised=sum(entry.promised for entry in told),
        reopened=sum(bool(entry.undone) for entry in told),
        states=_count(entry.state.value for entry in told),
        reasons=_count(entry.closed.reason.value for entry in told if entry.closed is not None),
        why=_count(entry.latest.outcome.value for entry in told),
        owners=_count(entry.owner or "" for entry in pending),
        attempts=_count(a.outcome.value if a.outcome else "under_way" for a in attempts),
        oldest_open_ms=max((age_ms(entry, now) for entry in pending), default=None),
        settled_ms_p50=_percentile(settled, 50),
        settled_ms_p95=_percentile(settled, 95),
    )


def age_ms(entry: Entry, now: Micros) -> int:
    """From its first missed call until it was closed, or until now."""
    until = entry.closed.at if entry.closed is not None else now
    return max(0, until - entry.opened_at) // _MS


def _count(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def _percentile(ordered: Sequence[int], percent: int) -> int | None:
    """Nearest rank."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else None
