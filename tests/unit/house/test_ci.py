"""What `.ci/run` makes of failing tests: the script itself, with make and pytest, on a project of four lines."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

CI = Path(__file__).resolve().parents[3] / ".ci" / "run"

MAKEFILE = """\
setup:
\t@true
lint:
\t@test ! -e ugly
test: setup
\t@{python} -m pytest -n {workers} --dist loadgroup -m "not slow" $(ARGS)
"""
AT_FIRST = """
import pathlib

def fails_once(name):
    seen = pathlib.Path(__file__).with_name(f"seen-{name}")
    first = not seen.exists()
    seen.touch()
    assert not first
"""


class Ran(msgspec.Struct, frozen=True):
    status: int
    lines: list[str]
    flaky: list[str]  # what is kept


class Project:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / ".ci").mkdir()
        shutil.copy(CI, folder / ".ci" / "run")
        (folder / "pytest.ini").write_text("[pytest]\naddopts = -ra\nmarkers =\n  slow\n")

    def run(self, tests: str, workers: int = 0) -> Ran:
        (self.folder / "test_it.py").write_text(AT_FIRST + tests)
        (self.folder / "Makefile").write_text(MAKEFILE.format(python=sys.executable, workers=workers))
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PYTEST_"))}
        done = subprocess.run(
            [".ci/run"], cwd=self.folder, env=ours, capture_output=True, text=True, timeout=100, check=False
        )
        kept = self.folder / "var" / "ci" / "flaky.txt"
        flaky = kept.read_text().splitlines() if kept.exists() else []
        return Ran(done.returncode, done.stdout.splitlines(), [line.split(" ", 2)[2] for line in flaky])


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_all_pass_at_once(project: Project) -> None:
    ran = project.run("def test_a(): pass\n")
    assert (ran.status, ran.flaky) == (0, [])
    assert "1 passed" in ran.lines[-1]
    assert not (project.folder / "var" / "ci" / "again.log").exists()


def test_what_passes_when_run_alone_is_named_and_kept(project: Project) -> None:
    """Also of a group: among workers its name is part of the id. The last line is pytest's, of the second try."""
    ran = project.run(
        "import pytest\n"
        "@pytest.mark.xdist_group('one-pbx')\n"
        "def test_a(): fails_once('a')\n"
        "@pytest.mark.parametrize('x', ['p q@r'])\n"
        "def test_b(x): fails_once('b')\n"
        "def test_c(): pass\n",
        workers=2,
    )
    assert ran.status == 0
    assert ran.flaky == ["test_it.py::test_a", "test_it.py::test_b[p q@r]"]
    assert [line.split()[1] for line in ran.lines if line.startswith("flaky: ")] == [
        "test_it.py::test_a",
        "test_it.py::test_b[p",
    ]
    assert "2 passed" in ran.lines[-1]
    assert ran.lines[-1].startswith("=")
    assert any("2 failed, 1 passed" in line for line in ran.lines[-4:-1]), "the whole run is not hidden"


def test_what_fails_again_is_a_failure(project: Project) -> None:
    ran = project.run("def test_a(): fails_once('a')\ndef test_b(): assert 0\n")
    assert ran.status != 0
    assert ran.flaky == ["test_it.py::test_a"]
    assert "1 failed, 1 passed" in ran.lines[-1]


def test_skipping_it_at_the_second_try_does_not_help(project: Project) -> None:
    ran = project.run(
        "def test_a():\n"
        "    import pytest\n"
        "    if pathlib.Path(__file__).with_name('seen-a').exists():\n"
        "        pytest.skip('gone')\n"
        "    fails_once('a')\n"
    )
    assert ran.status != 0


@pytest.mark.parametrize(("count", "status"), [(5, 0), (6, 1)])
def test_more_than_five_are_not_tried_again(project: Project, count: int, status: int) -> None:
    ran = project.run("".join(f"def test_{n}(): fails_once({n})\n" for n in range(count)))
    assert (ran.status, len(ran.flaky)) == (status, count if status == 0 else 0)
    assert f"{count} {'passed' if status == 0 else 'failed'}" in ran.lines[-1]


@pytest.mark.parametrize(
    "tests",
    [
        "",  # pytest's status 5
        "raise KeyboardInterrupt\n",  # 2
        "def test_a():\n    import os\n    os._exit(1)\n",  # no closing line
        "import pytest\n@pytest.mark.slow\ndef test_a(): pass\n",
    ],
)
def test_a_run_that_came_to_no_end_fails_at_once(project: Project, tests: str) -> None:
    ran = project.run(tests)
    assert ran.status != 0
    assert not (project.folder / "var" / "ci" / "again.log").exists()


def test_lint_is_held_whatever_the_tests_say(project: Project) -> None:
    (project.folder / "ugly").touch()
    assert project.run("def test_a(): fails_once('a')\n").status != 0


def test_failures_of_an_earlier_run_are_not_this_ones(project: Project) -> None:
    project.run("def test_a(): assert 0\n")
    ran = project.run("def test_a(): assert 0\ndef test_b(): fails_once('b')\n")
    assert ran.flaky == ["test_it.py::test_b"]
    assert ran.status != 0
