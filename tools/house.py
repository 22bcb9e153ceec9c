"""The house rules that no linter knows: sizes, no registry host, no machine path, nothing left undone.

`python tools/house.py` judges every file that git would commit and prints one line per finding.
"""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_FUNCTION = 60
"""Lines from `def` to the last statement, both counted."""
MAX_MODULE = 450
"""Lines of one Python file."""

# Put together here so that this file does not find itself.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry-1", "docker", "io"),
        ("ghcr", "io"),
    )
)
MACHINE_PATH = re.compile(r"(?:^|[\s\"'(=])/(?:work|farm|home|root|Users)/")
LEFTOVER = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r")\b")
BYTES_ONLY = ("tests/recordings/queue-calls/", "tests/recordings/single/", "LICENSE")
"""Raw captures and the licence are kept as they came."""


def main() -> int:
    findings = [line for path in committed_files(ROOT) for line in judge(path, ROOT)]
    for line in findings:
        print(line)
    print(f"house: {len(findings)} finding(s). {sizes(ROOT)}")
    return 1 if findings else 0


def committed_files(root: Path) -> list[Path]:
    """What git tracks under `root`, and what it would: new files that are not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return sorted(path for name in set(listed.split("\0")) if name and (path := root / name).is_file())


def judge(path: Path, root: Path) -> Iterator[str]:
    """Each finding in `path` as `file:line: what is wrong`."""
    name = path.relative_to(root).as_posix()
    if name.startswith(BYTES_ONLY):
        return
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return  # pictures and other bytes have no lines to judge
    yield from judge_lines(name, text)
    if path.suffix == ".py":
        yield from judge_sizes(name, text)


def judge_lines(name: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if any(host in line for host in REGISTRY_HOSTS):
            yield f"{name}:{number}: names a registry's host; let the machine's configuration say it"
        if MACHINE_PATH.search(line):
            yield f"{name}:{number}: holds a path of one machine; make it relative or a setting"
        if LEFTOVER.search(line):
            yield f"{name}:{number}: something left undone; finish it or file an issue"


def judge_sizes(name: str, text: str) -> Iterator[str]:
    if (lines := len(text.splitlines())) > MAX_MODULE:
        yield f"{name}:1: module of {lines} lines, {MAX_MODULE} are allowed; split it by duty"
    for function in functions(text):
        if (length := function_length(function)) > MAX_FUNCTION:
            yield f"{name}:{function.lineno}: {function.name} has {length} lines, {MAX_FUNCTION} are allowed"


def functions(text: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def function_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def sizes(root: Path) -> str:
    """The medians the guide speaks of, over the four packages: 8 lines a function, 200 lines a module."""
    packages = ("telephony/", "agent_bridge/", "zhitong/", "dialplans/")
    texts = [
        path.read_text(encoding="utf-8")
        for path in committed_files(root)
        if path.suffix == ".py" and path.relative_to(root).as_posix().startswith(packages)
    ]
    modules = [len(text.splitlines()) for text in texts if text.strip()]
    lengths = [function_length(function) for text in texts for function in functions(text)]
    if not lengths:
        return "No function yet."
    function, module = statistics.median(lengths), statistics.median(modules)
    return f"Median function {function:.0f} lines, median module {module:.0f}."


if __name__ == "__main__":
    sys.exit(main())
