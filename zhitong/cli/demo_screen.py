"""The demonstration on the screen: how it stands while it runs, then one table."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from zhitong.cli import console
from zhitong.lab.rehearsal.demo import DIRECT, MENU, Progress, Report
from zhitong.lab.rehearsal.plan import Plan
from zhitong.lab.rehearsal.result import Stats

_TITLES = {MENU.name: "语音菜单 menu", DIRECT.name: "直通 direct"}
_WIDEST = 100


def announce(plan: Plan) -> None:
    """What is about to happen."""
    length = plan.calls / plan.per_second
    console.say(
        f"{plan.calls} 通来电，{plan.agents} 名坐席，约 {length:.0f} 秒内打进来；两种方式同时进行，种子 {plan.seed}。",
        f"{plan.calls} calls, {plan.agents} agents, arriving over about {length:.0f} s; both ways at once, one seed.",
        console=console.err,
    )


class LiveView:
    """``watch`` is told how each way stands. On a terminal a table that moves; elsewhere a line each few seconds."""

    _EVERY_S = 10.0
    _COLUMNS: ClassVar = ("已拨 called", "接通 answered", "通话中 talking", "已结束 ended", "用时 time")

    def __init__(self, plan: Plan) -> None:
        self._total = plan.calls
        self._stands: dict[str, Progress] = {}
        self._begun: dict[str, float] = {}
        self._took: dict[str, float] = {}
        self._said: dict[str, float] = {}

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """While this lasts it is on the screen."""
        if not console.err.is_terminal:
            yield
            return
        with Live(get_renderable=self.view, console=console.err, transient=True, refresh_per_second=4):
            yield

    def watch(self, state: Progress) -> None:
        """Take in how one way stands."""
        now = time.monotonic()
        begun = self._begun.setdefault(state.way, now)
        self._stands[state.way] = state
        if state.ended < state.total:
            self._took[state.way] = now - begun
        if not console.err.is_terminal and now - self._said.setdefault(state.way, now) >= self._EVERY_S:
            self._said[state.way] = now
            console.err.print(
                f"{_TITLES[state.way]}: 已结束 ended {state.ended}/{state.total} · 通话中 talking {state.talking}"
            )

    def view(self) -> Table:
        """How both stand now."""
        made = console.table("", "", "进度 progress", *self._COLUMNS, right=(2, 3, 4, 5, 6), whole=(0,))
        made.title = None
        made.width = min(console.err.width, _WIDEST)
        made.columns[1].ratio = 1
        for way, title in _TITLES.items():
            state = self._stands.get(way)
            if state is None:
                made.add_row(title, "[dim]启动中 starting…[/dim]")
                continue
            bar = ProgressBar(total=self._total, completed=state.ended)
            numbers = (state.begun, state.answered, state.talking, state.ended)
            made.add_row(title, bar, *map(str, numbers), console.seconds(round(self._took.get(way, 0) * 1000)))
        return made


# --- afterwards -------------------------------------------------------------------------------------------------


def show_report(report: Report, plan: Plan, directory: Path) -> None:
    """The table, what went into it, and where to look next."""
    console.out.print()
    console.out.print(_table(report))
    console.out.print()
    _notes(report, plan)
    _next(directory)


def _table(report: Report) -> Table:
    title = f"演示结果 demo — {report.asterisk}"
    columns = ("", "语音菜单 menu", "直通 direct", "相差 difference")
    table = console.table(title, *columns, right=(1, 2, 3), whole=(1, 2, 3))
    menu, direct = report.menu, report.direct
    for name, left, right in (
        ("来电 calls", menu.calls, direct.calls),
        ("接通 answered", menu.answered, direct.answered),
        ("放弃 abandoned", menu.abandoned, direct.abandoned),
        ("其他结束 other ends", menu.other, direct.other),
        ("记录 records", menu.recorded, direct.recorded),
        ("丢失 lost", menu.lost, direct.lost),
        ("重复 duplicated", menu.duplicated, direct.duplicated),
    ):
        table.add_row(name, str(left), str(right), "" if left == right else f"{right - left:+d}")
    table.add_section()
    for row in connect_rows(menu.connect_ms, direct.connect_ms, report.menu_s):
        table.add_row(*row)
    return table


def connect_rows(menu: Stats, direct: Stats, menu_s: float) -> list[tuple[str, str, str, str]]:
    """Connect times in seconds; the last row takes the menu's own seconds out of its mean."""
    without = None if menu.mean is None else menu.mean - menu_s * 1000
    return [
        (name, _s(left), _s(right), _difference(left, right))
        for name, left, right in (
            ("接通时长 connect time, 平均 mean", menu.mean, direct.mean),
            ("接通时长 connect time, 中位 p50", menu.p50, direct.p50),
            ("接通时长 connect time, p95", menu.p95, direct.p95),
            (f"不计菜单 mean less the menu's {menu_s:.1f} s", without, direct.mean),
        )
    ]


def _s(milliseconds: float | None) -> str:
    return "—" if milliseconds is None else f"{milliseconds / 1000:.2f} s"


def _difference(left: float | None, right: float | None) -> str:
    return "—" if left is None or right is None else f"{(right - left) / 1000:+.2f} s"


def _notes(report: Report, plan: Plan) -> None:
    overhead, direct = report.bridge_overhead_ms, report.direct
    console.say(
        f"输入：菜单 {report.menu_s:.1f} 秒（各段提示音之和）；坐席振铃中位 {plan.ring.median:g} 秒。",
        f"Inputs: the menu's prompts last {report.menu_s:.1f} s; agents let it ring {plan.ring.median:g} s (median).",
    )
    if direct.overhead_calls:
        console.say(
            f"来电到空闲坐席的 INVITE：p50 {overhead.p50} ms，p95 {overhead.p95} ms（{direct.overhead_calls} 通）。",
            "From the call at the PBX to the INVITE at a free agent's phone; the bridge is not in this path.",
        )


def _next(directory: Path) -> None:
    site, zhitong = directory / DIRECT.name / "site.toml", console.program()
    console.say("接着看：", "Where to look next:")
    console.show_command(f"{zhitong} calls list --site {site}")
    console.show_command(f"{zhitong} calls show CALL_ID --site {site}")
    console.show_command(f"less {directory / 'report.json'}")
    console.show_command(f"{zhitong} run    # 用两部软电话自己试 with two softphones of your own")
