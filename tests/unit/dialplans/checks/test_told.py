"""A caller may be told a place only where nobody goes before it."""

import pytest

from dialplans.checks.case import Case
from dialplans.checks.told import untrue_positions
from telephony.config import parse_site
from tests.unit.dialplans.sites import agents

TWO = """
name = "x"
hotline = ["12345"]
[[queue]]
name = "first"
position = {told}
weight = {weight}
[[queue]]
name = "second"
weight = {other}
"""
SHARED = tuple(agents("1001", queues="first;second"))
APART = (*agents("1001", queues="first"), *agents("1002", queues="second"))


@pytest.mark.parametrize(
    ("told", "weight", "other", "shared", "found"),
    [
        ("true", 0, 5, True, True),
        ("true", 5, 5, True, False),
        ("true", 5, 0, True, False),
        ("true", 0, 5, False, False),
        ("false", 0, 5, True, False),
    ],
)
def test_who_goes_before_makes_a_place_untrue(told: str, weight: int, other: int, shared: bool, found: bool) -> None:
    site = parse_site(TWO.format(told=told, weight=weight, other=other))
    faults = list(untrue_positions(Case(site=site, agents=SHARED if shared else APART)))
    assert [each.where for each in faults] == ["site.toml: queue[0].position"] * found
    assert all("callers of second go before" in each.what for each in faults)
