"""``python -m tests.judge``: what it prints and how it ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.judge.__main__ import main
from tests.unit.judge.stories import STORIES, tell
from tests.unit.judge.test_kills import KILL, killed_world
from tests.unit.judge.world import SECOND


def test_a_good_run_ends_with_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(tell(list(STORIES)).write(tmp_path)) == 0
    out = capsys.readouterr().out
    assert out.endswith("30 calls: the records and the three books agree\n")
    assert "calls                              records   queue_log         CDR        SIPp" in out
    assert "explained (" in out


def test_a_finding_ends_with_one_and_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = tell(["answered_caller_ends"])
    world.records[0]["ended_at"] += 60_000
    assert main(world.write(tmp_path)) == 1
    out = capsys.readouterr().out
    assert "differs: ended_at [13800000000 " in out
    assert "ms earlier than the record)" in out
    assert out.endswith("1 calls: 1 findings\n")


def test_the_tolerance_can_be_set(tmp_path: Path) -> None:
    world = tell(["gives_up_waiting"])
    world.records[0]["received_at"] -= 60_000
    world.records[0]["timeline"] = []
    assert main([*world.write(tmp_path), "--tolerance-ms", "100"]) == 0


def test_json_for_a_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = tell(["refused_then_answered", "gives_up_waiting"])
    world.records.pop()
    assert main([*world.write(tmp_path), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["good"], told["calls"]) == (False, 2)
    assert [finding["kind"] for finding in told["findings"]] == ["lost"]
    assert told["sums"]["SIPp"]["calls"]["offered"] == 2
    assert {note["about"] for note in told["notes"]} == {"RINGNOANSWER"}


def test_a_kill_is_named_by_its_time(tmp_path: Path) -> None:
    arguments = killed_world().write(tmp_path)
    assert main(arguments) == 1
    assert main([*arguments, "--killed-at", f"{KILL // SECOND}.{KILL % SECOND:06}"]) == 0


def test_a_phone_without_a_log_is_named(tmp_path: Path) -> None:
    world = tell(["answered_caller_ends", "gives_up_ringing"])
    world.phones = [each for each in world.phones if "\tagent\t" not in each[1] or "13800000001" not in each[1]]
    arguments = world.write(tmp_path)
    assert main(arguments) == 1
    assert main([*arguments, "--silent-phone", "1001"]) == 0


@pytest.mark.parametrize("missing", ["--records", "--queue-log", "--cdr", "--sipp"])
def test_a_book_that_is_not_there_ends_with_two(
    missing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = tell(["answered_caller_ends"]).write(tmp_path)
    arguments[arguments.index(missing) + 1] = str(tmp_path / "nowhere")
    assert main(arguments) == 2
    assert "cannot read" in capsys.readouterr().err


def test_it_runs_as_a_command(tmp_path: Path) -> None:
    arguments = tell(["answered_caller_ends"]).write(tmp_path)
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-m", "tests.judge", *arguments], cwd=root, check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"agree" in done.stdout
