"""Shapes of patterns against the regular expressions of ``dialplans.parse``, number by number."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplans.checks.patterns import example, overlap, shape, within
from dialplans.parse import pattern

_DIGITS = "0129"
_NUMBERS = ["".join(each) for length in range(1, 5) for each in product(_DIGITS, repeat=length)]
_PARTS = st.sampled_from(["X", "Z", "N", "0", "1", "9", "[12]", "[0-2]", "-"])
PATTERNS = st.builds(
    lambda parts, end: "_" + "".join(parts) + end,
    st.lists(_PARTS, min_size=1, max_size=3),
    st.sampled_from(["", "", ".", "!"]),
).filter(lambda text: text.strip("_-") not in {"", ".", "!"})


def numbers(text: str) -> set[str]:
    """Those of the short numbers that this pattern matches."""
    return {each for each in _NUMBERS if pattern(text).fullmatch(each)}


@given(PATTERNS, PATTERNS)
def test_overlap_and_within_are_those_of_the_numbers(one: str, other: str) -> None:
    """All sets above are told apart by these four digits, and all ends by four places."""
    shared = numbers(one) & numbers(other)
    assert overlap(shape(one), shape(other)) == bool(shared)
    assert within(shape(one), shape(other)) == (numbers(one) <= numbers(other))
    if shared:
        found = example(shape(one), shape(other))
        assert pattern(one).fullmatch(found)
        assert pattern(other).fullmatch(found)


@pytest.mark.parametrize(
    ("inner", "outer", "is_within"),
    [
        ("100", "_1XX", True),
        ("_1XX", "100", False),
        ("_10X/2025550100", "_1XX", True),
        ("_X.", "_X!", True),
        ("a", "_.", True),
    ],
)
def test_plain_numbers_are_shapes_too(inner: str, outer: str, is_within: bool) -> None:
    assert within(shape(inner), shape(outer)) == is_within
