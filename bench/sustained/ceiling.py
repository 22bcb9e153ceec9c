"""The highest rate of calls, for people and for report.json."""

from __future__ import annotations

import asyncio
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.section import Effort, Plot, Say, Section
from bench.sustained.steps import AGE_LIMIT_MS, LONG_STEP_S, MANY_RATES, RATES, STEP_S, Ceiling, Step, measure
from zhitong.cli import console
from zhitong.lab.programs import find_tools

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table


def run(effort: Effort, say: Say) -> Section:
    """Up, until somebody cannot keep up. Raises LabError."""
    rates, seconds = (MANY_RATES, LONG_STEP_S) if effort.everything else (RATES, STEP_S)
    say(f"最高速率：每秒 {rates[0]:g} 通起", f"ceiling: from {rates[0]:g} calls/s up, {seconds:g} s each")
    found = asyncio.run(_run(rates, seconds))
    return Section({"ceiling": figures(found)}, table(found), wrong(found), (Plot("ceiling", partial(draw, found)),))


async def _run(rates: tuple[float, ...], seconds: float) -> Ceiling:
    tools = await asyncio.to_thread(find_tools)
    with tempfile.TemporaryDirectory(prefix="zt-bench-") as name:
        return await measure(Path(name), tools, rates, seconds)


def figures(found: Ceiling) -> dict[str, Any]:
    """Keys of report.json. Of the highest rate that everybody kept up with."""
    best = found.best
    return {
        "calls_per_s": 0.0 if best is None else best.reached,
        "event_age_ms": (found.steps[0] if best is None else best).event_age_ms,
        "gave_up": found.gave_up,
        "lost": found.lost,
        "steps": found.steps,
    }


def wrong(found: Ceiling) -> str:
    """Why the figures are worth nothing; empty when all is well."""
    if found.best is not None and found.lost:
        return f"{found.lost} of {found.calls} calls are not on record"
    return "" if found.best is not None else f"not even the first step went well: {found.gave_up}"


def table(found: Ceiling) -> Table:
    """For people."""
    made = console.table(
        f"最高速率 ceiling: 事件时延目标 age of events, target p99 ≤ {AGE_LIMIT_MS:g} ms",
        "通/秒 calls/s",
        "接通 answered",
        "接通时间 connected p95",
        "事件时延 age p99",
        "桥 bridge",
        "Asterisk",
        "谁先不支 who gave up",
        right=(0, 1, 2, 3, 4, 5),
    )
    for step in found.steps:
        made.add_row(*_row(step))
    return made


def _row(step: Step) -> tuple[str, ...]:
    return (
        f"{step.reached:g}",
        f"{step.answered} / {step.calls}",
        f"{step.connect_ms:.0f} ms",
        f"≤ {step.event_age_ms.p99:g} ms",
        f"{step.bridge_share:.0%}",
        f"{step.pbx_share:.0%}",
        step.gave_up,
    )


def draw(found: Ceiling, figure: Figure) -> None:
    """Shares of a core and ages, by rate."""
    axis = figure.subplots()
    rates = [step.reached for step in found.steps]
    axis.plot(rates, [100 * step.bridge_share for step in found.steps], marker="o", label="直通 bridge")
    axis.plot(rates, [100 * step.pbx_share for step in found.steps], marker="o", label="Asterisk")
    axis.set_xlabel("calls/s")
    axis.set_ylabel("% of one core")
    axis.set_ylim(bottom=0)
    axis.grid(visible=True, alpha=0.3)
    other = axis.twinx()
    other.plot(rates, [step.event_age_ms.p99 for step in found.steps], marker="s", color="tab:red", linestyle=":")
    other.set_ylabel("事件时延 age of events p99, ms", color="tab:red")
    other.set_ylim(bottom=0)
    axis.legend(loc="upper left")
    axis.set_title("最高速率 ceiling")
