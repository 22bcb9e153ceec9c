"""How many calls a second Asterisk takes on this machine, step by step, and which part gave up first. Phones, PBX and
bridge share the machine: it is the whole laboratory's ceiling, and no PBX's on a machine of its own."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.sustained.burst import Age, age_of, share
from bench.sustained.hall import Hall, open_hall
from zhitong.lab.books import Seen, fold
from zhitong.lab.people import Spread, even_arrivals
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.result import percentile
from zhitong.lab.roles import Caller

AGENTS = 500
RATES = (20.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0, 120.0)
MANY_RATES = tuple(float(rate) for rate in range(10, 201, 10))
"""With ``make bench-all``."""
STEP_S, LONG_STEP_S = 4.0, 10.0
AGE_LIMIT_MS = 100.0
CONNECTED_WITHIN_S = 1.0
"""Agents pick up at once, so whoever waits longer waits for the PBX."""
_LATE_S = 0.5
_AT_ONCE, _TALK = Spread(median=0.0), Spread(median=1.0)
_RECORDS_WITHIN_S = 30.0


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """``reached``: calls a second that the phones made. ``connect_ms``: INVITE → answered, p95. Shares are of one
    core. ``gave_up``: who could not keep up; empty: nobody."""

    per_second: float
    reached: float
    calls: int
    answered: int
    connect_ms: float
    event_age_ms: Age
    bridge_share: float
    pbx_share: float
    gave_up: str


class Ceiling(msgspec.Struct, frozen=True, kw_only=True):
    """``steps`` in their order; the last is the first that failed, if one did. ``lost``: calls without a record."""

    steps: list[Step]
    calls: int
    records: int
    lost: int

    @property
    def best(self) -> Step | None:
        """The last that everybody kept up with."""
        return next((step for step in reversed(self.steps) if not step.gave_up), None)

    @property
    def gave_up(self) -> str:
        return self.steps[-1].gave_up


async def measure(folder: Path, tools: Tools, rates: Sequence[float], seconds: float) -> Ceiling:
    """Step after step, until somebody cannot keep up. Raises LabError."""
    steps: list[Step] = []
    async with open_hall(folder, tools, AGENTS, 1, _AT_ONCE, _TALK) as hall:
        for number, rate in enumerate(rates):
            steps.append(await _step(hall, number, rate, seconds))
            if steps[-1].gave_up:
                break
        calls = sum(step.calls for step in steps)
        kept = Counter(record.caller_number for record in await hall.scene.records_of(calls, _RECORDS_WITHIN_S))
        made = Counter(call.number for call in fold(hall.scene.lab.lines()) if call.role == "caller")
    return Ceiling(steps=steps, calls=calls, records=sum(kept.values()), lost=sum((made - kept).values()))


async def _step(hall: Hall, number: int, rate: float, seconds: float) -> Step:
    prefix = f"13{number:02d}"
    arrivals = even_arrivals(rate, round(rate * seconds))
    callers = [Caller(number=f"{prefix}{n:07d}", dialled="12345", start_at=at) for n, at in enumerate(arrivals)]
    books = await hall.play(callers, every_s=0.5)
    seen = [call for call in fold(hall.scene.lab.lines()) if call.role == "caller" and call.number.startswith(prefix)]
    first, last = min(call.invited_at for call in seen), max(call.invited_at for call in seen)
    during = [one for one in books if first <= one.at <= last + 0.5]
    age = age_of([now - before for now, before in zip(books[-1].ages, books[0].ages, strict=True)])
    waits = sorted(call.answered_at - call.invited_at for call in seen if call.answered_at is not None)
    connect_s = percentile(waits, 95) if waits else float("inf")
    return Step(
        per_second=rate,
        reached=round((len(seen) - 1) / (last - first), 1),
        calls=len(seen),
        answered=len(waits),
        connect_ms=round(1_000 * connect_s, 1),
        event_age_ms=age,
        bridge_share=share(during[0].bridge_s, during[-1].bridge_s, during),
        pbx_share=share(during[0].pbx_s, during[-1].pbx_s, during),
        gave_up=_who_gave_up(seen, len(callers), last - first - arrivals[-1], connect_s, age),
    )


def _who_gave_up(seen: Sequence[Seen], planned: int, late_s: float, connect_s: float, age: Age) -> str:
    answered = sum(call.answered_at is not None for call in seen)
    if len(seen) < planned or late_s > _LATE_S:
        return f"SIPp: {len(seen)} of {planned} calls, the last {late_s:.1f} s late"
    if answered < planned or connect_s > CONNECTED_WITHIN_S:
        return f"Asterisk: {answered} of {planned} calls answered, p95 after {connect_s:.2f} s"
    if age.p99 > AGE_LIMIT_MS:
        return f"直通 the bridge: age of events p99 ≤ {age.p99:g} ms"
    return ""
