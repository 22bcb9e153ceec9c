"""Free → offered: how long a free agent and a waiting caller are there together, stock app_queue beside Zhitong."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from bench.dispatch import figures, plots
from bench.dispatch.cells import Cells
from bench.dispatch.figures import Row, Spread
from bench.dispatch.grid import BENCH, Cell, batches, everything
from bench.dispatch.hall import Played, play
from bench.section import Effort, Plot, Say, Section
from zhitong.cli import console
from zhitong.lab.programs import find_tools

if TYPE_CHECKING:
    from rich.table import Table

P95_MS, MAX_MS, IDLE, WAIT = 10, 50, 0.05, 0.5
RING_NAMES = {"human": "真人 human", "instant": "即接 instant"}


def run(effort: Effort, say: Say) -> Section:
    """One batch, or, with ``effort.everything``, the whole grid. Raises LabError."""
    played = asyncio.run(whole(say, Cells()) if effort.everything else one(say))
    rows = figures.rows(played)
    wrong = "; ".join(f"{each.cell.name}: {each.wrong}" for each in played if each.wrong)
    shown = table_of_all(rows) if effort.everything else table(rows)
    return Section(figures.report(played), shown, wrong, drawn(played))


async def one(say: Say) -> list[Played]:
    """Of ``make bench``."""
    say(
        f"派话：{len(BENCH.cells)} 组，每组原生与直通并排，{BENCH.window_s:g} 秒来电",
        f"dispatch: {len(BENCH.cells)} cells, stock and Zhitong side by side, calls for {BENCH.window_s:g} s",
    )
    return await play(BENCH, await asyncio.to_thread(find_tools))


async def whole(say: Say, kept: Cells) -> list[Played]:
    """Of ``make bench-all``: cells that a killed run has measured are there already."""
    grid = everything()
    made: dict[Cell, Played] = {cell: each for cell in grid if (each := kept.of(cell)) is not None}
    tools = await asyncio.to_thread(find_tools)
    left = list(batches(cell for cell in grid if cell not in made))
    for at, batch in enumerate(left):
        minutes = sum(each.lasts_s for each in left[at:]) / 60
        say(
            f"派话：{len(made)}/{len(grid)} 格已测，约剩 {minutes:.0f} 分钟",
            f"dispatch: {len(made)} of {len(grid)} cells measured, about {minutes:.0f} min left",
        )
        played = await play(batch, tools)
        kept.keep(played)
        made |= {each.cell: each for each in played}
    kept.forget(grid)
    return [made[cell] for cell in grid]


def drawn(played: Sequence[Played]) -> tuple[Plot, ...]:
    """How long, what callers wait, what agents idle."""
    return (
        Plot("dispatch_free_to_offer", partial(plots.free_to_offer, played)),
        Plot("dispatch_mean_wait", partial(plots.mean_wait, played)),
        Plot("dispatch_idle", partial(plots.idle, played)),
    )


def table(rows: Sequence[Row]) -> Table:
    """For people: stock above ours, load by load."""
    made = console.table(
        "空闲 → 派话 free → offered, ms; 通话 talk 2 s",
        "振铃 ring",
        "负载 load",
        "方式 way",
        "次数 moments",
        "均值 mean",
        "p95",
        "最大 max",
        "话机处 at phones p95",
        "空闲/通 idle per call",
        "平均等待 mean wait",
        "目标 target",
        right=(1, 3, 4, 5, 6, 7, 8, 9),
    )
    for row in rows:
        ring, load = RING_NAMES[row.kind.ring], f"{row.kind.load} %"
        made.add_row(ring, load, "原生 stock", *_side(row.stock), f"{row.stock['wait'] / 1000:.2f} s", "")
        wait = f"{row.zhitong['wait'] / 1000:.2f} s (× {row.mean_wait_ratio.mean:.2f})"
        idle = f"× {row.idle_share.mean:.3f}"
        made.add_row("", "", "直通 Zhitong", *_side(row.zhitong, idle), wait, _target(row))
    return made


def _side(side: dict[str, float], idle: str = "") -> tuple[str, ...]:
    shown = [f"{side[name]:.1f}" for name in ("mean", "p95", "max", "phone_p95")]
    return (f"{side['moments']:.0f}", *shown, f"{side['idle']:.1f}" + (f" ({idle})" if idle else ""))


def _target(row: Row) -> str:
    wait = f"wait × ≤ {WAIT if row.kind.ring == 'instant' else 1:g}"
    return f"p95 ≤ {P95_MS}, max ≤ {MAX_MS}, idle × ≤ {IDLE}, {wait}" if row.kind.ring == "human" else wait


def table_of_all(rows: Sequence[Row]) -> Table:
    """For people: one line for each kind of cell, with the spread over its seeds."""
    made = console.table(
        "空闲 → 派话 free → offered, ms; 各种子的范围 low – high over the seeds; × = 直通 ours ÷ 原生 stock",
        "振铃 ring",
        "通话 talk",
        "负载 load",
        "通数 calls",
        "原生 stock p95",
        "直通 ours p95",
        "直通 ours max",
        "空闲 idle ×",
        "平均等待 mean wait ×",
        right=(2, 3, 4, 5, 6, 7, 8),
    )
    for row in rows:
        talk = f"{row.kind.talk_s} s {'不等 varied' if row.kind.varied else '固定 fixed'}"
        made.add_row(
            RING_NAMES[row.kind.ring],
            talk,
            f"{row.kind.load} %",
            str(row.calls),
            *(f"{side[name]:.1f}" for side, name in ((row.stock, "p95"), (row.zhitong, "p95"), (row.zhitong, "max"))),
            _spread(row.idle_share),
            _spread(row.mean_wait_ratio),
        )
    return made


def _spread(spread: Spread) -> str:
    return f"{spread.mean:.3f} [{spread.low:.3f} – {spread.high:.3f}]"
