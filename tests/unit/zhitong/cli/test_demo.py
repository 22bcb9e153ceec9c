"""``zhitong demo`` around the rehearsal: its directory, its exit status, its screen. The real thing is
tests/acceptance/test_demo.py.
"""

import fcntl
import io
import json
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from tests.unit.zhitong.cli.conftest import Terminal
from zhitong.cli import console, demo, demo_screen
from zhitong.lab.programs import Asterisk, Program, Tools
from zhitong.lab.rehearsal.demo import Progress, Report, Watch
from zhitong.lab.rehearsal.plan import Plan
from zhitong.lab.rehearsal.result import Result, Stats

NO_TOOLS = Tools(Asterisk(Program([]), Path(), Path()), Program([]))


def result(**changes: object) -> Result:
    plain = Result(
        calls=12,
        answered=11,
        abandoned=1,
        other=0,
        recorded=12,
        lost=0,
        duplicated=0,
        connect_ms=Stats(3000.0, 2500.0, 8000.0),
        overhead_ms=Stats(2.5, 2.0, 6.0),
        overhead_calls=9,
    )
    return msgspec.structs.replace(plain, **changes)


def report(direct: Result | None = None, menu: Result | None = None) -> Report:
    direct = direct or result()
    menu = menu or result(answered=9, abandoned=3, connect_ms=Stats(20_000.0, 19_000.0, 25_000.0), overhead_calls=0)
    return Report(
        asterisk="Asterisk 22.10.1",
        seed=1,
        agents=6,
        planned=12,
        calls=direct.calls,
        answered=direct.answered,
        abandoned=direct.abandoned,
        recorded=direct.recorded,
        lost=direct.lost,
        duplicated=direct.duplicated,
        menu_s=17.12,
        connect_ms=direct.connect_ms,
        menu_connect_ms=menu.connect_ms,
        bridge_overhead_ms=direct.overhead_ms,
        direct=direct,
        menu=menu,
    )


