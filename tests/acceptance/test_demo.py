"""``zhitong demo`` as a newcomer runs it: real calls, a table, a report, an exit status, and nothing left behind."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tests.acceptance.command import Command, command
from zhitong.lab.books import fold, read
from zhitong.lab.programs import Tools

pytestmark = [pytest.mark.acceptance, pytest.mark.usefixtures("tools"), pytest.mark.timeout(240)]

CALLS, AGENTS = 12, 6
ISSUE_KEYS = {
    *("asterisk", "calls", "answered", "abandoned", "recorded", "lost", "duplicated", "menu_s"),
    *("connect_ms", "menu_connect_ms", "bridge_overhead_ms"),
}
"""What issue 2 says that report.json holds at least."""


class Demo:
    """One demonstration that has run to its end, and another that was started in its directory meanwhile."""

    def __init__(self, running: Command) -> None:
        running.until(lambda: begun(running))
        self.second = Command(running.directory, "demo", "--calls", "1")
        self.second_status = self.second.ended(100)
        self.status = running.ended()
        self.output = running.output
        self.directory = running.directory
        running.nothing_left()
        self.report = json.loads((self.directory / "report.json").read_text(encoding="utf-8"))

    def zhitong(self, *arguments: str, way: str = "direct") -> str:
        """What a command of the notes at the end says."""
        site = str(self.directory / way / "site.toml")
        words = [sys.executable, "-m", "zhitong", *arguments, "--site", site]
        return subprocess.run(words, capture_output=True, encoding="utf-8", check=True, timeout=60).stdout


@pytest.fixture(scope="module")
def demo(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    directory = tmp_path_factory.mktemp("demo") / "here"
    with command(directory, "demo", "--calls", str(CALLS), "--agents", str(AGENTS)) as running:
        yield Demo(running)


@pytest.mark.xdist_group("demo")
class TestDemo:
    """All of one run, since a run takes half a minute."""

    def test_it_ends_well(self, demo: Demo) -> None:
        assert demo.status == 0, demo.output
        assert "Traceback" not in demo.output
        assert "错误" not in demo.output

    def test_the_report_is_what_the_issue_says(self, demo: Demo) -> None:
        report = demo.report
        assert set(report) >= ISSUE_KEYS
        assert report["asterisk"].startswith("Asterisk 22.")
        assert (report["calls"], report["recorded"], report["lost"], report["duplicated"]) == (CALLS, CALLS, 0, 0)
        assert report["answered"] + report["abandoned"] == CALLS
        assert report["answered"] >= CALLS - 3
        assert (report["seed"], report["agents"], report["planned"]) == (1, AGENTS, CALLS)

    def test_the_times_are_sane(self, demo: Demo) -> None:
        report = demo.report
        for name in ("connect_ms", "menu_connect_ms"):
            assert 1000 <= report[name]["p50"] <= report[name]["p95"] <= 60_000  # a phone rings a second at least
            assert 1000 <= report[name]["mean"] <= report[name]["p95"]
        assert 10 <= report["menu_s"] <= 30
        # Who came through the menu listened to all of it.
        assert report["menu_connect_ms"]["p50"] >= report["menu_s"] * 1000 + 1000
        assert report["menu_connect_ms"]["mean"] > report["connect_ms"]["mean"] + 10_000
        overhead = report["bridge_overhead_ms"]
        assert 0 < overhead["p50"] <= overhead["p95"] < 100

    def test_connect_times_are_what_the_callers_themselves_saw(self, demo: Demo) -> None:
        """SIPp's own clock, from INVITE to 200 OK: the second method."""
        seen = fold(line for log in sorted(demo.directory.glob("direct/phones/*callers/*.tsv")) for line in read(log))
        assert len(seen) == CALLS
        waits = [(call.answered_at - call.invited_at) * 1000 for call in seen if call.answered_at]
        assert len(waits) == demo.report["answered"]
        assert demo.report["connect_ms"]["mean"] == pytest.approx(sum(waits) / len(waits), abs=50)

    def test_the_table_says_what_the_report_says(self, demo: Demo) -> None:
        rows = [" ".join(line.split()) for line in demo.output.splitlines()]
        direct, menu = demo.report["direct"], demo.report["menu"]
        assert any(row.startswith(f"接通 answered {menu['answered']} {direct['answered']}") for row in rows)
        assert f"记录 records {CALLS} {CALLS}" in rows
        mean = f"{menu['connect_ms']['mean'] / 1000:.2f} s {direct['connect_ms']['mean'] / 1000:.2f} s"
        assert any(row.startswith(f"接通时长 connect time, 平均 mean {mean} -") for row in rows)

    def test_where_to_look_next_leads_somewhere(self, demo: Demo) -> None:
        assert f"calls list --site {demo.directory}/direct/site.toml" in demo.output
        calls = json.loads(demo.zhitong("calls", "list", "--json"))
        assert len(calls) == CALLS
        assert "时间线 timeline" in demo.zhitong("calls", "show", calls[0]["call_id"])
        assert len(json.loads(demo.zhitong("calls", "list", "--json", way="menu"))) == CALLS

    def test_no_whole_number_in_the_bridges_log(self, demo: Demo) -> None:
        for log in demo.directory.glob("*/bridge.log"):
            text = log.read_text(encoding="utf-8")
            assert "call ended" in text
            assert not re.search(r"138\d{8}", text)
            assert {json.loads(line)["level"] for line in text.splitlines()} == {"info"}

    def test_a_second_one_in_the_same_place_is_refused_at_once(self, demo: Demo) -> None:
        assert demo.second_status == 1
        assert demo.second.output.startswith("错误 error: another demo runs in ")
        assert "--directory" in demo.second.output


