"""The Makefile says what it does and passes on what is set; CI's script fails when it should."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without what a `make` around these tests has put there."""
    put = ("MAKE", "MFLAGS", "ARGS", "CALLS", "AGENTS", "SEED", "BIND", "WORKERS")  # its settings are passed on, too
    kept = {name: value for name, value in os.environ.items() if not name.startswith(put)}
    return {**kept, **more}


def planned(*words: str) -> str:
    """What `make WORDS` would run."""
    command = ["make", "--dry-run", "--directory", str(ROOT), *words]
    done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (("demo",), ".venv/bin/zhitong demo"),
        (("demo", "CALLS=100", "AGENTS=20"), ".venv/bin/zhitong demo --calls '100' --agents '20'"),
        (("demo", "SEED=7"), ".venv/bin/zhitong demo --seed '7'"),
        (("run",), ".venv/bin/zhitong run"),
        (("run", "BIND=192.0.2.7"), ".venv/bin/zhitong run --bind '192.0.2.7'"),
        (("chaos",), ".venv/bin/zhitong chaos"),
        (("chaos", "CALLS=200", "SEED=7"), ".venv/bin/zhitong chaos --calls '200' --seed '7'"),
        (("bench",), ".venv/bin/python -m bench"),
    ],
)
def test_settings_become_options(words: tuple[str, ...], command: str) -> None:
    commands = [" ".join(line.split()) for line in planned(*words).splitlines()]
    assert command in commands


def test_a_plain_make_shows_the_list_and_every_command_is_on_it() -> None:
    listed = subprocess.run(
        ["make", "--directory", str(ROOT)], env=clean_environment(), capture_output=True, text=True, check=True
    ).stdout
    phony = re.findall(r"(?m)^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert phony
    assert re.findall(r"(?m)^  make ([a-z-]+) +\S", listed) == phony


@pytest.fixture
def ci(tmp_path: Path) -> Path:
    """CI's script in a tree whose `make` prints and returns what each test wants."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    (tmp_path / "bin").mkdir()
    return tmp_path


CLOSING = "===== 3 passed in 1.20s ====="


def run_ci(tree: Path, **status: int) -> tuple[int, list[str]]:
    """Runs CI with a make whose targets exit with `status`; gives CI's own status and what it printed."""
    cases = "".join(f"{name}) exit {code} ;;\n" for name, code in status.items())
    said = f'[ "$1" = test ] && echo "{CLOSING}" && echo "make: after" >&2'
    (tree / "bin" / "make").write_text(f'#!/bin/sh\necho "$1" >> done\n{said}\ncase $1 in\n{cases}esac\nexit 0\n')
    (tree / "bin" / "make").chmod(0o755)
    path = f"{tree / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [tree / ".ci" / "run"], env=clean_environment(PATH=path), capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.splitlines()


def test_ci_sets_up_lints_and_tests_and_closes_with_pytests_line(ci: Path) -> None:
    status, lines = run_ci(ci)
    assert status == 0
    assert (ci / "done").read_text().split() == ["setup", "lint", "test"]
    assert lines[-1] == CLOSING


@pytest.mark.parametrize("status", [{"lint": 2}, {"test": 2}, {"test": 5}, {"lint": 1, "test": 1}])
def test_ci_fails_when_lint_or_tests_fail_and_still_closes_with_that_line(ci: Path, status: dict[str, int]) -> None:
    code, lines = run_ci(ci, **status)
    assert code == 1
    assert (ci / "done").read_text().split() == ["setup", "lint", "test"]
    assert lines[-1] == CLOSING


def test_ci_goes_no_further_without_its_environment(ci: Path) -> None:
    code, _ = run_ci(ci, setup=1)
    assert code == 1
    assert (ci / "done").read_text().split() == ["setup"]
