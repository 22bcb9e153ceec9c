"""Each import contract is broken on purpose once, so that we know it would tell.

The contracts of pyproject.toml judge a small tree of empty modules; then one forbidden import is written into it.
"""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("telephony", "agent_bridge", "zhitong", "dialplans", "tests", "bench")
PARTS = ("ami", "records", "live", "directory", "model")
OUTERMOST = "The command line is outermost, telephony innermost"
FALLS = "Inside telephony data falls"
INSIDE = "Inside zhitong: command line, then operations and lab, then access"
LAB = "The lab serves the command line, tests and bench only"
DIALPLANS = "The dialplans serve the command line, the lab, tests and bench only"
OWN = "What is not listed here of telephony is telephony's own"
PURE = "The pure modules do no I/O, tell no time, throw no dice, write no log"
PANORAMISK = "panoramisk lives in telephony.ami.session and nowhere else"
PYST2 = "pyst2 blocks, so it is the doctor's and the tests' second opinion, never in the event path"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
PURE_MODULES = next(contract["source_modules"] for contract in CONTRACTS if contract["name"] == PURE)
STANDS_ON = "The dialplans stand on the errors, the configuration and the directory"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The real contracts, and of each module that they name one with nothing in it."""
    for package in (*PACKAGES, *(f"telephony/{part}" for part in PARTS), "zhitong/cli", "zhitong/lab"):
        write(tmp_path, f"{package}/__init__.py")
    for module in PURE_MODULES:
        if not (tmp_path / module.replace(".", "/")).is_dir():
            write(tmp_path, f"{module.replace('.', '/')}.py")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def write(tree: Path, name: str, text: str = "") -> None:
    """Writes the module `name`, and makes each folder above it a package."""
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    for folder in path.relative_to(tree).parents[:-1]:
        (tree / folder / "__init__.py").touch()
    path.write_text(text, encoding="utf-8")


def broken_contracts(tree: Path) -> set[str]:
    """The names of the contracts that import-linter finds broken in `tree`."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    done = subprocess.run(
        [*command, "--no-cache", "--no-logo"],
        cwd=tree,
        env={"COLUMNS": "300", "PATH": "", "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Contracts:" in done.stdout, done.stdout + done.stderr
    broken = {line.removesuffix(" BROKEN") for line in done.stdout.splitlines() if line.endswith(" BROKEN")}
    assert bool(broken) == bool(done.returncode)
    return broken


def test_the_empty_tree_keeps_every_contract(tree: Path) -> None:
    assert broken_contracts(tree) == set()


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("telephony/model/spy.py", "import asyncio", {PURE}),
        ("telephony/model/spy.py", "from time import monotonic", {PURE}),
        ("telephony/model/spy.py", "import logging.handlers", {PURE}),
        ("telephony/model/spy.py", "import random", {PURE}),
        ("telephony/model/spy.py", "import structlog", {PURE}),
        ("telephony/records/record.py", "import sqlalchemy", {PURE}),
        ("telephony/ami/codec.py", "import socket", {PURE}),
        ("telephony/ami/decode.py", "from time import time", {PURE}),
        ("telephony/model/spy.py", "import telephony.records.record", {FALLS}),
        ("telephony/records/spy.py", "import telephony.ami.session", {FALLS}),
        ("telephony/records/spy.py", "import telephony.live", {FALLS}),
        ("telephony/ami/spy.py", "import telephony.ingest", {FALLS}),
        ("telephony/directory/spy.py", "import agent_bridge", {OUTERMOST}),
        ("telephony/records/spy.py", "import zhitong.cli", {OUTERMOST}),
        ("agent_bridge/spy.py", "import zhitong.cli", {OUTERMOST}),
        ("agent_bridge/spy.py", "import zhitong.lab", {OUTERMOST, LAB}),
        ("agent_bridge/spy.py", "import dialplans", {DIALPLANS}),
        ("telephony/records/spy.py", "import dialplans", {DIALPLANS}),
        ("agent_bridge/spy.py", "import telephony.ami.session", {OWN}),
        ("agent_bridge/spy.py", "import telephony.ingest", {OWN}),
        ("agent_bridge/spy.py", "import telephony.control.door", {OWN}),
        ("agent_bridge/spy.py", "import telephony.model.events", {OWN}),
        ("agent_bridge/spy.py", "import telephony.anything_new.at_all", {FALLS, OWN}),
        ("zhitong/ops/spy.py", "import telephony.ami.session", {OWN}),
        (
            "zhitong/ops/spy.py",
            "import zhitong.lab",
            {LAB, OUTERMOST, INSIDE},
        ),
        ("dialplans/spy.py", "import telephony.ami.session", {OWN, STANDS_ON}),
        ("telephony/ami/connection.py", "import panoramisk", {PANORAMISK}),
        ("zhitong/cli/spy.py", "from panoramisk import Manager", {PANORAMISK}),
        ("telephony/ami/session.py", "import asterisk.manager", {PYST2}),
    ],
)
def test_an_offence_breaks_its_contract_and_no_other(tree: Path, module: str, line: str, broken: set[str]) -> None:
    for target in ("telephony/ami/session.py", "telephony/ingest.py", "telephony/anything_new/at_all.py"):
        if target.removesuffix(".py").replace("/", ".") in line:
            write(tree, target)
    write(tree, module, line + "\n")
    assert broken_contracts(tree) == broken


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("telephony/ami/session.py", "import panoramisk"),
        ("telephony/ami/connection.py", "import telephony.ami.session"),
        ("telephony/model/spy.py", "import msgspec"),
        ("telephony/ami/decode.py", "import telephony.model.events"),
        ("telephony/ami/session.py", "import asyncio"),
        ("telephony/ingest.py", "import telephony.control"),
        ("telephony/service.py", "import telephony.ingest"),
        ("agent_bridge/spy.py", "import telephony.live"),
        ("agent_bridge/spy.py", "import telephony.control.commands"),
        ("agent_bridge/spy.py", "import telephony.model.ids"),
        ("agent_bridge/spy.py", "import telephony.model.changes"),
        ("agent_bridge/spy.py", "import telephony.records.record"),
        ("agent_bridge/spy.py", "import telephony.errors"),
        ("zhitong/ops/spy.py", "import telephony.recordings.linking"),
        ("zhitong/ops/spy.py", "import zhitong.access.roles"),
        ("zhitong/lab/spy.py", "import dialplans.render"),
        (
            "zhitong/cli/spy.py",
            "import zhitong.lab.tree, dialplans.render, telephony.service, asterisk.manager",
        ),
        ("dialplans/spy.py", "import telephony.errors, telephony.config, telephony.directory.agents"),
        ("tests/spy.py", "import zhitong.lab.tree, panoramisk, asterisk.manager, telephony.ingest"),
    ],
)
def test_what_the_design_allows_is_allowed(tree: Path, module: str, line: str) -> None:
    for word in line.removeprefix("import ").split(", "):
        if word.startswith(PACKAGES) and not (tree / word.replace(".", "/")).is_dir():
            write(tree, word.replace(".", "/") + ".py")
    write(tree, module, line + "\n")
    assert broken_contracts(tree) == set()
