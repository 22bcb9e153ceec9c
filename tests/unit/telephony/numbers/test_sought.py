"""Whoever looks for a number finds it, in whatever form it was kept and in whatever form it is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.numbers.kinds import Rules
from telephony.numbers.received import normalised
from telephony.numbers.sought import sought, ways_to_write
from tests.unit.telephony.numbers.forms import AREA, REAL, Real, written

RULES = Rules(area_code=AREA)


@given(REAL.flatmap(lambda real: st.tuples(written(real), written(real))))
def test_any_form_finds_any_form(pair: tuple[str, str]) -> None:
    assert normalised(pair[0], RULES).key in sought(pair[1], RULES).keys


@given(REAL)
def test_every_way_to_write_it_means_it(real: Real) -> None:
    number = normalised(real.e164, RULES)
    assert {normalised(way, RULES) for way in ways_to_write(number)} == {number}


def test_one_of_the_own_area_is_found_as_it_was_kept_before_the_area_code_was_told() -> None:
    before = {normalised(way, Rules()).key for way in ("3053000", "5613053000")}
    assert before < set(sought("0561-3053000", RULES).keys)


def test_a_short_number_is_that_of_a_phone_of_the_site_too() -> None:
    assert set(sought("1001", RULES).keys) == {"1001", "internal:1001"}


@pytest.mark.parametrize(("text", "any_extension"), [("05613053000", True), ("05613053000-8012", False)])
def test_without_an_extension_everybody_behind_the_switchboard_is_meant(text: str, any_extension: bool) -> None:
    assert sought(text, RULES).any_extension is any_extension


def test_a_withheld_number_is_looked_for_by_its_word_alone() -> None:
    assert sought("anonymous", RULES).keys == ()
    assert sought("anonymous", RULES).written[0] == "anonymous"
