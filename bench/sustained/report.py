"""The sustained load's figures, for people and for report.json."""

from __future__ import annotations

import asyncio
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bench.section import Effort, Plot, Say, Section
from bench.sustained import burst
from bench.sustained.burst import AGENTS, PER_SECOND, SECONDS, Burst, measure
from zhitong.cli import console
from zhitong.lab.programs import find_tools

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table

AGE_LIMIT_MS = 100.0
SHARE_LIMIT = 0.25


def run(effort: Effort, say: Say) -> Section:
    """One minute. Raises LabError."""
    say(
        f"持续负载：{AGENTS} 座席，每秒 {PER_SECOND:g} 通",
        f"sustained: {AGENTS} agents, {PER_SECOND:g} calls/s, {SECONDS:g} s",
    )
    found = asyncio.run(_run(effort))
    plots = (Plot("sustained", partial(draw, found)),)
    return Section({"sustained": msgspec.to_builtins(found)}, table(found), wrong(found), plots)


async def _run(effort: Effort) -> Burst:
    tools = await asyncio.to_thread(find_tools)
    with tempfile.TemporaryDirectory(prefix="zt-bench-") as name:
        return await measure(Path(name), tools, burst.LONG_TALK if effort.everything else burst.TALK)


def wrong(found: Burst) -> str:
    """Why the figures are worth nothing; empty when all is well. A lost record is more than a missed target."""
    off = []
    if found.answered < found.calls or found.calls < PER_SECOND * SECONDS:
        off.append(f"{found.answered} of {found.calls} calls were answered, of {PER_SECOND * SECONDS:g} planned")
    if found.lost or found.doubled:
        off.append(f"{found.lost} calls are not on record, {found.doubled} twice")
    return "; ".join(off)


def table(found: Burst) -> Table:
    """For people."""
    title = f"持续负载 sustained: {found.calls} 通 calls / {found.seconds:g} s, {found.agents} 座席 agents"
    made = console.table(title, "量 figure", "值 value", "目标 target", right=(1, 2))
    for what, value, target in rows(found):
        made.add_row(what, value, target)
    return made


def rows(found: Burst) -> list[tuple[str, str, str]]:
    age, seen = found.event_age_ms, found.seen_ms
    return [
        ("事件时延 age of events, p50", f"≤ {age.p50:g} ms", ""),
        ("事件时延 age of events, p99", f"≤ {age.p99:g} ms", f"≤ {AGE_LIMIT_MS:g} ms"),
        ("事件时延 age of events, max", f"≤ {age.most:g} ms", ""),
        ("到班长桌面 to a supervisor's desktop, p50", f"{seen.p50:.1f} ms", ""),
        ("到班长桌面 to a supervisor's desktop, p99", f"{seen.p99:.1f} ms", ""),
        ("桥占单核 the bridge's share of one core", f"{found.bridge_share:.1%}", f"≤ {SHARE_LIMIT:.0%}"),
        ("Asterisk 占单核 Asterisk's share of one core", f"{found.pbx_share:.1%}", ""),
        ("事件 events", f"{found.events:,}", ""),
        ("记录 records", f"{found.records:,}", f"{found.calls:,}"),
        ("每秒记录 records/s", f"{found.records_per_s:.1f}", ""),
        ("丢失 lost", f"{found.lost}", "0"),
    ]


def draw(found: Burst, figure: Figure) -> None:
    """Second by second."""
    axis = figure.subplots()
    at = [moment.at for moment in found.moments]
    axis.plot(at, [100 * moment.bridge for moment in found.moments], label="直通 bridge")
    axis.plot(at, [100 * moment.pbx for moment in found.moments], label="Asterisk")
    axis.axhline(100 * SHARE_LIMIT, color="grey", linestyle="--", label="目标 target (bridge)")
    axis.set_xlabel("s")
    axis.set_ylabel("% of one core")
    axis.set_ylim(bottom=0)
    axis.grid(visible=True, alpha=0.3)
    other = axis.twinx()
    other.plot(at, [moment.calls for moment in found.moments], color="tab:green", alpha=0.5)
    other.set_ylabel("通话中 calls in progress", color="tab:green")
    other.set_ylim(bottom=0)
    axis.legend(loc="lower right")
    axis.set_title(f"持续负载 sustained: {PER_SECOND:g} calls/s, {found.agents} agents")
