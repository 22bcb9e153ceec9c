"""A number on a screen: as received, what it means, and nothing that is not certain."""

import pytest

from telephony.masking import mask_normalised, mask_number
from telephony.numbers.kinds import Kind, Rules
from telephony.numbers.received import normalised
from zhitong.cli.number_words import KINDS, meaning

RULES = Rules(area_code="561")


@pytest.mark.parametrize(
    ("received", "said"),
    [
        ("013805610001", "013805610001 → +8613805610001  手机 mobile"),
        ("+8613805610001", "+8613805610001  手机 mobile"),
        ("3053000", "3053000 → +865613053000  固话 fixed  区号 area 0561"),
        ("010-62345678-801", "010-62345678-801 → +861062345678  固话 fixed  区号 area 010  分机 extension 801"),
        ("12345", "12345  服务号码 service"),
        ("0085221234567", "0085221234567 → +85221234567  境外 abroad"),
        ("anonymous", "anonymous  未显示 withheld"),
        ("", "未显示 withheld"),
        ("1001", "1001  不明 unknown"),
    ],
)
def test_a_number_and_its_meaning(received: str, said: str) -> None:
    assert meaning(received, normalised(received, RULES)) == said


def test_both_are_masked_alike() -> None:
    known = mask_normalised(normalised("05613053000", RULES))
    assert meaning(mask_number("05613053000"), known) == "0561****000 → +86561*****00  固话 fixed  区号 area 0561"


def test_nothing_is_said_where_nobody_has_looked() -> None:
    assert meaning("13805610001", None) == ""


def test_every_kind_has_its_words() -> None:
    assert set(KINDS) == set(Kind)
