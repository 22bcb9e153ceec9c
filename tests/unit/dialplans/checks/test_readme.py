"""README.md's table of rules is the table of rules."""

from dialplans.checks.table import OF_FILES, OF_SITES
from tests.unit.dialplans.test_contract import code, rows


def test_rules_are_as_documented() -> None:
    said = [(rule.name, rule.level, rule.en, rule.zh) for rule in OF_SITES]
    said += [(rule.name, rule.level, rule.en, rule.zh) for rule in OF_FILES]
    wanted = [[code(name), str(level), f"{en} · {zh}"] for name, level, en, zh in said]
    assert rows("## What check looks for") == wanted
