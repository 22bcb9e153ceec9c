"""How what was promised stands beside what was measured."""

import io

import pytest
from rich.console import Console

from bench.targets import TARGETS, Standing, Target, standings, table, value_at

FIGURES = {"a": {"80": {"p95": 9.96}}, "ratio": 2.0, "share": 0.3, "flag": True, "none": None}
AT_MOST = Target("a.80.p95", "how long", "<=", 10, "ms")
AT_LEAST = Target("ratio", "how fast", ">=", 2)
MISSED = Target("share", "how much", "<=", 0.25)
ABSENT = Target("a.95.p95", "not there", "<=", 10)


def test_a_value_is_found_by_its_path() -> None:
    assert value_at(FIGURES, "a.80.p95") == 9.96
    assert [value_at(FIGURES, key) for key in ("a.80", "a.80.p95.x", "b", "flag", "none")] == [None] * 5


def test_limits_are_met_at_the_limit() -> None:
    met = {each.key: each.met for each in standings(FIGURES, (AT_MOST, AT_LEAST, MISSED, ABSENT))}
    assert met == {"a.80.p95": True, "ratio": True, "share": False, "a.95.p95": None}


def test_a_missed_target_is_shown_and_what_was_not_measured_is_counted() -> None:
    made = table(standings(FIGURES, (AT_MOST, AT_LEAST, MISSED, ABSENT)))
    file = io.StringIO()
    Console(width=160, file=file).print(made)
    said = file.getvalue()
    lines = {part: next(line for line in said.splitlines() if part in line) for part in ("how long", "how much")}
    assert "达到 met" in lines["how long"]
    assert "≤ 10 ms" in lines["how long"]
    assert "未达到 MISSED" in lines["how much"]
    assert "not there" not in said
    assert "另有 1 项" in said


@pytest.mark.parametrize(("value", "shown"), [(0.0, "0 ms"), (9.96, "9.96 ms"), (1_234.5, "1,234 ms"), (None, "—")])
def test_numbers_are_short(value: float | None, shown: str) -> None:
    assert Standing("key", "what", "≤ 1 ms", value, unit="ms").shown == shown


def test_each_target_has_a_key_of_its_own() -> None:
    keys = [target.key for target in TARGETS]
    assert len(keys) == len(set(keys))
