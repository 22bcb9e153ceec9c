"""``zhitong chaos``: real calls while the bridge is killed, its link cut, its store taken away; then the judge."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from telephony.errors import LabError
from zhitong.cli import console
from zhitong.cli.alone import alone
from zhitong.cli.chaos_screen import LiveView, announce, show_report
from zhitong.cli.common import JsonOption, wait_for
from zhitong.cli.demo import fetch_tools
from zhitong.lab.chaos.plan import FULL_SIZE, Plan
from zhitong.lab.chaos.run import Report, run_chaos

_MADE = ("run", "report.json")
_MARK = "ZHITONG_OWN_MOUNTS"
_WAYS = (("--mount",), ("--user", "--map-current-user", "--keep-caps", "--mount"))
"""For root, and for those who may have namespaces without being root."""


def chaos(
    calls: Annotated[int, typer.Option(min=1, max=20_000, help="来电数。 How many calls; faults in proportion.")] = (
        FULL_SIZE
    ),
    seed: Annotated[int, typer.Option(help="种子。 Same seed: same calls, same faults, same moments.")] = 1,
    tolerance_ms: Annotated[
        int, typer.Option(min=1, max=1000, help="时间容差。 How far a time may be off; more on a machine that is busy.")
    ] = 50,
    directory: Annotated[Path, typer.Option(help="运行目录。 Where all of it is kept.")] = Path("var/chaos"),
    as_json: JsonOption = False,
) -> None:
    """故障演练：来电不断，故障不断，事后逐通核对。Real calls amid faults; then every record is judged.

    The bridge is killed (-9), its link to the PBX closed, left half-open and slowed, the PBX restarted and killed, the
    store locked and filled. Then the records are held against Asterisk's own books and the phones' logs. The exit
    status is 0 only if nothing is lost, double, wrong or disturbed and the state was right within 2 s of each return.
    """
    _in_own_mounts()
    plan = Plan.of(calls, seed, tolerance_ms)
    with alone(directory, "chaos", _MADE):
        tools = fetch_tools()
        announce(plan)
        view = LiveView(plan)
        with view.shown():
            report = wait_for(run_chaos(directory, tools, plan, view.watch, own_mounts=_MARK in os.environ))
        (directory / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    if as_json:
        console.print_json(report)
    else:
        show_report(report, directory)
    if not report.whole:
        raise LabError(_wrong(report, directory))


def _in_own_mounts() -> None:
    """Become the same command in a mount namespace of its own, where that can be had."""
    if _MARK in os.environ:
        return
    unshare = shutil.which("unshare")
    for options in _WAYS if unshare else ():
        command = [str(unshare), *options, "--"]
        if subprocess.run([*command, "true"], check=False, capture_output=True).returncode == 0:
            words = [*command, sys.executable, "-P", "-m", "zhitong", *sys.argv[1:]]
            os.execve(words[0], words, {**os.environ, _MARK: "1"})  # noqa: S606 - that is what it is for


def _wrong(report: Report, directory: Path) -> str:
    counts = (
        f"{report.lost} lost, {report.duplicated} duplicated, {report.wrong_outcome} with a wrong outcome, "
        f"{report.inaccurate} inaccurate, {report.disturbed} disturbed; state late by {report.late_state_s:g} s"
    )
    return f"the run was not whole: {counts}. See findings, late and faults in {directory}/report.json, logs in run/."
