"""Telephone numbers and names as they may be shown: recognisable to who knows them, useless to who does
not. Pure.

As is the practice in China: of a mobile number the first three and the last four digits stay (138****1234),
of a landline the area code and the end. At least four digits are always hidden. Masking what is masked
hides more, never less.
"""

import re
import unicodedata

import msgspec

from telephony.numbers.kinds import WITHHELD
from telephony.numbers.received import Normalised

_WITHHELD = frozenset(
    {"", "anonymous", "withheld", "unavailable", "unknown", "private", "restricted", "asterisk", "未知", "匿名"}
)
# Up to six digits are no person's: 110, 12345, 95588, an agent's extension.
_SHORT = 6
_HIDDEN = "****"
_MOBILE = re.compile(r"1[3-9]\d{9}")
# 010 and 02x have three digits, all others four; subscriber numbers have seven or eight.
_LANDLINE = re.compile(r"(0(?:10|2\d|[3-9]\d{2}))(\d{7,8})")
_COUNTRY = re.compile(r"(\+?86|0086)(?=1[3-9]\d{9}$|[1-9]\d{8,10}$)|\+(?=\d)|00(?=[1-9]\d{8,})")
_NOISE = re.compile(r"[\s()\-.*#]")
# Whatever may be a number that somebody wrote into a text, and however they spaced it.
_IN_TEXT = re.compile(r"[(（+]?\d(?:[ ()\-‐-―－（）]{0,2}\d){6,}")
_DATE = re.compile(r"(?:19|20)\d\d-\d{1,2}-\d{1,2}")


def mask_number(number: str) -> str:
    """``number`` with its middle hidden. Short service and extension numbers, and words that say that the
    number was withheld, stay as they are; a SIP name that is no number keeps its first character.
    """
    plain = _NOISE.sub("", unicodedata.normalize("NFKC", number))
    if plain.casefold() in WITHHELD:
        return number.strip()
    if not re.fullmatch(r"\+?[0-9]+", plain):
        return plain[0] + _HIDDEN
    country = _COUNTRY.match(plain)
    prefix = country.group(0) if country else ""
    return prefix + _mask_digits(plain[len(prefix) :])


def mask_normalised(number: Normalised) -> Normalised:
    """What a number means, as it may be shown: its kind, and the rest hidden as ``mask_number`` does."""
    return msgspec.structs.replace(
        number,
        e164=number.e164 and mask_number(number.e164),
        number=mask_number(number.number) if number.number else "",
        extension=_HIDDEN if number.extension else "",
    )


def _mask_digits(digits: str) -> str:
    if len(digits) <= _SHORT:
        return digits
    if _MOBILE.fullmatch(digits):
        return digits[:3] + _HIDDEN + digits[-4:]
    if landline := _LANDLINE.fullmatch(digits):
        return landline[1] + _HIDDEN + landline[2][4:]
    if len(digits) <= 8:
        return _HIDDEN + digits[4:]
    return digits[:3] + "*" * (len(digits) - 5) + digits[-2:]


def mask_text(text: str) -> str:
    """What a person wrote, with each number of seven digits or more masked in it, but for plain dates. Names in it
    stay: nothing tells them from other words."""
    return _IN_TEXT.sub(_mask_found, text)


def _mask_found(found: re.Match[str]) -> str:
    return found[0] if _DATE.fullmatch(found[0]) else mask_number(found[0])


def mask_name(name: str) -> str:
    """A caller's name by its first character. Many trunks put the number there: then it is masked as one."""
    plain = unicodedata.normalize("NFKC", name).strip()
    if not plain or plain.casefold() in WITHHELD:
        return name.strip()
    digits = re.sub(r"\D", "", plain)
    if len(digits) > _SHORT or digits == _NOISE.sub("", plain):
        return mask_number(digits)
    return plain[0] + "**"
