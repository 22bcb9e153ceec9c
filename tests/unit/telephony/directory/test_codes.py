"""Codes, and which are a site's."""

import pytest

from telephony.directory.codes import checked_code, is_code
from telephony.directory.fields import FieldRefused


@pytest.mark.parametrize(
    ("code", "patterns", "expected"),
    [
        ("8100", ("8XXX",), True),
        ("810", ("8XXX",), False),
        ("81000", ("8XXX",), False),
        ("7100", ("8XXX", "7XXX"), True),
        ("70", ("7Z",), False),
        ("71", ("7Z",), True),
        ("71", ("7N",), False),
        ("615", ("6[1-3]X",), True),
        ("645", ("6[1-3]X",), False),
        ("8１00", ("8XXX",), False),
    ],
)
def test_patterns_are_asterisk_s(code: str, patterns: tuple[str, ...], expected: bool) -> None:
    assert is_code(code, patterns) is expected


@pytest.mark.parametrize("code", ["", "8", "81a0", "123456789", "110", "８１００"])
def test_what_is_no_code_anywhere(code: str) -> None:
    with pytest.raises(FieldRefused, match="digits"):
        checked_code(code, None)
