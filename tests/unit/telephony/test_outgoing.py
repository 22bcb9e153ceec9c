"""The one list of numbers that may be called over a trunk."""

import pytest

from telephony.config import parse_site
from telephony.errors import ConfigError
from telephony.outgoing import is_allowed
from telephony.site.site import Site

HEAD = """
name = "t"
hotline = ["12345", "88812345"]
[numbers]
area_code = "0561"
[[trunk]]
name = "carrier"
hosts = ["192.0.2.1"]
[[queue]]
name = "q"
"""


def site(more: str = "") -> Site:
    return parse_site(HEAD + more)


@pytest.mark.parametrize(
    "dialled",
    [
        *("13800000001", "013800000001", "8613800000001", "008613800000001", "+8613800000001"),
        *("3053000", "05613053000", "01062345678", "+861062345678", "075588888888"),
        *("110", "119", "120", "12315", "10086", "95588", "4001234567", "8001234567"),
    ],
)
def test_what_a_hotline_calls_is_allowed(dialled: str) -> None:
    assert is_allowed(dialled, site())


@pytest.mark.parametrize(
    "dialled",
    [
        *("00441632960961", "+441632960961", "0085221234567", "+85221234567", "+1", "00", "+"),
        *("16812345678", "16012345678"),
        *("16812345", "12590", "125901234", "1234567890123456", "", "1", "13800000001;1", "abc", "138*0000001"),
        *("12345", "88812345", "056188812345", "+8656188812345", "008612345"),
    ],
)
def test_nothing_abroad_nothing_premium_nothing_that_is_no_number_and_not_itself(dialled: str) -> None:
    assert not is_allowed(dialled, site())


def test_what_is_named_is_allowed_and_what_is_denied_is_not() -> None:
    only = site('[outgoing]\nallow = ["local", "+852X.", "16812345"]\ndeny = ["05613050000", "+8529XXXXXXX"]\n')
    allowed = ("3053000", "05613053000", "0085221234567", "16812345")
    denied = ("3050000", "+865613050000", "0085291234567", "13800000001", "01062345678", "+85321234567")
    assert [number for number in (*allowed, *denied) if is_allowed(number, only)] == list(allowed)
    assert is_allowed("00441632960961", site('[outgoing]\nallow = ["international"]\n'))


@pytest.mark.parametrize("text", ["foreign", "_X.", "X!", "0561*", "", "X.X", "[a-z]", "+", "0\\n1", "12;3"])
def test_what_is_no_class_and_no_pattern_is_said(text: str) -> None:
    with pytest.raises(ConfigError, match=r"outgoing\.allow"):
        site(f'[outgoing]\nallow = ["{text}"]\n')


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("reserved_in = 1", "lines"),
        ("lines = 2\nreserved_in = 2\nreserved_specialists = 1", "reserved_in"),
        ("lines = 2\nmax_calls_out = 3", "max_calls_out"),
    ],
)
def test_lines_that_are_promised_twice_are_said(more: str, said: str) -> None:
    with pytest.raises(ConfigError, match=rf"trunk\[0\]\.{said}"):
        parse_site(HEAD.replace('hosts = ["192.0.2.1"]\n', f'hosts = ["192.0.2.1"]\n{more}\n'))


def test_a_trunk_that_is_not_there_is_said() -> None:
    with pytest.raises(ConfigError, match=r"outgoing\.trunks: there is no trunk 'backup'"):
        site('[outgoing]\ntrunks = ["backup"]\n')
