"""The pipeline's figures, for people and for report.json."""

from typing import Any

from rich.table import Table

from bench import pipeline, recording
from bench.pipeline import Figures
from bench.rounds import Spread
from bench.section import Effort, Say, Section
from zhitong.cli import console

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
    return Section(figures(found) | {"recording": about}, table(found, effort), wrong(found))


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


def _spread(value: Spread, form: str) -> str:
    return f"{value.median:{form}} ({value.low:{form}}–{value.high:{form}})"
