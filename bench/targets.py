"""What has been promised, each with the key of report.json it is held against. A missed one is shown as missed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec
from rich.table import Table

from zhitong.cli import console

LOADS = (80, 95, 110)


class Target(msgspec.Struct, frozen=True):
    """``key`` is the path of a number in report.json, with dots. ``sense`` and ``limit``: ``<=`` 10 is met at 10."""

    key: str
    what: str
    sense: Literal["<=", ">="]
    limit: float
    unit: str = ""

    @property
    def said(self) -> str:
        """The limit as tables write it."""
        return f"{'≤' if self.sense == '<=' else '≥'} {_number(self.limit)}{_unit(self.unit)}"


class Standing(msgspec.Struct, frozen=True):
    """A target beside what was measured: ``value`` and ``met`` are None where this run did not measure it."""

    key: str
    what: str
    target: str
    value: float | None = None
    met: bool | None = None
    unit: str = ""

    @property
    def shown(self) -> str:
        """The value as tables write it."""
        return "—" if self.value is None else f"{_number(self.value)}{_unit(self.unit)}"

    @property
    def verdict(self) -> str:
        return {True: "达到 met", False: "未达到 MISSED", None: "未测 not measured"}[self.met]


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1_000 else f"{value:,.0f}"


def _unit(unit: str) -> str:
    return f" {unit}" if unit else ""


def _dispatch() -> Iterator[Target]:
    for load in LOADS:
        ours = f"free_to_offer_ms.{load}.zhitong"
        yield Target(f"{ours}.p95", f"空闲 → 派话 free → offered, {load} % 负载 load, p95", "<=", 10, "ms")
        yield Target(f"{ours}.max", f"空闲 → 派话 free → offered, {load} % 负载 load, max", "<=", 50, "ms")
    for load in LOADS:
        yield Target(f"idle_share.{load}", f"有人等待时座席空闲 idle while callers wait, {load} %", "<=", 0.05)
    for load in LOADS:
        what = f"平均等待之比 mean wait, ours ÷ stock, {load} %"
        yield Target(f"mean_wait_ratio.{load}.instant", f"{what}, 即接 instant pick-up", "<=", 0.5)
        yield Target(f"mean_wait_ratio.{load}.human", f"{what}, 真人振铃 human rings", "<=", 1)


TARGETS: tuple[Target, ...] = (
    *_dispatch(),
    Target("pipeline_vs_panoramisk.unfiltered", "流水线倍数，全部事件 pipeline ÷ panoramisk, unfiltered", ">=", 2),
    Target("pipeline_vs_panoramisk.filtered", "流水线倍数，经过滤 pipeline ÷ panoramisk, filtered", ">=", 2),
    Target("sustained.event_age_ms.p99", "持续负载：事件时延 sustained: age of events, p99", "<=", 100, "ms"),
    Target("sustained.bridge_share", "持续负载：桥占单核 sustained: the bridge's share of one core", "<=", 0.25),
    Target("sustained.lost", "持续负载：丢失记录 sustained: records lost", "<=", 0),
    Target("ceiling.event_age_ms.p99", "最高速率：事件时延 highest rate: age of events, p99", "<=", 100, "ms"),
    Target("growth.agents_5000_vs_50", "每事件成本，5000 座席 ÷ 50 cost per event, 5,000 agents ÷ 50", "<=", 1.2),
    Target("growth.calls_1000_vs_10", "每事件成本，1000 通 ÷ 10 cost per event, 1,000 calls ÷ 10", "<=", 1.2),
    Target("directory_search_ms.p95", "名录检索 search of the directory, p95", "<=", 10, "ms"),
    Target("event_to_desktop_ms.p99", "事件 → 桌面 event to desktop, p99", "<=", 25, "ms"),
    Target("resume_500_s", "网关重启后全部续接 500 desktops resumed after a kill", "<=", 10, "s"),
    Target("desktop_kib", "每个空闲桌面内存 memory of an idle desktop", "<=", 64, "KiB"),
    *(
        Target(f"{key}.{kind}.p95", f"{what}, {kind}, p95", "<=", 50, "ms")
        for key, what in (
            ("invite_to_ring_ms", "会商：点击 → 振铃 conference: click to ring"),
            ("answer_to_joined_ms", "会商：应答 → 入会 conference: answer to joined"),
        )
        for kind in ("consult", "invite")
    ),
)
"""Of the project's issues, in the order people ask for them."""


def standings(figures: Mapping[str, Any], targets: Sequence[Target] = TARGETS) -> list[Standing]:
    """Each target beside its figure."""
    return [_standing(target, value_at(figures, target.key)) for target in targets]


def _standing(target: Target, value: float | None) -> Standing:
    met = None if value is None else (value <= target.limit if target.sense == "<=" else value >= target.limit)
    return Standing(target.key, target.what, target.said, value, met, target.unit)


def value_at(figures: Mapping[str, Any], key: str) -> float | None:
    """The number at a dotted path; None where there is none."""
    found: Any = figures
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def table(found: Sequence[Standing]) -> Table:
    """Where we stand: what was measured first, then how much of the list this run left out."""
    measured = [each for each in found if each.met is not None]
    made = console.table(
        "我们在哪里 where we stand", "量 figure", "值 value", "目标 target", "结果 verdict", "report.json", right=(1, 2)
    )
    for each in measured:
        style = "" if each.met else "bold red"
        made.add_row(each.what, each.shown, each.target, each.verdict, each.key, style=style)
    if left := len(found) - len(measured):
        made.caption = f"另有 {left} 项本次未测 {left} more were not measured in this run"
    return made