class Rehearsal:
    """Stands in for the real calls."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.report = report()
        self.plans: list[Plan] = []
        monkeypatch.setattr(demo, "fetch_tools", lambda: NO_TOOLS)
        monkeypatch.setattr(demo, "run_demo", self._run)

    async def _run(self, directory: Path, _tools: Tools, plan: Plan, watch: Watch) -> Report:
        self.plans.append(plan)
        for way in ("direct", "menu"):
            (directory / way).mkdir()
            watch(Progress(way, plan.calls, plan.calls, plan.calls, 0, plan.calls))
        return self.report


@pytest.fixture
def rehearsal(monkeypatch: pytest.MonkeyPatch) -> Rehearsal:
    return Rehearsal(monkeypatch)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "demo"


# --- exit status --------------------------------------------------------------------------------------------------


def test_whole(terminal: Terminal, rehearsal: Rehearsal, place: Path) -> None:
    said = terminal.zhitong("demo", "--calls", "12", "--agents", "6", "--seed", "7", "--directory", place)
    assert said.status == 0
    assert [(plan.calls, plan.agents, plan.seed) for plan in rehearsal.plans] == [(12, 6, 7)]
    assert json.loads((place / "report.json").read_text(encoding="utf-8"))["connect_ms"]["p95"] == 8000.0


@pytest.mark.parametrize(
    ("direct", "menu"),
    [
        ({"lost": 1, "recorded": 11}, {}),
        ({}, {"lost": 1, "recorded": 11}),
        ({"duplicated": 1, "recorded": 13}, {}),
        ({"lost": 1, "duplicated": 1}, {}),
        ({"calls": 11, "recorded": 11}, {}),
        ({}, {"calls": 11, "recorded": 11}),
        ({"calls": 11, "recorded": 11}, {"calls": 11, "recorded": 11}),  # both ways alike, and yet one is missing
    ],
)
def test_not_whole(
    terminal: Terminal, rehearsal: Rehearsal, place: Path, direct: dict[str, int], menu: dict[str, int]
) -> None:
    rehearsal.report = report(result(**direct), result(**menu))
    assert not rehearsal.report.whole
    said = terminal.zhitong("demo", "--directory", place)
    assert said.status == 1
    assert "calls or records were lost" in said.err
    assert str(place) in said.err
    assert (place / "report.json").exists()
    assert "记录 records" in said.out


def test_json_is_the_report_alone(terminal: Terminal, rehearsal: Rehearsal, place: Path) -> None:
    said = terminal.zhitong("demo", "--directory", place, "--json")
    assert json.loads(said.out) == json.loads((place / "report.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("options", [("--calls", "0"), ("--calls", "2001"), ("--agents", "0"), ("--agents", "201")])
def test_sizes_have_limits(terminal: Terminal, rehearsal: Rehearsal, place: Path, options: tuple[str, str]) -> None:
    assert terminal.zhitong("demo", "--directory", place, *options).status == 2
    assert not rehearsal.plans


# --- the directory ------------------------------------------------------------------------------------------------


def test_a_second_demo_begins_anew(terminal: Terminal, rehearsal: Rehearsal, place: Path) -> None:
    terminal.zhitong("demo", "--directory", place)
    (place / "direct" / "old").touch()
    (place / "notes.txt").touch()
    assert terminal.zhitong("demo", "--directory", place).status == 0
    assert not (place / "direct" / "old").exists()
    assert (place / "notes.txt").exists()


def test_a_failed_demo_leaves_no_old_report(
    terminal: Terminal, rehearsal: Rehearsal, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.zhitong("demo", "--directory", place)

    def fail() -> Tools:
        raise OSError("no network")

    monkeypatch.setattr(demo, "fetch_tools", fail)
    assert terminal.zhitong("demo", "--directory", place).status == 1
    assert not (place / "report.json").exists()


@pytest.mark.parametrize("name", ["direct", "menu", "report.json"])
def test_what_no_demo_made_is_not_touched(terminal: Terminal, rehearsal: Rehearsal, place: Path, name: str) -> None:
    theirs = place / name if name == "report.json" else place / name / "thesis.txt"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("years of work", encoding="utf-8")
    for _ in range(2):
        said = terminal.zhitong("demo", "--directory", place)
        assert said.status == 1
        assert "--directory" in said.err
        assert theirs.read_text(encoding="utf-8") == "years of work"
    assert not rehearsal.plans


def test_a_demo_that_runs_is_not_disturbed(terminal: Terminal, rehearsal: Rehearsal, place: Path) -> None:
    terminal.zhitong("demo", "--directory", place)
    (place / "direct" / "running").touch()
    with (place / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = terminal.zhitong("demo", "--directory", place)
    assert said.status == 1
    assert "another demo runs" in said.err
    assert "--directory" in said.err
    assert (place / "direct" / "running").exists()


# --- the screen ---------------------------------------------------------------------------------------------------


def test_the_table(terminal: Terminal, rehearsal: Rehearsal, place: Path) -> None:
    said = terminal.zhitong("demo", "--directory", place)
    rows = {" ".join(row.split()) for row in said.out.splitlines()}
    for row in (
        "来电 calls 12 12",
        "接通 answered 9 11 +2",
        "放弃 abandoned 3 1 -2",
        "记录 records 12 12",
        "丢失 lost 0 0",
        "接通时长 connect time, 平均 mean 20.00 s 3.00 s -17.00 s",
        "接通时长 connect time, p95 25.00 s 8.00 s -17.00 s",
        "不计菜单 mean less the menu's 17.1 s 2.88 s 3.00 s +0.12 s",
    ):
        assert row in rows
    assert "Asterisk 22.10.1" in said.out
    assert "菜单 17.1 秒" in said.out
    assert "p50 2.0 ms，p95 6.0 ms（9 通）" in said.out


def test_where_to_look_next(terminal: Terminal, rehearsal: Rehearsal, place: Path) -> None:
    said = terminal.zhitong("demo", "--directory", place)
    commands = [line.strip() for line in said.out.splitlines() if line.startswith("  ")]
    assert f"zhitong calls list --site {place}/direct/site.toml" in commands
    assert f"less {place}/report.json" in commands


def test_nobody_was_answered() -> None:
    """Nothing is subtracted from nothing."""
    nothing = Stats(None, None, None)
    rows = demo_screen.connect_rows(nothing, Stats(3000.0, 2500.0, 8000.0), 17.0)
    assert {row[1] for row in rows} == {"—"}
    assert {row[3] for row in rows} == {"—"}
    assert rows[0][2] == "3.00 s"


@pytest.mark.parametrize("columns", [80, 120])
def test_the_table_fits_the_screen(
    terminal: Terminal, rehearsal: Rehearsal, place: Path, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.width(columns)
    monkeypatch.chdir(place.parent)
    said = terminal.zhitong("demo", "--directory", "demo")
    lines = said.out.splitlines()
    assert all(sum(2 if ord(each) >= 0x2E80 else 1 for each in line) <= columns for line in lines)
    table = [line for line in lines if line.strip()]
    assert len(table) <= 26  # little scrolls away on a screen of 24 lines


def live(columns: int, monkeypatch: pytest.MonkeyPatch) -> tuple[demo_screen.LiveView, Console]:
    screen = Console(width=columns, highlight=False, force_terminal=True, file=io.StringIO(), color_system=None)
    monkeypatch.setattr(console, "err", screen)
    return demo_screen.LiveView(Plan(calls=12)), screen


def picture(view: demo_screen.LiveView, screen: Console) -> list[str]:
    with screen.capture() as captured:
        screen.print(view.view())
    return [line.rstrip() for line in captured.get().splitlines()]


@pytest.mark.parametrize("columns", [80, 120])
def test_the_live_view(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    view, screen = live(columns, monkeypatch)
    assert all("启动中 starting…" in row for row in picture(view, screen)[-2:])
    view.watch(Progress("direct", 12, begun=9, answered=7, talking=3, ended=4))
    menu, direct = picture(view, screen)[-2:]
    assert "启动中" in menu
    assert direct.startswith("直通 direct")
    assert direct.split()[-6:-3] == ["9", "7", "3"]
    assert max(map(len, picture(view, screen))) <= columns


def test_a_line_now_and_then_where_nothing_can_move(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("zhitong.cli.demo_screen.time.monotonic", lambda: now[0])
    view = demo_screen.LiveView(Plan(calls=12))
    for ended in range(12):
        view.watch(Progress("menu", 12, begun=12, answered=ended, talking=1, ended=ended))
        now[0] += 4.0
    assert capsys.readouterr().err.splitlines() == [
        f"语音菜单 menu: 已结束 ended {ended}/12 · 通话中 talking 1" for ended in (3, 6, 9)
    ]