@pytest.mark.slow  # a whole demo for what tests/unit/zhitong/lab/rehearsal holds against made-up records
def test_a_record_that_is_missing_is_a_failure(tmp_path: Path) -> None:
    """One is taken out of the database behind the demo's back, once it was written."""
    with command(tmp_path / "demo", "demo", "--calls", "2", "--agents", "20") as running:
        database = running.directory / "direct" / "var" / "zhitong.db"
        running.until(lambda: _take_one(database))
        assert running.ended() == 1
        report = json.loads((running.directory / "report.json").read_text(encoding="utf-8"))
        assert (report["calls"], report["recorded"], report["lost"], report["duplicated"]) == (2, 1, 1, 0)
        assert report["menu"]["lost"] == 0
        assert "calls or records were lost" in running.output
        assert "direct: 2 of 2 calls made, 1 not on record" in running.output
        assert "Traceback" not in running.output
        running.nothing_left()


_TAKE = "delete from calls where call_id = (select min(call_id) from calls)"


def _take_one(database: Path) -> bool:
    """Whether there was a record to be taken."""
    if not database.exists():
        return False
    with contextlib.closing(sqlite3.connect(database, timeout=10, isolation_level=None)) as connection:
        there = connection.execute("select count(*) from sqlite_master where name = 'calls'").fetchone()[0]
        taken = (
            there and connection.execute("delete from calls where call_id = (select min(call_id) from calls)").rowcount
        )
    connection.close()
    return bool(taken)


def begun(running: Command) -> bool:
    """Whether calls are being made on both ways."""
    return Counter(running.others().values()) == {"asterisk": 2, "serve": 2, "sipp": 4}


def slow(*values: object) -> ParameterSet:
    """What differs little from the others is left to `make test-all`."""
    return pytest.param(*values, marks=pytest.mark.slow)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, slow(signal.SIGTERM), slow(signal.SIGHUP)])
@pytest.mark.slow
def test_however_it_ends_nothing_is_left(tmp_path: Path, how: signal.Signals) -> None:
    with command(tmp_path / "demo", "demo", "--calls", "40", "--agents", "4") as running:
        running.until(lambda: begun(running))
        running.send(how)
        status = running.ended(100)
        assert status != 0
        running.nothing_left()
        assert "Traceback" not in running.output
        assert not (running.directory / "report.json").exists()


@pytest.mark.parametrize("what", ["asterisk", slow("serve")])
def test_a_part_that_dies_ends_it_at_once_and_is_named(tmp_path: Path, what: str) -> None:
    """Not after the minutes that callers would wait."""
    with command(tmp_path / "demo", "demo", "--calls", "40", "--agents", "4") as running:
        running.until(lambda: begun(running))
        os.kill(next(pid for pid, name in running.others().items() if name == what), signal.SIGKILL)
        assert running.ended(100) == 1
        assert {"asterisk": "Asterisk", "serve": "the bridge (zhitong serve)"}[
            what
        ] + " ended by itself" in running.output
        assert "Traceback" not in running.output
        running.nothing_left()
