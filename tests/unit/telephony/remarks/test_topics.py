"""Which topics may be chosen, which may have been meant, and what they are called."""

import pytest

from telephony.remarks.topics import is_open, near, refusal, title, with_below
from telephony.site.topics import Topic

TREE = (
    Topic(code="water", title="供水"),
    Topic(code="water-off", title="停水", parent="water"),
    Topic(code="water-bill", title="水费", parent="water"),
    Topic(code="old", title="旧类", active=False),
    Topic(code="old-one", title="旧一", parent="old"),
    Topic(code="noise", title="噪音扰民"),
)


@pytest.mark.parametrize(
    ("code", "may"), [("water", True), ("water-off", True), ("old", False), ("old-one", False), ("x", False)]
)
def test_one_may_be_chosen_that_is_active_with_all_above_it(code: str, may: bool) -> None:
    assert is_open(code, TREE) is may
    assert (refusal([code], TREE) == "") is may


def test_a_code_that_is_none_is_told_with_those_near_to_it() -> None:
    assert refusal(["watre"], TREE).startswith("'watre' is no topic of this site. Near: water, ")
    assert near("water-of", TREE)[0] == "water-off"
    assert near("扰民", TREE) == ["noise"]
    assert near("wat", TREE) == ["water", "water-off", "water-bill"]
    assert "old" not in near("old", TREE)
    assert refusal(["zzz"], TREE).endswith("that are active may be chosen.")
    assert "[[topic]]" in refusal(["water"], ())


def test_many_codes_are_too_many() -> None:
    assert refusal(["water"] * 11, TREE).startswith("has 11 codes; at most 10")
    assert refusal([], TREE) == ""


def test_a_strange_code_is_quoted_so_that_it_stays_on_its_line() -> None:
    assert "\n" not in refusal(["a\nb"], TREE)
    assert len(refusal(["x" * 5_000], TREE)) < 300


def test_the_title_is_read_from_the_top() -> None:
    assert title("water-off", TREE) == "供水 / 停水"
    assert title("gone", TREE) == "gone"


def test_a_topic_is_sought_with_all_below_it() -> None:
    assert with_below("water", TREE) == ("water", "water-off", "water-bill")
    assert with_below("old", TREE) == ("old", "old-one")
    assert with_below("gone", TREE) == ("gone",)
