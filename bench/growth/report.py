"""Growth: what an event costs, and how much memory there is to hold, as a hotline grows. Lines that must stay flat."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from bench.growth.hotline import Size
from bench.growth.sizes import Grown, measure, ratio
from bench.section import Effort, Plot, Say, Section
from zhitong.cli import console

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table

CALLS = 20
BY_AGENTS = (Size(10, 5), *(Size(agents, CALLS) for agents in (50, 500, 2_000, 5_000)))
BY_CALLS = tuple(Size(2_000, calls) for calls in (1, 10, 100, 1_000))
LIMIT = 1.2
_MANY_ROUNDS = 25


class Found(msgspec.Struct, frozen=True):
    by_agents: list[Grown]
    by_calls: list[Grown]

    def of(self, size: Size) -> Grown:
        return next(grown for grown in (*self.by_agents, *self.by_calls) if grown.size == size)

    @property
    def agents_5000_vs_50(self) -> float:
        return ratio(self.of(Size(5_000, CALLS)), self.of(Size(50, CALLS)))

    @property
    def calls_1000_vs_10(self) -> float:
        return ratio(self.of(Size(2_000, 1_000)), self.of(Size(2_000, 10)))

    @property
    def kib_per_agent(self) -> float:
        return round((self.of(Size(5_000, CALLS)).kib - self.of(Size(500, CALLS)).kib) / 4_500, 1)

    @property
    def kib_per_call(self) -> float:
        return round((self.of(Size(2_000, 1_000)).kib - self.of(Size(2_000, 10)).kib) / 990, 1)


def run(effort: Effort, say: Say) -> Section:
    """All sizes side by side. Raises LabError."""
    sizes = (*BY_AGENTS, *BY_CALLS)
    say(
        "增长：10 至 5000 座席，1 至 1000 通同时通话",
        "growth: a stream made of a recorded call, for hotlines of all sizes",
    )
    grown = measure(sizes, _MANY_ROUNDS if effort.everything else effort.rounds)
    found = Found(grown[: len(BY_AGENTS)], grown[len(BY_AGENTS) :])
    plots = (Plot("growth", partial(draw, found)),)
    return Section({"growth": figures(found)}, table(found), wrong(found), plots)


def figures(found: Found) -> dict[str, Any]:
    """Keys of report.json."""
    return {
        "agents_5000_vs_50": found.agents_5000_vs_50,
        "calls_1000_vs_10": found.calls_1000_vs_10,
        "us_per_event": {str(grown.size.agents): grown.spread.median for grown in found.by_agents},
        "us_per_event_by_calls": {str(grown.size.calls): grown.spread.median for grown in found.by_calls},
        "kib_per_agent": found.kib_per_agent,
        "kib_per_call": found.kib_per_call,
        "sizes": [*found.by_agents, *found.by_calls],
    }


def wrong(found: Found) -> str:
    """Why the figures are worth nothing; empty when all is well."""
    off = [
        f"{grown.in_progress} calls were in progress of {grown.size.calls}"
        for grown in (*found.by_agents, *found.by_calls)
        if abs(grown.in_progress - grown.size.calls) > 1
    ]
    return "; ".join(off)


def table(found: Found) -> Table:
    """For people."""
    made = console.table(
        f"增长：每事件成本 growth: processor time per event, median of {len(found.by_agents[0].us)} rounds (low–high)",
        "座席 agents",
        "同时通话 calls in progress",
        "每事件 µs per event",
        "倍数 ratio",
        "目标 target",
        "内存 MiB",
        right=(0, 1, 2, 3, 4, 5),
    )
    base = found.of(Size(50, CALLS))
    for grown in found.by_agents:
        target = f"≤ {LIMIT:g}" if grown.size.agents == BY_AGENTS[-1].agents else ""
        made.add_row(*_row(grown, base, target))
    made.add_section()
    base = found.of(Size(2_000, 10))
    for grown in found.by_calls:
        made.add_row(*_row(grown, base, f"≤ {LIMIT:g}" if grown.size.calls == BY_CALLS[-1].calls else ""))
    made.caption = (
        f"{found.kib_per_agent:g} KiB 每座席 per agent, {found.kib_per_call:g} KiB 每通电话 per call in progress"
    )
    return made


def _row(grown: Grown, base: Grown, target: str) -> tuple[str, ...]:
    us = grown.spread
    return (
        f"{grown.size.agents:,}",
        f"{grown.size.calls:,}",
        f"{us.median:.1f} ({us.low:.1f}–{us.high:.1f})",
        "1" if grown is base else f"{ratio(grown, base):.2f}",
        target,
        f"{grown.kib / 1024:.1f}",
    )


def draw(found: Found, figure: Figure) -> None:
    """Cost per event by agents, and by calls in progress."""
    left, right = figure.subplots(1, 2, sharey=True)
    axes = (
        (left, found.by_agents, [grown.size.agents for grown in found.by_agents], "座席 agents"),
        (right, found.by_calls, [grown.size.calls for grown in found.by_calls], "同时通话 calls in progress"),
    )
    for axis, sizes, x, label in axes:
        medians = [grown.spread.median for grown in sizes]
        below = [grown.spread.median - grown.spread.low for grown in sizes]
        above = [grown.spread.high - grown.spread.median for grown in sizes]
        axis.errorbar(x, medians, yerr=[below, above], marker="o", capsize=3)
        axis.set_xscale("log")
        axis.set_xlabel(label)
        axis.grid(visible=True, alpha=0.3)
    left.set_ylim(bottom=0)  # once all is drawn: the scale is common to both
    left.set_ylabel("微秒处理器时间/事件 µs of processor time per event")
    figure.suptitle("增长 cost of an event as the hotline grows")
