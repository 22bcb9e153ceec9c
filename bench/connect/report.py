"""Connect time: from a citizen's call to an agent's voice, by four ways, and where the time goes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

import msgspec
from rich.table import Table

from bench.connect import quiet, street
from bench.connect.quiet import STEPS
from bench.connect.trace import PARTS, Trace
from bench.connect.ways import WAYS
from bench.section import Effort, Plot, Say, Section
from zhitong.cli import console
from zhitong.lab.programs import find_tools

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SEEDS = (1, 2, 3, 4, 5)
QUIET_CALLS = {False: 10, True: 50}
"""Of each kind, in ``make bench`` and ``make bench-all``."""

_PART_TITLES = {
    "entry": "进入队列 (INVITE → queue, menu)",
    "wait": "等待坐席 (wait for an agent)",
    "ring": "振铃 (the phone rings)",
    "answer": "接通 (200 OK → bridged)",
}
_STEP_TITLES = {
    "pbx": "PBX (INVITE → channel)",
    "dialplan": "拨号方案 (channel → queue)",
    "offer": "派话 (queue → phone)",
    "phone": "话机 (INVITE → 200 OK)",
    "answer": "接通 (200 OK → bridged)",
    "voice": "语音 (bridged → voice heard)",
}


class Found(msgspec.Struct, frozen=True):
    """``ways``: each call's parts. ``steps``: each quiet call's, by whether the agent or the phone picks up."""

    ways: Mapping[str, Sequence[Trace]]
    steps: Mapping[str, Sequence[Mapping[str, float]]]
    menu_s: float
    wrong: str = ""


def run(effort: Effort, say: Say) -> Section:
    """Raises LabError."""
    found = asyncio.run(_measured(effort, say))
    return Section(
        figures(found), table(found), found.wrong, (Plot("connect_parts", lambda figure: draw(found, figure)),)
    )


async def _measured(effort: Effort, say: Say) -> Found:
    tools = await asyncio.to_thread(find_tools)
    say("接通时间：安静线路", "connect time: a quiet line, phones that hear")
    steps = await quiet.play(QUIET_CALLS[effort.everything], tools)
    gathered: dict[str, list[Trace]] = {way.name: [] for way in WAYS}
    wrongs, menu_s = [], 0.0
    for seed in SEEDS if effort.everything else SEEDS[:1]:
        say(f"接通时间：四种方式并行，种子 {seed}", f"connect time: four ways side by side, seed {seed}")
        traces, menu_s, wrong = await street.play(seed, tools)
        wrongs += [f"connect, seed {seed}: {wrong}"] if wrong else []
        for name, of_way in traces.items():
            gathered[name] += of_way
    return Found(gathered, steps, menu_s, "; ".join(wrongs))


def spread(values: Sequence[float]) -> dict[str, float]:
    """Mean and nearest-rank percentiles."""
    ordered = sorted(values)
    if not ordered:
        return {}
    at = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    ranks = {name: ordered[max(0, -(-int(share * 100) * len(ordered) // 100) - 1)] for name, share in at.items()}
    return {name: round(value, 1) for name, value in {"mean": fmean(ordered), **ranks}.items()}


def means(traces: Sequence[Trace]) -> dict[str, float]:
    """Of each part, ms."""
    return {part: round(fmean(getattr(each, part) for each in traces), 1) for part in PARTS} if traces else {}


def medians(calls: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Of each step, ms."""
    return {step: round(median(each[step] for each in calls), 2) for step in STEPS} if calls else {}


def tone_ms(found: Found) -> float:
    """What the tone costs a call: a phone that picks up by itself against one that need not be told."""
    by_hand, by_itself = (medians(found.steps[name]) for name in ("zhitong", "auto"))
    return round(by_itself["answer"] - by_hand["answer"], 2)


