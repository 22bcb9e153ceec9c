"""The pipeline's figures, for people and for report.json."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from rich.table import Table

from bench import pipeline, recording
from bench.pipeline import Figures
from bench.rounds import Spread
from bench.section import Effort, Plot, Say, Section
from zhitong.cli import console

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TITLES = {recording.UNFILTERED: "全部事件 unfiltered", recording.FILTERED: "经过滤 filtered"}


def run(effort: Effort, say: Say) -> Section:
    """Race on both streams of the recording. Raises LabError when it is not there."""
    about = recording.about()
    say(
        f"录音：{about.asterisk}，{about.calls} 通来电，{about.answered} 通接通（{about.made}）",
        f"the recorded stream: {about.calls} queue calls, {about.answered} answered",
    )
    found: dict[str, Figures] = {}
    for name in recording.STREAMS:
        say(f"流水线 · {_TITLES[name]}", f"{effort.rounds} rounds")
        found[name] = pipeline.measure(recording.read(name), number=effort.rounds, seconds=effort.seconds)
    plots = (Plot("pipeline", partial(draw, found)),)
    return Section(figures(found) | {"recording": about}, table(found, effort), wrong(found), plots)


def figures(found: dict[str, Figures]) -> dict[str, Any]:
    """Keys of report.json: the ratios and the rates are medians, all else stands under ``pipeline``."""
    return {
        "pipeline_vs_panoramisk": {name: round(one.ratio.median, 2) for name, one in found.items()},
        "events_per_s": {
            name: {"zhitong": round(one.zhitong.median), "panoramisk": round(one.panoramisk.median)}
            for name, one in found.items()
        },
        "pipeline": found,
    }


def wrong(found: dict[str, Figures]) -> str:
    """Why the figures are worth nothing; empty when all is well."""
    names = [name for name, one in found.items() if not one.changes_as_plain]
    return f"{', '.join(names)}: the changes are not those of the plain, slow way (bench/plain.py)" if names else ""


def table(found: dict[str, Figures], effort: Effort) -> Table:
    """Median and spread of all rounds."""
    made = console.table(
        f"流水线：字节 → 变化，对比 panoramisk 仅解析  pipeline, median of {effort.rounds} rounds (low–high)",
        "事件流 stream",
        "事件 events",
        "直通 zhitong 事件/秒 events/s",
        "panoramisk 事件/秒 events/s",
        "倍数 pipeline_vs_panoramisk",
        "变化一致 changes as plain",
        right=(1, 2, 3, 4),
    )
    for name, one in found.items():
        same = "是 yes" if one.changes_as_plain else "否 NO"
        rates = (_spread(one.zhitong, ",.0f"), _spread(one.panoramisk, ",.0f"), _spread(one.ratio, ".2f"))
        made.add_row(_TITLES.get(name, name), f"{one.events:,}", *rates, same)
    return made


def draw(found: dict[str, Figures], figure: Figure) -> None:
    """Rates of both on each stream, with the spread of the rounds."""
    axes = figure.subplots()
    contestants = (
        ("直通：解析+跟踪+变化 Zhitong: parse, track, change", -0.2, [one.zhitong for one in found.values()]),
        ("panoramisk：仅解析 parse only", 0.2, [one.panoramisk for one in found.values()]),
    )
    for label, shift, spreads in contestants:
        at = [place + shift for place in range(len(spreads))]
        heights = [each.median for each in spreads]
        errors = [[each.median - each.low for each in spreads], [each.high - each.median for each in spreads]]
        axes.bar(at, heights, 0.38, yerr=errors, capsize=3, label=label)
    ratios = [f"{_TITLES.get(name, name)}  × {one.ratio.median:.2f}" for name, one in found.items()]
    axes.set_xticks(range(len(found)), ratios)
    axes.set_ylabel("事件/秒 events per second of processor time")
    axes.set_title("流水线 pipeline")
    axes.legend()


def _spread(value: Spread, form: str) -> str:
    return f"{value.median:{form}} ({value.low:{form}}–{value.high:{form}})"
