"""``zhitong demo``: real calls through a voice menu and straight to people, side by side; then a table."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.progress import BarColumn, Progress, TextColumn

from telephony.errors import LabError
from zhitong.cli import console
from zhitong.cli.alone import alone
from zhitong.cli.common import JsonOption, wait_for
from zhitong.cli.demo_screen import LiveView, announce, show_report
from zhitong.lab.apt import Progress as Fetching
from zhitong.lab.programs import Tools, find_tools
from zhitong.lab.rehearsal.demo import DIRECT, MENU, Report, run_demo
from zhitong.lab.rehearsal.plan import Plan

_MADE = (DIRECT.name, MENU.name, "report.json")


def demo(
    calls: Annotated[int, typer.Option(min=1, max=2000, help="来电数。 How many citizens call.")] = 60,
    agents: Annotated[int, typer.Option(min=1, max=200, help="坐席数。 How many agents answer.")] = 20,
    seed: Annotated[int, typer.Option(help="种子。 The dice: same seed, same arrivals, same ring and talk times.")] = 1,
    directory: Annotated[Path, typer.Option(help="运行目录。 Where the run is kept.")] = Path("var/demo"),
    as_json: JsonOption = False,
) -> None:
    """演示：真实的电话，经语音菜单，再直通坐席。Real calls, by way of a voice menu and straight to people.

    What it needs (Asterisk, SIPp) is fetched into the user's cache on first use, without root. Afterwards everything is
    in the directory: `report.json`, call records, logs. The exit status is 0 only if no call and no record was lost.
    """
    plan = Plan(calls=calls, agents=agents, seed=seed)
    with alone(directory, "demo", _MADE):
        tools = fetch_tools()
        announce(plan)
        view = LiveView(plan)
        with view.shown():
            report = wait_for(run_demo(directory, tools, plan, view.watch))
        (directory / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    if as_json:
        console.print_json(report)
    else:
        show_report(report, plan, directory)
    if not report.whole:
        raise LabError(_lost(report, directory))


def _lost(report: Report, directory: Path) -> str:
    ways = {DIRECT.name: report.direct, MENU.name: report.menu}
    counts = "; ".join(
        f"{name}: {way.calls} of {report.planned} calls made, {way.lost} not on record, {way.duplicated} records double"
        for name, way in ways.items()
    )
    return f"calls or records were lost. {counts}. Look into {directory}/*/bridge.log, and log/ and phones/ beside it."


_STEPS = {
    "asking the mirror": "询问镜像 asking the mirror",
    "downloading": "下载 Asterisk 与 SIPp downloading",
    "unpacking": "解包 unpacking",
    "ready": "就绪 ready",
    "waiting for another process that is fetching": "等待另一个下载进程 waiting for another process",
}


def fetch_tools() -> Tools:
    """Asterisk and SIPp, with a line of progress while they are fetched for the first time."""
    with fetching("准备 Asterisk 与 SIPp preparing") as progress:
        return find_tools(progress)


@contextmanager
def fetching(what: str) -> Iterator[Fetching]:
    """A line of progress at a terminal; nothing elsewhere."""
    if not console.err.is_terminal:
        yield lambda _what, _done: None
        return
    with Progress(TextColumn("{task.description}"), BarColumn(), console=console.err, transient=True) as progress:
        task = progress.add_task(what, total=1.0)
        yield lambda step, done: progress.update(task, description=_STEPS.get(step, step), completed=done)
