"""Pictures of cells, stock app_queue beside Zhitong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.dispatch.figures import Row, rows
from bench.dispatch.grid import LOADS, RINGS
from bench.dispatch.hall import Played, Side

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STOCK, OURS = "#c0504d", "#1f77b4"
NAMES = {"stock": "原生 stock app_queue", "zhitong": "直通 Zhitong"}
_LINES = dict(zip(LOADS, (":", "--", "-"), strict=True))
_TITLES = {"human": "真人振铃 human rings", "instant": "即接 instant pick-up"}


def free_to_offer(played: Sequence[Played], figure: Figure) -> None:
    """The share of moments that were over within so many ms, human rings."""
    axes = figure.subplots()
    for load in LOADS:
        cells = [each for each in played if (each.cell.ring, each.cell.load) == ("human", load)]
        for name, colour, sides in _sides(cells):
            values = sorted(max(0.1, value) for side in sides for value in side.free_to_offer)
            shares = [(at + 1) / len(values) for at in range(len(values))]
            label = f"{NAMES[name]}, {load} %"
            axes.step(values, shares, where="post", color=colour, linestyle=_LINES[load], label=label)
    axes.set_xscale("log")
    axes.set_xlabel("空闲 → 派话，毫秒 free → offered, ms")
    axes.set_ylabel("占比 share of moments")
    axes.set_title("座席空闲到派出下一位来电 from free to the next offer")
    axes.legend(loc="center")


def _sides(cells: Sequence[Played]) -> list[tuple[str, str, list[Side]]]:
    return [("stock", STOCK, [each.stock for each in cells]), ("zhitong", OURS, [each.zhitong for each in cells])]


def mean_wait(played: Sequence[Played], figure: Figure) -> None:
    """Of the shortest talks, by load, human and instant."""
    both = figure.subplots(1, 2)
    for axes, ring in zip(both, RINGS, strict=True):
        shown = _shortest(played, ring)
        _bars(axes, shown, "wait", 1000.0)
        for at, row in enumerate(shown):
            axes.annotate(
                f"× {row.mean_wait_ratio.mean:.2f}", (at + 0.2, row.zhitong["wait"] / 1000), ha="center", va="bottom"
            )
        axes.set_title(_TITLES[ring])
    both[0].set_ylabel("平均等待，秒 mean wait, s")
    both[0].legend()


def idle(played: Sequence[Played], figure: Figure) -> None:
    """Of the shortest talks, for each call, by load, human and instant."""
    both = figure.subplots(1, 2, sharey=True)
    for axes, ring in zip(both, RINGS, strict=True):
        shown = _shortest(played, ring)
        _bars(axes, shown, "idle", 1.0)
        for at, row in enumerate(shown):
            axes.annotate(f"{row.zhitong['idle']:.1f}", (at + 0.2, row.zhitong["idle"]), ha="center", va="bottom")
        axes.set_title(_TITLES[ring])
    both[0].set_ylabel("有人等待时每通空闲，毫秒 idle per call while callers wait, ms")
    both[0].legend()


def _shortest(played: Sequence[Played], ring: str) -> list[Row]:
    made = [row for row in rows(played) if row.kind.ring == ring and not row.kind.varied]
    least = min((row.kind.talk_s for row in made), default=0)
    return [row for row in made if row.kind.talk_s == least]


def _bars(axes: Axes, shown: Sequence[Row], key: str, unit: float) -> None:
    for name, colour, aside in (("stock", STOCK, -0.2), ("zhitong", OURS, 0.2)):
        values = [(row.stock if name == "stock" else row.zhitong)[key] / unit for row in shown]
        axes.bar([at + aside for at in range(len(shown))], values, 0.4, color=colour, label=NAMES[name])
    axes.set_xticks(range(len(shown)), [f"{row.kind.load} %" for row in shown])
    axes.set_xlabel("负载 load")
