"""Whose number is limited, and what no limit can be set on."""

import pytest

from telephony.limits.limit import Limit, NotLimitable, number_of, who_of
from telephony.model.ids import Micros
from telephony.numbers.kinds import Rules

RULES = Rules(area_code="561")


@pytest.mark.parametrize(
    "written",
    ["13800000001", "013800000001", "+8613800000001", "008613800000001", "86 138-0000-0001", "138 0000 0001"],
)
def test_one_number_in_any_form_is_one_caller(written: str) -> None:
    assert number_of(written, RULES) == ("13800000001", "mobile-13800000001")


@pytest.mark.parametrize("received", ["13800000001", "013800000001", "+8613800000001", "8613800000001"])
def test_the_caller_is_who_was_limited(received: str) -> None:
    assert who_of(received, RULES) == number_of("13800000001", RULES)[1]


def test_fixed_foreign_and_unknown_numbers() -> None:
    assert number_of("3053000", RULES) == ("05613053000", "fixed-5613053000")
    assert who_of("05613053000", RULES) == "fixed-5613053000"
    assert number_of("+85221234567", RULES)[1] == who_of("0085221234567", RULES) == "foreign-85221234567"
    assert number_of("7654321098765", RULES)[1] == who_of("7654321098765", RULES) == "unknown-7654321098765"


@pytest.mark.parametrize(
    "written", ["", "anonymous", "0000", "110", "0561110", "119", "abc", "13800000001转123", "1;2"]
)
def test_no_limit_can_be_set_on(written: str) -> None:
    with pytest.raises(NotLimitable):
        number_of(written, RULES)


@pytest.mark.parametrize("received", ["", "0", "000", "+", "anonymous"])
def test_nobody_can_be_known_again_by(received: str) -> None:
    assert who_of(received, RULES) == ""


def test_it_ends_by_itself_or_when_it_is_lifted() -> None:
    limit = Limit(
        number="1", who="x", how="refuse", until=Micros(10), reason="r", by="b", at=Micros(1), lifted_at=Micros(5)
    )
    assert not limit.holds(Micros(2))
    held = Limit(number="1", who="x", how="refuse", until=Micros(10), reason="r", by="b", at=Micros(1))
    assert held.holds(Micros(9))
    assert not held.holds(Micros(10))
