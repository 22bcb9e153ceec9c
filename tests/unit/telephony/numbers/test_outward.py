"""How numbers go out: the table of dialplans/README.md, and the zeros and prefixes beside it."""

import re
from pathlib import Path

import pytest

import dialplans
from telephony.numbers.china import read
from telephony.numbers.kinds import Kind, Rules
from telephony.numbers.outward import BEFORE, Format, OutFormat, outward, written

RULES = Rules(area_code="561", own_mobiles=("1385610",))
README = (Path(dialplans.__path__[0]) / "README.md").read_text(encoding="utf-8")
COLUMNS = ("13800000001", "05613053000", "01062345678", "4001234567", "0085221234567")


def sent(dialled: str, rules: Rules = RULES, **form: str) -> str:
    return written(outward(dialled, rules), Format(**form), rules)  # type: ignore[arg-type]


def rows() -> dict[str, list[str]]:
    found = re.findall(r"(?m)^\| `(\w+)` \| (`.*`) \| as they are \|$", README.partition("## Numbers")[2])
    return {form: re.findall("`([^`]+)`", cells) for form, cells in found}


def test_every_format_is_documented() -> None:
    assert rows().keys() == BEFORE.keys()


@pytest.mark.parametrize("form", BEFORE)
def test_numbers_go_out_as_documented(form: OutFormat) -> None:
    assert [sent(number, form=form) for number in COLUMNS] == rows()[form]
    assert [sent(number, form=form) for number in ("110", "12345", "95588")] == ["110", "12345", "95588"]


@pytest.mark.parametrize("form", BEFORE)
@pytest.mark.parametrize("number", COLUMNS)
def test_what_goes_out_means_what_was_dialled(number: str, form: OutFormat) -> None:
    """Read again, it is the number that was dialled; but for one of abroad without any sign of it (``86``)."""
    again = outward(sent(number, form=form), RULES)
    if (form, number) != ("86", "0085221234567"):
        assert again == outward(number, RULES)


def test_a_zero_before_mobiles_of_elsewhere_or_all() -> None:
    assert sent("+8613856101234", zero="elsewhere") == "13856101234"
    assert sent("+8613800000001", zero="elsewhere") == "013800000001"
    assert sent("+8613856101234", zero="always") == "013856101234"


def test_the_prefix_stands_before_everything() -> None:
    assert [sent(number, prefix="9") for number in ("110", "3053000", "zz", "1001")] == [
        "9110",
        "905613053000",
        "",
        "91001",
    ]


@pytest.mark.parametrize("dialled", ["", "+", "++86", "138 0000 0001", "1*", "abc", "１３８０００００００１", "1\n"])
def test_what_is_no_number_goes_nowhere(dialled: str) -> None:
    assert outward(dialled, RULES) == (Kind.UNKNOWN, "")
    assert sent(dialled, prefix="9") == ""


@pytest.mark.parametrize(
    ("dialled", "area", "kind", "nsn"),
    [
        ("62345678", "10", "fixed", "1062345678"),
        ("6234567", "10", "unknown", "6234567"),
        ("30530008", "561", "fixed", "56130530008"),
        ("3053000", "", "unknown", "3053000"),
        ("1062345678", "10", "fixed", "1062345678"),
        ("1062345678", "561", "unknown", "1062345678"),
        ("2162345678", "561", "unknown", "2162345678"),
        ("+8600", "561", "unknown", "+8600"),
        ("0013800000001", "561", "foreign", "13800000001"),
        ("+1234567", "561", "foreign", "1234567"),
        ("+123456", "561", "unknown", "+123456"),
        ("+1234567890123456", "561", "unknown", "+1234567890123456"),
    ],
)
def test_a_number_is_read_from_where_the_site_stands(dialled: str, area: str, kind: str, nsn: str) -> None:
    assert read(dialled, area) == (Kind(kind), nsn)
