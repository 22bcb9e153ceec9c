"""``zhitong chaos`` around the harness: its directory, its exit status, its screen. The real thing is
tests/acceptance/test_chaos.py.
"""

import io
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.console import Console

from tests.unit.zhitong.cli.conftest import Terminal
from zhitong.cli import chaos, chaos_screen, console
from zhitong.lab.chaos.plan import Fault, Plan
from zhitong.lab.chaos.result import Finding
from zhitong.lab.chaos.run import Progress, Report, Watch
from zhitong.lab.chaos.watch import Late
from zhitong.lab.programs import Asterisk, Program, Tools

NO_TOOLS = Tools(Asterisk(Program([]), Path(), Path()), Program([]))
FAULTS = {
    Fault.KILL: 10,
    Fault.CLOSED: 2,
    Fault.HALF_OPEN: 1,
    Fault.SLOW: 1,
    Fault.RESTART: 1,
    Fault.CRASH: 1,
    Fault.LOCKED: 1,
    Fault.FULL: 1,
}
ISSUE_KEYS = {
    *("calls", "bridge_kills", "link_cuts", "pbx_restarts", "store_outages"),
    *("lost", "duplicated", "wrong_outcome", "late_state_s"),
}
"""What issue 3 says that report.json holds at least."""


def report() -> Report:
    return Report(
        seed=7,
        tolerance_ms=50,
        planned=200,
        calls=200,
        bridge_kills=10,
        link_cuts=4,
        pbx_restarts=2,
        store_outages=2,
        lost=0,
        duplicated=0,
        wrong_outcome=0,
        inaccurate=0,
        unclear=0,
        disturbed=0,
        late_state_s=0.31,
        untaken=2,
        records=198,
        observed=71,
        completed=71,
        rebuilt=56,
        unnoticed_links=0,
        bridge_deaths=0,
        faults=FAULTS,
        planned_faults=FAULTS,
        returns=15,
        return_median_s=0.07,
        looks=1065,
        late=(),
        findings=(),
        disturbances=(),
        started=1_795_402_664.0,
        took_s=150.4,
        settled_s=20.1,
        asterisk="Asterisk 22.10.1",
    )


