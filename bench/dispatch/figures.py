"""Keys of report.json, from cells. Pure."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from bench.dispatch.grid import LOADS, RINGS
from bench.dispatch.hall import Played, Side
from zhitong.lab.rehearsal.result import percentile


class Kind(msgspec.Struct, frozen=True, order=True):
    """A cell without its seed."""

    ring: str
    talk_s: int
    varied: bool
    load: int


class Spread(msgspec.Struct, frozen=True):
    """Over the seeds: mean, lowest, highest."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(*(round(value, 3) for value in (statistics.fmean(values), min(values), max(values))))


class Row(msgspec.Struct, frozen=True):
    """One kind over its seeds. ``calls`` are each contestant's. Times in ms, moments of all seeds together; ratios are
    ours ÷ stock's, seed by seed."""

    kind: Kind
    seeds: int
    calls: int
    stock: dict[str, float]
    zhitong: dict[str, float]
    idle_share: Spread
    mean_wait_ratio: Spread


def rows(played: Iterable[Played]) -> list[Row]:
    """One for each kind, in order."""
    of: dict[Kind, list[Played]] = defaultdict(list)
    for each in played:
        cell = each.cell
        of[Kind(cell.ring, cell.talk_s, cell.varied, cell.load)].append(each)
    return [_row(kind, cells) for kind, cells in sorted(of.items())]


def _row(kind: Kind, cells: Sequence[Played]) -> Row:
    return Row(
        kind,
        len(cells),
        sum(cell.calls for cell in cells),
        side([cell.stock for cell in cells]),
        side([cell.zhitong for cell in cells]),
        Spread.of([ratio(cell.zhitong.idle_ms, cell.stock.idle_ms) for cell in cells]),
        Spread.of([ratio(sum(cell.zhitong.waits), sum(cell.stock.waits)) for cell in cells]),
    )


def ratio(ours: float, theirs: float) -> float:
    """1 where neither has anything."""
    return ours / theirs if theirs else 1.0 if not ours else float("inf")


def side(sides: Sequence[Side]) -> dict[str, float]:
    """Of one contestant, all seeds together, ms; ``idle`` is for each call."""
    moments = sorted(value for each in sides for value in each.free_to_offer)
    phones = sorted(value for each in sides for value in each.at_phones)
    waits = [value for each in sides for value in each.waits]
    made = {
        "moments": float(len(moments)),
        **spread(moments),
        "phone_p95": percentile(phones, 95) if phones else 0.0,
        "phone_max": max(phones, default=0.0),
        "idle": sum(each.idle_ms for each in sides) / max(1, len(waits)),
        "wait": statistics.fmean(waits) if waits else 0.0,
    }
    return {name: round(value, 1) for name, value in made.items()}


def spread(values: Sequence[float]) -> dict[str, float]:
    """Mean, p95 (nearest rank) and the longest of sorted values; zeros of none."""
    if not values:
        return {"mean": 0.0, "p95": 0.0, "max": 0.0}
    return {"mean": statistics.fmean(values), "p95": percentile(values, 95), "max": values[-1]}


def report(played: Sequence[Played]) -> dict[str, Any]:
    """The keys. ``free_to_offer_ms`` and ``idle_share`` are of human rings, all talks together; ``mean_wait_ratio`` of
    the shortest talks, on which a lost half second tells most; ``dispatch`` has everything, kind by kind."""
    made = rows(played)
    least = min((row.kind.talk_s for row in made), default=0)
    short = [row for row in made if row.kind.talk_s == least]
    return {
        "free_to_offer_ms": {str(load): _free_to_offer(played, load) for load in LOADS},
        "idle_share": {str(load): _idle_share(played, load) for load in LOADS},
        "mean_wait_ratio": {str(load): {ring: _wait_ratio(short, ring, load) for ring in RINGS} for load in LOADS},
        "dispatch": {
            "worst_mean_wait_ratio": max((row.mean_wait_ratio.mean for row in made), default=0.0),
            "slower_beyond_spread": [row.kind for row in made if row.mean_wait_ratio.low > 1.0],
            "rows": made,
        },
    }


def _human(played: Iterable[Played], load: int) -> list[Played]:
    return [each for each in played if (each.cell.ring, each.cell.load) == ("human", load)]


def _free_to_offer(played: Iterable[Played], load: int) -> dict[str, dict[str, float]]:
    cells = _human(played, load)
    return {
        name: {key: value for key, value in side(sides).items() if key in ("moments", "mean", "p95", "max")}
        for name, sides in (("stock", [c.stock for c in cells]), ("zhitong", [c.zhitong for c in cells]))
    }


def _idle_share(played: Iterable[Played], load: int) -> float:
    cells = _human(played, load)
    return round(ratio(sum(c.zhitong.idle_ms for c in cells), sum(c.stock.idle_ms for c in cells)), 4)


def _wait_ratio(made: Iterable[Row], ring: str, load: int) -> float:
    values = [row.mean_wait_ratio.mean for row in made if (row.kind.ring, row.kind.load) == (ring, load)]
    return round(max(values, default=0.0), 3)
