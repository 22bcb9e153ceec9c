"""What the bridge writes ahead is what the dialplan reads."""

from dialplans import contract
from dialplans.views.kept import LOW_PRIORITY
from telephony.control import ahead
from telephony.limits.limit import HOW, Limit
from telephony.model import met, on_limits
from telephony.model.ids import MemberName, Micros
from tests.unit.dialplans.sites import TOLD, apps, plan, rendered

LIMIT = Limit(
    number="13800000001",
    who="mobile-13800000001",
    how="refuse",
    until=Micros(1_795_402_664_000_000),
    reason="骚扰",
    by="supervisor",
    at=Micros(1),
)
STEPS = plan(rendered(TOLD))


def test_both_sides_use_the_same_names() -> None:
    assert (ahead.LIMIT, ahead.BACK, met.KEPT_QUEUE) == (contract.KEPT_LIMIT, contract.KEPT_BACK, contract.KEPT_LINE)
    assert contract.LIMITS == HOW
    assert (HOW[0], LOW_PRIORITY) == (on_limits.LOW_PRIORITY, on_limits.LOWER)


def test_a_limit_has_its_expiry_and_none_is_none() -> None:
    told = ahead.limited(LIMIT, Micros(2))
    assert told.variable == "PRESENCE_STATE(CustomPresence:zt-limit-mobile-13800000001)"
    assert told.value == "xa,1795402664:refuse"
    assert ahead.limited(LIMIT, LIMIT.until).value == "not_set"
    assert any("${DB(CustomPresence/zt-limit-${ZT_WHO})}" in step for step in apps(STEPS["zt-limits"]["s"]))


def test_who_had_a_caller_stands_below_three_digits_so_that_there_are_a_thousand_at_most() -> None:
    told = ahead.kept_for("mobile-13800000001", MemberName("1001"), LIMIT.until)
    assert told.variable == "PRESENCE_STATE(CustomPresence:zt-back-001)"
    assert told.value == "xa,1795402664:1001:mobile-13800000001"
    assert any("${DB(CustomPresence/zt-back-${ZT_WHO:-3})}" in step for step in apps(STEPS["zt-sticky"]["s"]))