class Harness:
    """Stands in for the real thing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.report = report()
        self.plans: list[Plan] = []
        self.own_mounts: list[bool] = []
        monkeypatch.setenv("ZHITONG_OWN_MOUNTS", "1")
        monkeypatch.setattr(chaos, "fetch_tools", lambda: NO_TOOLS)
        monkeypatch.setattr(chaos, "run_chaos", self._run)

    async def _run(self, directory: Path, _tools: Tools, plan: Plan, watch: Watch, *, own_mounts: bool) -> Report:
        self.plans.append(plan)
        self.own_mounts.append(own_mounts)
        (directory / "run").mkdir()
        watch(Progress(plan.calls, 0, plan.calls, dict(FAULTS), (), "judging"))
        return self.report


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    return Harness(monkeypatch)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "chaos"


# --- exit status --------------------------------------------------------------------------------------------------


def test_whole(terminal: Terminal, harness: Harness, place: Path) -> None:
    said = terminal.zhitong("chaos", "--calls", "200", "--seed", "7", "--directory", place)
    assert said.status == 0
    assert harness.plans == [Plan.of(200, 7)]
    kept = json.loads((place / "report.json").read_text(encoding="utf-8"))
    assert set(kept) >= ISSUE_KEYS
    assert kept["late_state_s"] == 0.31


def test_a_busy_machine_may_be_given_more_time(terminal: Terminal, harness: Harness, place: Path) -> None:
    assert terminal.zhitong("chaos", "--tolerance-ms", "150", "--directory", place).status == 0
    assert harness.plans == [Plan.of(1000, 1, 150)]


def test_a_thousand_calls_unless_told_otherwise(terminal: Terminal, harness: Harness, place: Path) -> None:
    terminal.zhitong("chaos", "--directory", place)
    assert harness.plans == [Plan.of(1000, 1)]


@pytest.mark.parametrize(
    "change",
    [
        {"lost": 1},
        {"duplicated": 1},
        {"wrong_outcome": 1},
        {"inaccurate": 1},
        {"disturbed": 1},
        {"late_state_s": 2.01},
        {"unnoticed_links": 1},
        {"bridge_deaths": 1},
        {"calls": 199},
        {"faults": {**FAULTS, Fault.FULL: 0}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_not_whole(terminal: Terminal, harness: Harness, place: Path, change: dict[str, object]) -> None:
    harness.report = replace(report(), **change)
    said = terminal.zhitong("chaos", "--directory", place)
    assert said.status == 1
    assert "not whole" in said.err
    assert str(place) in said.err
    assert (place / "report.json").exists()


def test_two_seconds_are_in_time_and_quarrels_of_the_books_are_not_ours(
    terminal: Terminal, harness: Harness, place: Path
) -> None:
    harness.report = replace(report(), late_state_s=2.0, unclear=3)
    assert terminal.zhitong("chaos", "--directory", place).status == 0


def test_json_is_the_report_alone(terminal: Terminal, harness: Harness, place: Path) -> None:
    said = terminal.zhitong("chaos", "--directory", place, "--json")
    assert json.loads(said.out) == json.loads((place / "report.json").read_text(encoding="utf-8"))


# --- the directory and the mounts ---------------------------------------------------------------------------------


def test_what_no_chaos_made_is_not_touched(terminal: Terminal, harness: Harness, place: Path) -> None:
    theirs = place / "run" / "thesis.txt"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("years of work", encoding="utf-8")
    said = terminal.zhitong("chaos", "--directory", place)
    assert said.status == 1
    assert "--directory" in said.err
    assert theirs.exists()
    assert not harness.plans


def test_it_becomes_itself_with_mounts_of_its_own(
    terminal: Terminal, harness: Harness, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Become(Exception):
        pass

    def become(program: str, words: list[str], environ: dict[str, str]) -> None:
        raise Become(program, words, environ["ZHITONG_OWN_MOUNTS"])

    monkeypatch.delenv("ZHITONG_OWN_MOUNTS")
    monkeypatch.setattr(shutil, "which", lambda _name: "/usr/bin/unshare")
    monkeypatch.setattr(subprocess, "run", _only("--user"))
    monkeypatch.setattr(os, "execve", become)
    with pytest.raises(Become) as became:
        chaos.chaos(calls=5, directory=place)
    program, words, mark = became.value.args
    assert (program, mark) == ("/usr/bin/unshare", "1")
    assert words[1:6] == ["--user", "--map-current-user", "--keep-caps", "--mount", "--"]
    assert not harness.plans


def test_without_mounts_of_its_own_nothing_is_mounted(
    terminal: Terminal, harness: Harness, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ZHITONG_OWN_MOUNTS")
    monkeypatch.setattr(subprocess, "run", _only("nothing"))
    harness.report = replace(report(), faults={**FAULTS, Fault.FULL: 0}, planned_faults={**FAULTS, Fault.FULL: 0})
    said = terminal.zhitong("chaos", "--directory", place)
    assert said.status == 0
    assert harness.own_mounts == [False]
    assert "never filled" in said.out


def _only(option: str) -> object:
    """Namespaces are to be had with this option alone."""

    def run(words: list[str], **_options: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(words, 0 if option in words else 1)

    return run


# --- the screen ---------------------------------------------------------------------------------------------------


def test_the_table(terminal: Terminal, harness: Harness, place: Path) -> None:
    said = terminal.zhitong("chaos", "--directory", place)
    rows = {" ".join(row.split()) for row in said.out.splitlines()}
    for row in (
        "来电 calls 200 其中 PBX 停机时未接入 never taken by a PBX that was down: 2",
        "记录 records 198 实时 observed 71 · 补全 completed 71 · 重建 rebuilt 56",
        "杀桥 bridge killed 10 kill -9 10",
        "断链路 link cut 4 断开 closed 2 · 半开 half-open 1 · 缓慢 slow 1",
        "PBX 重启 restarted 2 有序重启 in order 1 · kill -9 1",
        "存储中断 store away 2 锁住 locked 1 · 写满 full 1",
        "丢失 lost 0",
        "结局错误 wrong outcome 0",
        "状态恢复 state right after 0.31 s 15 次恢复 returns，中位 median 0.07 s",
    ):
        assert row in rows, said.out


def test_findings_are_shown_and_no_more_than_can_be_read(terminal: Terminal, harness: Harness, place: Path) -> None:
    lost = tuple(Finding("lost", f"call {number}", "record", "no record of this call") for number in range(20))
    harness.report = replace(report(), lost=20, findings=lost, late=(Late(1.0, 3.2, ("channel a.1",)),))
    said = terminal.zhitong("chaos", "--directory", place)
    assert "call 0" in said.out
    assert "call 19" not in said.out
    assert "21 in all" in said.out


def test_what_goes_on_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Console(file=io.StringIO(), width=110, force_terminal=True, color_system=None)
    monkeypatch.setattr(console, "err", screen)
    view = chaos_screen.LiveView(Plan.of(200, 7))
    screen.print(view.view())
    view.watch(Progress(40, 5, 30, {Fault.KILL: 3, Fault.SLOW: 1}, (Fault.FULL,), "calls"))
    screen.print(view.view())
    assert isinstance(screen.file, io.StringIO)
    rows = [" ".join(row.split()) for row in screen.file.getvalue().splitlines()]
    assert any("启动中" in row for row in rows)
    assert any(row.startswith("来电 calls") and row.endswith("30 200 5 通话 talking") for row in rows)
    assert any(row.startswith("杀桥 bridge killed") and row.endswith("3 10") for row in rows)
    assert any(row.startswith("存储中断 store away") and row.endswith("0 2 写满 full") for row in rows)


def test_without_a_terminal_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Console(file=io.StringIO(), width=110)
    monkeypatch.setattr(console, "err", screen)
    view = chaos_screen.LiveView(Plan.of(200, 7))
    view.watch(Progress(40, 5, 30, {}, (), "calls"))
    monkeypatch.setattr(view, "_EVERY_S", 0.0)
    view.watch(Progress(50, 5, 40, {Fault.KILL: 3}, (), "calls"))
    assert isinstance(screen.file, io.StringIO)
    assert screen.file.getvalue().splitlines() == ["已结束 ended 40/200 · 故障 faults 3"]
