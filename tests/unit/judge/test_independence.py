"""The judge shares no code with what it judges: it imports the standard library and itself, nothing else."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "tests" / "judge").rglob("*.py"))
OWN = "tests.judge"


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
        elif isinstance(node, ast.Name) and node.id in {"__import__", "eval", "exec"}:
            yield node.id


def allowed(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names - {"importlib", "runpy"} or f"{name}.".startswith(
        f"{OWN}."
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_standard_library_and_itself(path: Path) -> None:
    assert not [name for name in imported(path) if not allowed(name)]


def test_the_check_would_see_a_product_import() -> None:
    assert len(FILES) > 15
    assert not any(allowed(name) for name in ("telephony", "telephony.records", "zhitong.lab", "msgspec", "tests.unit"))
    assert allowed("tests.judge.books") and allowed("json")
