"""Values of AMI headers, and the tables that say which header fills which field. Pure."""

import re
from collections.abc import Callable
from typing import cast

import msgspec

from telephony.model import events as e
from telephony.model.ids import Micros

_MAX_DIGITS = 18  # of a number: fits in 64 bits, so that no store chokes on it


class NotANumber(ValueError):
    """A header that should be a number is not."""


# --- values -----------------------------------------------------------------------------------------------


class _Numbers(dict[str, int]):
    """Small numbers by their text: nearly all of a PBX's are, and a look-up is quicker than parsing."""

    def __missing__(self, text: str) -> int:
        if len(text) > _MAX_DIGITS:
            raise NotANumber(f"{text[:_MAX_DIGITS]!r}… is not a number")
        try:
            return int(text)
        except ValueError:
            raise NotANumber(f"{text!r} is not a number") from None


class _Flags(dict[str, bool]):
    """``1`` or ``0``, by their text."""

    def __missing__(self, text: str) -> bool:
        return _NUMBERS[text] != 0


_FLAGS = _Flags({"": False, "0": False, "1": True})
_NUMBERS = _Numbers({"": 0} | {str(value): value for value in range(200)})


def number(text: str) -> int:
    """A whole number; an absent header is 0. Raises ``NotANumber``, which ``Decoder`` turns into ``Undecoded``."""
    return _NUMBERS[text]


def micros_of_ms(text: str) -> Micros:
    """Milliseconds in microseconds; raises as ``number`` does."""
    return Micros(1_000 * _NUMBERS[text])


def flag(text: str) -> bool:
    """``1`` or ``0``."""
    return _NUMBERS[text] != 0


def succeeded(text: str) -> bool:
    """``Success`` or ``Failure``."""
    return text == "Success"


def caller_number(text: str) -> str:
    """A caller's number. Asterisk writes ``<unknown>`` for none."""
    return "" if text == "<unknown>" else text


_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_QUOTED_PAIR = re.compile(r'\\(["\\])')
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _unescape(match: re.Match[str]) -> str:
    return _ESCAPED.get(match[1], match[1])


def caller_name(text: str) -> str:
    r"""A caller's name from a channel's headers, where Asterisk writes it with C escapes (``O\'Brien``).

    Of a name that came by SIP, Asterisk also keeps the backslashes of the quoted string it stood in (RFC 3261 §25.1,
    quoted-pair): the name is what the caller meant, without them.
    """
    if text == "<unknown>":
        return ""
    return _QUOTED_PAIR.sub(r"\1", _ESCAPE.sub(_unescape, text)) if "\\" in text else text


micros = cast("Callable[[str], Micros]", int)


def micros_of_timestamp(text: str, otherwise: Micros) -> Micros:
    """``1795402664.123456`` (AMI ``Timestamp``) in microseconds; ``otherwise`` when absent or malformed."""
    if len(text) == 17 and text[10] == ".":
        digits = text.replace(".", "", 1)
        if digits.isdecimal():
            return micros(digits)
    return otherwise


# --- fields -----------------------------------------------------------------------------------------------


class Field(msgspec.Struct, frozen=True):
    """Where a field of the model's event comes from."""

    header: str
    convert: Callable[[str], object] | None = None
    required: bool = False


def need(header: str) -> Field:
    return Field(header, required=True)


def text(header: str) -> Field:
    return Field(header)


def whole(header: str) -> Field:
    return Field(header, _NUMBERS.__getitem__)


def bit(header: str) -> Field:
    return Field(header, _FLAGS.__getitem__)


def constant(value: bool) -> Field:
    return Field("", lambda _: value)


class Spec(msgspec.Struct, frozen=True):
    """Which of the model's events an AMI event is, and where its fields come from."""

    kind: Callable[..., e.Event]
    fields: dict[str, Field]


def event(kind: Callable[..., e.Event], **fields: Field) -> Spec:
    return Spec(kind, fields)


IDS = {"uniqueid": need("Uniqueid"), "linkedid": need("Linkedid")}
"""Of every event about one channel."""
