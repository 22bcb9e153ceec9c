"""Ten calls a second for a minute, five hundred agents: how old events are, what the bridge takes of a core, whether
every call is on record."""

import itertools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.sustained.hall import Books, Hall, open_hall
from telephony.live.ages import up_to_ms
from zhitong.lab.books import Seen, fold
from zhitong.lab.people import HUMAN_RING, Spread, poisson_arrivals
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.result import percentile
from zhitong.lab.roles import Caller

AGENTS = 500
PER_SECOND = 10.0
SECONDS = 60.0
TALK = Spread(median=6.0, sigma=0.4, least=2.0, most=10.0)
LONG_TALK = Spread(median=30.0, sigma=0.4, least=10.0, most=60.0)
"""With ``make bench-all``: two thirds of the agents talk at a time."""
SEED = 1
_RECORDS_WITHIN_S = 30.0
_FULL_AFTER_S = 15.0


class Age(msgspec.Struct, frozen=True):
    """Milliseconds. Of ``Burst.event_age_ms`` the bounds of classes (``telephony.live.ages``)."""

    p50: float
    p99: float
    most: float


class Moment(msgspec.Struct, frozen=True):
    """A second: shares of one core, and calls in progress at its end; ``at`` from the first call."""

    at: float
    bridge: float
    pbx: float
    calls: int


class Burst(msgspec.Struct, frozen=True, kw_only=True):
    """``event_age_ms``: from the making of each event at the PBX until all of the bridge had what it changed, as the
    bridge counts. ``seen_ms``: to the desktop of a supervisor, as that measures. Shares are of one core, from the first
    call to the last; ``records_per_s`` when the talks of the first have ended."""

    agents: int
    calls: int
    answered: int
    seconds: float
    events: int
    event_age_ms: Age
    seen_ms: Age
    bridge_share: float
    pbx_share: float
    records: int
    records_per_s: float
    lost: int
    doubled: int
    moments: list[Moment]


async def measure(folder: Path, tools: Tools, talk: Spread) -> Burst:
    """On a PBX of its own. Raises LabError."""
    arrivals = poisson_arrivals(SEED, PER_SECOND, round(PER_SECOND * SECONDS))
    callers = [
        Caller(number=f"139{number:08d}", dialled="12345", start_at=at * SECONDS / arrivals[-1])
        for number, at in enumerate(arrivals)
    ]
    async with open_hall(folder, tools, AGENTS, SEED, HUMAN_RING, talk) as hall:
        books = await hall.play(callers)
        records = await hall.scene.records_of(len(callers), _RECORDS_WITHIN_S)
        seen = [call for call in fold(hall.scene.lab.lines()) if call.role == "caller"]
        return _burst(hall, books, seen, Counter(record.caller_number for record in records))


def _burst(hall: Hall, books: Sequence[Books], seen: Sequence[Seen], kept: Counter[str]) -> Burst:
    first, last = min(call.invited_at for call in seen), max(call.invited_at for call in seen)
    during = [one for one in books if first <= one.at <= last]
    full = [one for one in during if one.at >= first + _FULL_AFTER_S]
    made = Counter(call.number for call in seen)
    ages = [now - before for now, before in zip(books[-1].ages, books[0].ages, strict=True)]
    return Burst(
        agents=AGENTS,
        calls=len(seen),
        answered=sum(call.answered_at is not None for call in seen),
        seconds=round(last - first, 1),
        events=sum(ages),
        event_age_ms=age_of(ages),
        seen_ms=seen_of(hall.witness.ages),
        bridge_share=share(during[0].bridge_s, during[-1].bridge_s, during),
        pbx_share=share(during[0].pbx_s, during[-1].pbx_s, during),
        records=sum(kept.values()),
        records_per_s=round((full[-1].records - full[0].records) / (full[-1].at - full[0].at), 1),
        lost=sum((made - kept).values()),
        doubled=sum((kept - made).values()),
        moments=[_moment(before, now, first) for before, now in itertools.pairwise(books)],
    )


def age_of(counts: Sequence[int]) -> Age:
    """Of events, by classes."""
    return Age(up_to_ms(counts, 0.5), up_to_ms(counts, 0.99), up_to_ms(counts, 1.0))


def seen_of(ages: Sequence[int]) -> Age:
    """Of the witness's microseconds."""
    ordered = sorted(ages) or [0]
    p50, p99, most = percentile(ordered, 50), percentile(ordered, 99), ordered[-1]
    return Age(round(p50 / 1_000, 1), round(p99 / 1_000, 1), round(most / 1_000, 1))


def share(before: float, now: float, during: Sequence[Books]) -> float:
    """Of one core."""
    return round((now - before) / (during[-1].at - during[0].at), 4)


def _moment(before: Books, now: Books, first: float) -> Moment:
    pair = (before, now)
    bridge, pbx = share(before.bridge_s, now.bridge_s, pair), share(before.pbx_s, now.pbx_s, pair)
    return Moment(round(now.at - first, 2), bridge, pbx, now.calls)
