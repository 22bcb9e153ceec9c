"""``zhitong demo``: real calls through a voice menu and straight to people, side by side; then a table."""

import contextlib
import fcntl
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from telephony.errors import LabError
from zhitong.cli import console
from zhitong.cli.common import wait_for
from zhitong.lab.programs import Tools, find_tools
from zhitong.lab.rehearsal import demo as rehearsal
from zhitong.lab.rehearsal.demo import DIRECT, MENU, Report
from zhitong.lab.rehearsal.plan import Plan
from zhitong.lab.rehearsal.result import Stats

_TITLES = {DIRECT.name: "直通 direct", MENU.name: "语音菜单 menu"}


def demo(
    calls: Annotated[int, typer.Option(min=1, max=2000, help="How many citizens call.")] = 60,
    agents: Annotated[int, typer.Option(min=1, max=200, help="How many agents answer.")] = 20,
    seed: Annotated[int, typer.Option(help="The dice: same seed, same arrivals, same ring and talk times.")] = 1,
    directory: Annotated[Path, typer.Option(help="Where the run is kept.")] = Path("var/demo"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON too.")] = False,
) -> None:
    """Show it: real SIP calls on a real Asterisk, once through a classic voice menu and once straight to people.

    Everything needed is fetched into the user's cache on first use, without root. The exit status is 0 only if no call
    and no record was lost.
    """
    plan = Plan(calls=calls, agents=agents, seed=seed)
    with _alone(directory):
        _clean(directory)
        tools = fetch_tools()
        _announce(plan)
        report = wait_for(_run(directory, tools, plan))
    (directory / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2))
    _print(report, plan, directory)
    if as_json:
        console.print_json(report)
    if not report.whole:
        raise LabError(f"calls or records were lost: see {directory}/*/bridge.log and `zhitong calls list`.")


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Hold the directory: a second demo would clear it under the first."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabError(f"another demo runs in {directory}: wait for it, or choose another --directory.") from None
        yield


def _clean(directory: Path) -> None:
    """A fresh directory; only what an earlier demo left is removed."""
    for name in (DIRECT.name, MENU.name):
        shutil.rmtree(directory / name, ignore_errors=True)


def fetch_tools() -> Tools:
    """Asterisk and SIPp, with a line of progress while they are fetched for the first time."""
    with Progress(TextColumn("{task.description}"), BarColumn(), console=console.err, transient=True) as progress:
        task = progress.add_task("准备 Asterisk 与 SIPp  preparing", total=1.0)
        return find_tools(lambda what, done: progress.update(task, description=what, completed=done))


def _announce(plan: Plan) -> None:
    length = plan.calls / plan.per_second
    console.say(
        f"{plan.calls} 通来电、{plan.agents} 名坐席，约 {length:.0f} 秒内打进来；两种方式同时进行，种子 {plan.seed}。",
        f"{plan.calls} calls, {plan.agents} agents, arriving over about {length:.0f} s; both ways at once, one seed.",
    )


async def _run(directory: Path, tools: Tools, plan: Plan) -> Report:
    columns = (
        TextColumn("{task.description:<16}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("已拨 called {task.fields[begun]:>4}  通话中 talking {task.fields[talking]:>3}"),
        TimeElapsedColumn(),
    )
    progress = Progress(*columns, console=console.err)
    tasks = {name: progress.add_task(title, total=plan.calls, begun=0, talking=0) for name, title in _TITLES.items()}
    said = _Said()

    def watch(state: rehearsal.Progress) -> None:
        progress.update(tasks[state.way], completed=state.ended, begun=state.begun, talking=state.talking)
        if not console.err.is_terminal:
            said.say(state)

    live = Live(progress, console=console.err, transient=True) if console.err.is_terminal else contextlib.nullcontext()
    with live:
        return await rehearsal.run_demo(directory, tools, plan, watch)


class _Said:
    """Progress for logs: a line each few seconds."""

    _EVERY_S = 10.0

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def say(self, state: rehearsal.Progress) -> None:
        now = time.monotonic()
        if now - self._last.setdefault(state.way, now) >= self._EVERY_S:
            self._last[state.way] = now
            console.err.print(f"{_TITLES[state.way]}: {state.ended}/{state.total} ended, {state.talking} talking")


def _print(report: Report, plan: Plan, directory: Path) -> None:
    table = console.table(
        f"演示结果 demo — {report.asterisk}", "", "语音菜单 menu", "直通 direct", "相差 difference", right=(1, 2, 3)
    )
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
    console.out.print(table)
    _notes(report, plan, directory)


def connect_rows(menu: Stats, direct: Stats, menu_s: float) -> list[tuple[str, str, str, str]]:
    """Connect times in seconds; the last row takes the menu's own seconds out."""
    rows = []
    for name, left, right in (
        ("平均 mean", menu.mean, direct.mean),
        ("中位 p50", menu.p50, direct.p50),
        ("p95", menu.p95, direct.p95),
    ):
        rows.append((f"接通时长 connect {name}", _s(left), _s(right), _difference(left, right)))
    without = None if menu.mean is None else menu.mean - menu_s * 1000
    rows.append(
        (
            f"　不计菜单 {menu_s:.1f} s  without the menu",
            _s(without),
            _s(direct.mean),
            _difference(without, direct.mean),
        )
    )
    return rows


def _s(milliseconds: float | None) -> str:
    return "—" if milliseconds is None else f"{milliseconds / 1000:.2f} s"


def _difference(left: float | None, right: float | None) -> str:
    return "—" if left is None or right is None else f"{(right - left) / 1000:+.2f} s"


def _notes(report: Report, plan: Plan, directory: Path) -> None:
    overhead, direct = report.bridge_overhead_ms, report.direct
    console.say(
        f"输入：菜单 {report.menu_s:.1f} 秒（各段提示音之和）；坐席振铃中位 {plan.ring.median:g} 秒。",
        f"Inputs: the menu's prompts last {report.menu_s:.1f} s; agents let it ring {plan.ring.median:g} s (median).",
    )
    console.say(
        f"来电 → 空闲坐席话机收到 INVITE：p50 {overhead.p50} ms，p95 {overhead.p95} ms（{direct.overhead_calls} 通）。",
        "Call at the PBX → INVITE at a free agent's phone; the bridge is not in this path.",
    )
    site = directory / DIRECT.name / "site.toml"
    console.say("接着看：", "Where to look next:")
    for command in (
        f"{sys.argv[0]} calls list --site {site}",
        f"{sys.argv[0]} calls show CALL_ID --site {site}",
        f"less {directory / 'report.json'}",
        "make run    # 用两部软电话自己试 with two softphones of your own",
    ):
        console.out.print(f"  {command}", markup=False)
