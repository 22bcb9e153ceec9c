"""Masked numbers: the forms in use in China, and that nothing gets out whatever comes in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.masking import mask_name, mask_number

NUMBERS = [
    ("13812345678", "138****5678"),
    ("19912345678", "199****5678"),
    ("138-1234-5678", "138****5678"),
    ("138 1234 5678", "138****5678"),
    ("１３８１２３４５６７８", "138****5678"),
    ("+8613812345678", "+86138****5678"),
    ("8613812345678", "86138****5678"),
    ("008613812345678", "0086138****5678"),
    ("01062345678", "010****5678"),  # Beijing: area code of three digits, numbers of eight
    ("02161234567", "021****4567"),
    ("05613012345", "0561****345"),  # Huaibei: area code of four, numbers of seven
    ("051212345678", "0512****5678"),
    ("0561-3012345", "0561****345"),
    ("(010)62345678", "010****5678"),
    ("62345678", "****5678"),
    ("3012345", "****345"),
    ("4008123456", "400*****56"),
    ("+442071838750", "+442*******50"),
    ("00442071838750", "00442*******50"),
    ("12345", "12345"),
    ("110", "110"),
    ("95588", "95588"),
    ("1001", "1001"),
    ("", ""),
    ("anonymous", "anonymous"),
    ("Anonymous", "Anonymous"),
    ("withheld", "withheld"),
    ("未知", "未知"),
    ("alice", "a****"),
    ("sip:13812345678@example.org", "s****"),
]


@pytest.mark.parametrize(("number", "masked"), NUMBERS)
def test_numbers_as_they_come(number: str, masked: str) -> None:
    assert mask_number(number) == masked


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王小明", "王**"),
        ("阿卜杜拉·买买提", "阿**"),
        ("Smith", "S**"),
        ("13812345678", "138****5678"),
        ("+86 138 1234 5678", "86138****5678"),
        ("张三 13812345678", "138****5678"),
        ("12345", "12345"),
        ("", ""),
        ("Anonymous", "Anonymous"),
    ],
)
def test_names_as_they_come(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def shown(masked: str) -> int:
    return sum(char.isdigit() for char in masked)


@given(st.from_regex(r"[0-9]{7,20}", fullmatch=True))
def test_four_digits_or_more_are_hidden_of_every_number_a_person_may_have(number: str) -> None:
    masked = mask_number(number)
    assert shown(masked) <= len(number) - 4
    assert masked.endswith(number[-2:])


@given(
    st.from_regex(r"[0-9]{7,15}", fullmatch=True),
    st.lists(st.tuples(st.integers(0, 15), st.sampled_from([" ", "-", ".", "(", ")", "*", "#", "\t"])), max_size=6),
)
def test_signs_between_the_digits_uncover_nothing(number: str, signs: list[tuple[int, str]]) -> None:
    dressed = number
    for at, sign in signs:
        dressed = dressed[:at] + sign + dressed[at:]
    assert mask_number(dressed) == mask_number(number)


@given(st.text(max_size=30))
def test_any_text_is_taken_and_no_long_number_in_it_gets_out_whole(text: str) -> None:
    for masked in (mask_number(text), mask_name(text)):
        digits = "".join(char for char in text if char.isascii() and char.isdigit())
        if len(digits) > 6:
            assert digits not in masked


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_masking_twice_shows_no_more_than_masking_once(number: str) -> None:
    assert shown(mask_number(mask_number(number))) <= shown(mask_number(number))
