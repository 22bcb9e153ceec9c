"""What a number means as it was received: one name for each of the ways in which carriers and people write it. Pure.

Two ways to write one number come to the same; two numbers never do. What could be either of two numbers stays as it was
written, and a number that was withheld is nobody's: it is never equal to another.
"""

import re
import unicodedata

import msgspec

from telephony.numbers.china import COUNTRY_CODE, is_free, read
from telephony.numbers.kinds import WITHHELD, Kind, Rules

LONGEST = 200
"""Of what is looked at: a number with its extension is much shorter, and a caller may send what he likes."""
_URI = re.compile(r"(?:sips?|tel):", re.IGNORECASE)
_INNER = re.compile(r"[^<>]*<([^<>]*)>[^<>]*")
_PARAMETER = re.compile(r";\s*ext=([0-9.()-]{1,12})(?=;|$)", re.IGNORECASE)
_EXTENSION = re.compile(
    r"(?P<number>.*[0-9)])\s*(?:转接?|轉|分机|内线|ext(?:n|ension)?\.?|[xpw,]+)\s*:?\s*(?P<ext>[0-9]{1,8})#?"
)
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_NOISE = re.compile(r"[ ().\-/]")
_PLAIN = re.compile(r"\+?[0-9]+")
_INSIDE = re.compile(r"[0-9]{2,15}")
_CALLABLE = re.compile(r"\+?[0-9]{3,}")


class Normalised(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``e164``: with + and country code, where there is such a form; ``number``: else what there is instead, such as
    110 or 1001, empty for a number that was withheld. ``extension``: behind a switchboard."""

    kind: Kind
    e164: str | None = None
    number: str = ""
    extension: str = ""

    @property
    def text(self) -> str:
        """As one writes it. Normalised again it is the same."""
        return f"{self.e164 or self.number}{self._behind}"

    @property
    def national(self) -> str:
        """As it is dialled within the country, without extension; of abroad with + and country code."""
        if self.e164 is None or self.kind is Kind.FOREIGN:
            return self.e164 or self.number
        nsn = self.e164.removeprefix(f"+{COUNTRY_CODE}")
        return f"0{nsn}" if self.kind is Kind.FIXED else nsn

    @property
    def key(self) -> str | None:
        """Equal for two numbers if they are the same one; None where nothing is to be compared: withheld, or no
        number at all. Normalised again it has the same key."""
        if self.kind is Kind.INTERNAL:
            return f"internal:{self.number}"
        known = self.national
        return f"{known}{self._behind}" if _CALLABLE.fullmatch(known) else None

    @property
    def _behind(self) -> str:
        return f";ext={self.extension}" if self.extension else ""


NONE = Normalised(kind=Kind.WITHHELD)


def normalised(received: str, rules: Rules, *, inside: bool = False) -> Normalised:
    """What ``received`` means. ``inside``: it is the number of a phone of the site, whatever a number like it would
    mean outside. Never raises."""
    if len(received) > LONGEST or any(unicodedata.category(each) == "Cc" for each in received):
        return Normalised(kind=Kind.UNKNOWN, number=received)
    text = _plain_text(received)
    within = _NOISE.sub("", text)
    if is_withheld(text) or is_withheld(within):
        return NONE
    if inside and _INSIDE.fullmatch(within):
        return Normalised(kind=Kind.INTERNAL, number=within)
    number, extension = _parts(text, rules)
    digits = _NOISE.sub("", number)
    if is_withheld(digits):
        return NONE
    if not _PLAIN.fullmatch(digits):
        return Normalised(kind=Kind.UNKNOWN, number=received)
    return _meaning(digits, extension, rules)


def is_withheld(text: str) -> bool:
    """Whether this is one of the words, or the zeros, that stand for a number that is not told."""
    return text.casefold() in WITHHELD or text.strip("+0 -") == ""


def _plain_text(received: str) -> str:
    """Without what stands around a number in SIP: display name, scheme, host, parameters but the extension."""
    text = unicodedata.normalize("NFKC", received)
    text = "".join(each for each in text if unicodedata.category(each) != "Cf").translate(_DASHES).strip()
    if inner := _INNER.fullmatch(text):
        text = inner[1] or text
    text = re.sub("%2b", "+", _URI.sub("", text, count=1) if _URI.match(text) else text, flags=re.IGNORECASE)
    address, _, _ = text.partition("@")
    extension = _PARAMETER.search(text)
    if extension:
        return f"{address.partition(';')[0]};ext={_NOISE.sub('', extension[1])}"
    return address.partition(";")[0].strip()


def _parts(text: str, rules: Rules) -> tuple[str, str]:
    """The number and its extension."""
    number, _, extension = text.partition(";ext=")
    if extension:
        return number, extension
    if match := _EXTENSION.fullmatch(text):
        return match["number"], match["ext"]
    head, dash, last = text.rpartition("-")
    if dash and re.fullmatch("[0-9]{1,6}", last) and _is_switchboard(_NOISE.sub("", head), rules):
        return head, last
    return text, ""


def _is_switchboard(digits: str, rules: Rules) -> bool:
    """Whether what stands before the last hyphen is a whole number already: then an extension follows."""
    found = read(digits, rules.area_code)
    return found.kind is Kind.FIXED or (found.kind is Kind.SERVICE and is_free(found.nsn))


def _meaning(digits: str, extension: str, rules: Rules) -> Normalised:
    found = read(digits, rules.area_code)
    if found.kind is Kind.FOREIGN:
        e164 = _foreign(found.nsn)
        if e164 is None:
            return Normalised(kind=Kind.UNKNOWN, number=digits, extension=extension)
        return Normalised(kind=Kind.FOREIGN, e164=e164, extension=extension)
    if found.e164 is not None:
        return Normalised(kind=found.kind, e164=found.e164, extension=extension)
    return Normalised(kind=found.kind, number=found.nsn, extension=extension)


def _foreign(nsn: str) -> str | None:
    """As its own country writes it internationally, without the 0 that some put before the area code: +44 (0)20 is
    +44 20. None when there is no such country, or no number of this length in it."""
    import phonenumbers

    try:
        number = phonenumbers.parse(f"+{nsn}")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