def figures(found: Found) -> dict[str, Any]:
    """Keys of report.json."""
    return {
        "connect_ms": {name: spread([each.connect for each in traces]) for name, traces in found.ways.items()},
        "connect_parts_ms": {name: means(traces) for name, traces in found.ways.items()},
        "connect_steps_ms": {name: medians(calls) for name, calls in found.steps.items()},
        "connect_calls": len(found.ways["zhitong"]),
        "connect_menu_s": round(found.menu_s, 1),
        "connect_tone_ms": tone_ms(found),
    }


def table(found: Found) -> Table:
    """For people."""
    title = f"接通时间 connect time: INVITE → 坐席接通 agent bridged; {len(found.ways['zhitong'])} 通/方式 calls each"
    columns = (
        "方式 way",
        "平均 mean",
        "p50",
        "p95",
        "进入 entry",
        "等待 wait",
        "振铃 ring",
        "接通 answer",
        "÷ 菜单 menu",
    )
    made = console.table(title, *columns, right=tuple(range(1, len(columns))))
    through_menu = fmean(each.connect for each in found.ways["menu"]) if found.ways["menu"] else 0.0
    for way in WAYS:
        traces = found.ways[way.name]
        if not traces:
            continue
        whole, parts = spread([each.connect for each in traces]), means(traces)
        shown = [f"{whole[name] / 1000:.2f} s" for name in ("mean", "p50", "p95")]
        shown += [f"{max(parts[part], 0.0):,.0f} ms" for part in PARTS]
        made.add_row(way.title, *shown, f"{whole['mean'] / through_menu:.3g}" if through_menu else "—")
    for name, title in (("zhitong", "安静线路 quiet line"), ("auto", "安静线路+自动 quiet, auto")):
        steps = medians(found.steps[name])
        bridged = [sum(list(each.values())[:-1]) for each in found.steps[name]]
        entry, wait = steps["pbx"] + steps["dialplan"], steps["offer"]
        cells = [f"{value:.1f} ms" for value in (fmean(bridged), *(spread(bridged)[name] for name in ("p50", "p95")))]
        cells += [f"{value:.1f} ms" for value in (entry, wait, steps["phone"], steps["answer"])]
        made.add_row(title, *cells, "")
    return made


def draw(found: Found, figure: Figure) -> None:
    """Two stacked bars: seconds of people beside each other, and milliseconds of machines on a quiet line."""
    seconds, line = figure.subplots(1, 2, width_ratios=(3, 2))
    names = [way.name for way in reversed(WAYS)]
    titles = [way.title.replace(" ", "\n", 1) for way in reversed(WAYS)]
    of_ways = [[means(found.ways[name]).get(part, 0.0) / 1000 for name in names] for part in PARTS]
    _stack(seconds, titles, of_ways, [_PART_TITLES[part] for part in PARTS])
    seconds.set_xlabel("平均 mean, s")
    seconds.set_title("来电 → 接通 from the call to the agent")
    steps = [medians(found.steps[name]) for name in ("auto", "zhitong")]
    _stack(
        line,
        ["自动\nauto", "人工\nby hand"],
        [[of[step] for of in steps] for step in STEPS],
        list(_STEP_TITLES.values()),
    )
    line.set_xlabel("中位数 median, ms")
    line.set_title("安静线路 a quiet line")


def _stack(axes: Axes, names: Sequence[str], values: Sequence[Sequence[float]], titles: Sequence[str]) -> None:
    """Bars one after another, of each part a colour."""
    left = [0.0] * len(names)
    for widths, title in zip(values, titles, strict=True):
        axes.barh(range(len(names)), [max(width, 0.0) for width in widths], left=left, label=title, height=0.6)
        left = [start + max(width, 0.0) for start, width in zip(left, widths, strict=True)]
    for at, end in enumerate(left):
        axes.text(end, at, f" {end:.3g}", va="center", fontsize=8)
    axes.margins(x=0.12)
    axes.set_yticks(range(len(names)), names)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), fontsize=7)
    axes.grid(visible=False, axis="y")
