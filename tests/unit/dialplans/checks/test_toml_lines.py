"""Lines of keys, held against a text whose lines are counted by hand."""

import tomllib
from typing import Any

import pytest

from dialplans.check import check_site, in_file
from dialplans.checks.toml_lines import line_of
from tests.unit.dialplans.sites import SAMPLES, agents, sample

TEXT = """\
name = "x # no comment = [ ]" # one
hotline = [
  "12345", # = [
  "12346",
]
pbx.ami.port = 5038

[sip]
"codecs" = ["alaw"]

[[queue]] # the first
name = "a"
exits = { 1 = "queue:b", 2 = "hangup" }

[[queue]]
name = "b"
[queue.deep]
key = 1
[opening]
mon = ["08:30-12:00",
       "13:30-24:00"]
tue = []
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("name", 1),
        ("hotline", 2),
        ("hotline[1]", 2),
        ("pbx.ami.port", 6),
        ("sip", 8),
        ("sip.codecs", 9),
        ("sip.port", 8),
        ("queue[0]", 11),
        ("queue[0].name", 12),
        ("queue[0].exits.2", 13),
        ("queue[0].timeout_s", 11),
        ("queue[1].name", 16),
        ("queue[1].deep.key", 18),
        ("opening.mon[1]", 20),
        ("opening.tue", 22),
        ("trunk[0].answer", None),
    ],
)
def test_a_key_is_at_its_line(path: str, line: int | None) -> None:
    tomllib.loads(TEXT)
    assert line_of(TEXT, path) == line


@pytest.mark.parametrize("name", ["city", "two-phones"])
def test_every_key_of_the_samples_is_found(name: str) -> None:
    """By the value that stands there: the line says the key, and no other line is taken for it."""
    text = (SAMPLES / name / "site.toml").read_text(encoding="utf-8")
    lines = text.split("\n")
    for path, key in _paths(tomllib.loads(text), ""):
        line = line_of(text, path)
        assert line is not None
        assert lines[line - 1].lstrip("[ ").startswith(key) or key in lines[line - 1]


def _paths(value: Any, path: str) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [each for key, child in value.items() for each in _below(child, f"{path}.{key}".lstrip("."), key)]
    return []


def _below(value: Any, path: str, key: str) -> list[tuple[str, str]]:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [each for index, child in enumerate(value) for each in _paths(child, f"{path}[{index}]")]
    return [(path, key), *_paths(value, path)]


def test_a_finding_of_a_site_gets_its_line() -> None:
    site, _ = sample("city")
    text = (SAMPLES / "city" / "site.toml").read_text(encoding="utf-8")
    found = [each for each in in_file(check_site(site, agents("1001")), text) if each.rule == "lonely-queue"]
    lines = text.split("\n")
    assert [lines[int(each.where.split(":")[1]) - 1] for each in found] == ["[[queue]]"] * 3
    assert found[0].where.startswith("site.toml:")
    assert found[0].where.endswith(": queue[1]")
