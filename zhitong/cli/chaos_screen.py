"""The fault harness on the screen: how it stands while it runs, then one table."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from zhitong.cli import console
from zhitong.lab.chaos.plan import KINDS, Fault, Plan, Track
from zhitong.lab.chaos.run import Progress, Report
from zhitong.lab.chaos.watch import LIMIT_S

_TRACKS: Mapping[Track, str] = {
    Track.BRIDGE: "杀桥 bridge killed",
    Track.LINK: "断链路 link cut",
    Track.PBX: "PBX 重启 restarted",
    Track.STORE: "存储中断 store away",
}
_FAULTS: Mapping[Fault, str] = {
    Fault.KILL: "kill -9",
    Fault.CLOSED: "断开 closed",
    Fault.HALF_OPEN: "半开 half-open",
    Fault.SLOW: "缓慢 slow",
    Fault.RESTART: "有序重启 in order",
    Fault.CRASH: "kill -9",
    Fault.LOCKED: "锁住 locked",
    Fault.FULL: "写满 full",
}
_PHASES = {"calls": "", "settling": "收尾 settling", "judging": "核对 judging"}
_WIDEST = 100
_FINDINGS_SHOWN = 10


def announce(plan: Plan) -> None:
    """What is about to happen."""
    counts, minutes = plan.counts, plan.span_s / 60 + 1
    console.say(
        f"{plan.calls} 通来电，约 {minutes:.0f} 分钟；杀桥 {counts.bridge_kills} 次，断链路 {counts.link_cuts} 次，"
        f"PBX 重启 {counts.pbx_restarts} 次，存储中断 {counts.store_outages} 次，种子 {plan.seed}。",
        f"{plan.calls} calls over about {minutes:.0f} min; {counts.bridge_kills} kills of the bridge, "
        f"{counts.link_cuts} cuts of its link, {counts.pbx_restarts} restarts of the PBX, "
        f"{counts.store_outages} outages of the store.",
        console=console.err,
    )


class LiveView:
    """``watch`` is told how it stands. On a terminal a table that moves; elsewhere a line each few seconds."""

    _EVERY_S = 20.0

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._state: Progress | None = None
        self._begun = self._said = time.monotonic()

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """While this lasts it is on the screen."""
        if not console.err.is_terminal:
            yield
            return
        with Live(get_renderable=self.view, console=console.err, transient=True, refresh_per_second=4):
            yield

    def watch(self, state: Progress) -> None:
        """Take in how it stands."""
        self._state = state
        now = time.monotonic()
        if not console.err.is_terminal and now - self._said >= self._EVERY_S:
            self._said = now
            faults = sum(state.done.values())
            said = f"已结束 ended {state.ended}/{self._plan.calls} · 故障 faults {faults}  {_PHASES[state.phase]}"
            console.err.print(said.rstrip())

    def view(self) -> Table:
        """How it stands now."""
        made = console.table("", "", "进度 progress", "完成 done", "共 of", "正在 now", right=(2, 3), whole=(0,))
        made.title = None
        made.width = min(console.err.width, _WIDEST)
        made.columns[1].ratio = 1
        state = self._state
        if state is None:
            made.add_row("[dim]启动中 starting…[/dim]")
            return made
        talking = _PHASES[state.phase] or f"{state.talking} 通话 talking"
        self._row(made, "来电 calls", state.ended, self._plan.calls, talking)
        for track, title in _TRACKS.items():
            done = sum(state.done.get(kind, 0) for kind in KINDS[track])
            now = " ".join(_FAULTS[kind] for kind in state.going_on if kind in KINDS[track])
            self._row(made, title, done, self._plan.counts.of(track), now)
        made.add_row("用时 time", "", console.seconds(round((time.monotonic() - self._begun) * 1000)))
        return made

    @staticmethod
    def _row(made: Table, title: str, done: int, of: int, now: str) -> None:
        made.add_row(title, ProgressBar(total=max(of, 1), completed=done), str(done), str(of), now)


# --- afterwards -------------------------------------------------------------------------------------------------


def show_report(report: Report, directory: Path) -> None:
    """The table, what was found, and where to look next."""
    console.out.print()
    console.out.print(_table(report))
    console.out.print()
    _findings(report)
    if not report.faults.get(Fault.FULL):
        console.say(
            "本机不能为演练挂载卷，“写满”以“锁住”代替。",
            "No volume of its own can be had here: the store was locked, never filled.",
        )
    console.say("接着看：", "Where to look next:")
    console.show_command(f"less {directory / 'report.json'}")
    console.show_command(f"{console.program()} calls list --site {directory / 'run' / 'site.toml'}")


def _table(report: Report) -> Table:
    title = f"故障演练 chaos — {report.asterisk}，种子 seed {report.seed}，{report.took_s:.0f} s"
    table = console.table(title, "", "数量 count", "明细 of which", right=(1,), whole=(0, 1))
    told = f"实时 observed {report.observed} · 补全 completed {report.completed} · 重建 rebuilt {report.rebuilt}"
    untaken = f"其中 PBX 停机时未接入 never taken by a PBX that was down: {report.untaken}" if report.untaken else ""
    table.add_row("来电 calls", str(report.calls), untaken)
    table.add_row("记录 records", str(report.records), told)
    table.add_section()
    for track, title in _TRACKS.items():
        kinds = [f"{_FAULTS[kind]} {count}" for kind in KINDS[track] if (count := report.faults.get(kind, 0))]
        table.add_row(title, str(sum(report.faults.get(kind, 0) for kind in KINDS[track])), " · ".join(kinds))
    table.add_section()
    for name, count in (
        ("丢失 lost", report.lost),
        ("重复 duplicated", report.duplicated),
        ("结局错误 wrong outcome", report.wrong_outcome),
        ("时间等不准 inaccurate", report.inaccurate),
        ("通话受扰 disturbed", report.disturbed),
        ("未察觉的半开 unnoticed half-open", report.unnoticed_links),
        ("桥自行退出 bridge ended by itself", report.bridge_deaths),
    ):
        table.add_row(name, str(count), "", style="bold red" if count else "")
    late = report.late_state_s > LIMIT_S
    median = f"{report.returns} 次恢复 returns，中位 median {report.return_median_s:.2f} s"
    table.add_row(
        "状态恢复 state right after", f"{report.late_state_s:.2f} s", median, style="bold red" if late else ""
    )
    return table


def _findings(report: Report) -> None:
    told = [f"{each.kind}: {each.about} [{each.call}]: {each.text}" for each in report.findings]
    told += [f"disturbed: {each}" for each in report.disturbances]
    told += [f"late: {each.seconds:.1f} s: {', '.join(each.wrong)}" for each in report.late]
    for line in told[:_FINDINGS_SHOWN]:
        console.out.print(console.text(line))
    if len(told) > _FINDINGS_SHOWN:
        console.say(f"…共 {len(told)} 条，见 report.json。", f"… {len(told)} in all: see report.json.")
