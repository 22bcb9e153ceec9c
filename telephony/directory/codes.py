"""The codes one dials to ask for a department or a specialist. Pure."""

import functools
import re
from collections.abc import Collection

from telephony.directory.fields import FieldRefused
from telephony.directory.specialists import Code
from telephony.texts import EMERGENCY

_CLASSES = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]"}


@functools.lru_cache(maxsize=64)
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(_CLASSES.get(each, each) for each in pattern), re.ASCII)


def is_code(text: str, patterns: Collection[str]) -> bool:
    """Whether this matches one of the patterns of ``[conference] codes``: digits, X, Z, N, and sets such as [1-5], as
    Asterisk understands them."""
    return any(_regex(pattern).fullmatch(text) for pattern in patterns)


def checked_code(text: str, patterns: Collection[str] | None) -> Code:
    """A code that fits the site's patterns; None: 2 to 8 digits will do."""
    shape = re.fullmatch("[0-9]{2,8}", text) is not None
    if not shape or text in EMERGENCY or (patterns is not None and not is_code(text, patterns)):
        wanted = "2 to 8 digits" if patterns is None else f"digits as {' or '.join(patterns)} ([conference] codes)"
        raise FieldRefused(f"write {wanted}, none of them an emergency number")
    return Code(text)
