"""Failures that other systems were reported for: the table in tests/README.md says where each is tested, and it is."""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "tests" / "README.md"
_LINE = re.compile(r"^\| (?P<row>\d+) \| (?P<what>[^|]+) \| (?P<where>[^|]+) \|$", re.MULTILINE)
_NAME = re.compile(r"test_row_(?P<row>\d\d)_\w+")


@cache
def named() -> dict[int, dict[str, list[str]]]:
    """Row → file → what its tests say of themselves."""
    found: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "test_row_" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (name := _NAME.fullmatch(node.name)):
                found[int(name["row"])][str(path.relative_to(ROOT))].append(ast.get_docstring(node) or "")
    return found


@cache
def table() -> dict[int, set[str]]:
    """Row → files."""
    lines = list(_LINE.finditer(PAGE.read_text(encoding="utf-8")))
    told = {int(line["row"]): set(re.findall(r"`([^`]+)`", line["where"])) for line in lines}
    assert len(told) == len(lines), "a row stands twice"
    return told


def test_rows_are_told_in_order_and_most_are_there() -> None:
    assert list(table()) == sorted(table())
    assert {3, 4, 5, 6, 7, 8, 9, 14, 15, 17, 18, 21} <= table().keys()


@pytest.mark.parametrize("row", sorted(table()))
def test_what_the_table_names_tests_this_row(row: int) -> None:
    assert table()[row], "no file is named"
    assert table()[row] <= named()[row].keys(), "named in tests/README.md, but there is no test_row_ of this number"


@pytest.mark.parametrize("row", sorted(named()))
def test_every_row_that_is_tested_stands_in_the_table(row: int) -> None:
    missing = named()[row].keys() - table().get(row, set())
    assert not missing, f"add to the line of row {row} in tests/README.md: {sorted(missing)}"


@pytest.mark.parametrize("row", sorted(named()))
def test_one_test_of_each_row_says_what_it_is_about(row: int) -> None:
    assert any(docstring for docstrings in named()[row].values() for docstring in docstrings)
