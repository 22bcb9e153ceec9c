"""An entry's fields as texts, and back: what sheets, commands and the database hold. Pure.

Lists are separated by ``;``. Each check raises FieldRefused with what to write instead.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec

from telephony.directory.codes import checked_code
from telephony.directory.fields import FieldRefused, checked_name
from telephony.directory.roster_text import leave_of, roster_of, text_of_leave, text_of_roster
from telephony.directory.specialists import Code, Department, Specialist

Entry = Department | Specialist

MAX_NUMBERS = 6
MAX_TOPICS = 40
MAX_TITLE = 80
_NUMBER = re.compile(r"\+?[0-9]{2,20}")
_LIST = re.compile(r"[;；、\n]")
_FORBIDDEN = frozenset('"\\<>;|&')
_DIALLED = re.compile(r"[\s().\-–—]")


class Rules(msgspec.Struct, frozen=True):
    """What a site asks of its entries. ``codes``: its patterns; None: any digits. ``taken``: numbers that are something
    else already, and what."""

    codes: tuple[str, ...] | None = None
    taken: Mapping[str, str] = {}

    def code(self, text: str) -> Code:
        """A code that is nothing else yet."""
        code = checked_code(text, self.codes)
        if code in self.taken:
            raise FieldRefused(f"{code} is {self.taken[code]} already: give another code")
        return code


ANY = Rules()


def department_of(texts: Mapping[str, str], rules: Rules = ANY) -> tuple[Department | None, list[tuple[str, str]]]:
    """The department of these fields; None where a field is wrong, with each such field and the remedy."""
    return _made(Department, texts, rules)


def specialist_of(texts: Mapping[str, str], rules: Rules = ANY) -> tuple[Specialist | None, list[tuple[str, str]]]:
    """As ``department_of``; ``department`` is a code."""
    return _made(Specialist, texts, rules)


def texts_of(entry: Entry) -> dict[str, str]:
    """All fields of an entry as texts, by their names."""
    return {name: _text(getattr(entry, name), name) for name in entry.__struct_fields__}


def _made(kind: type[Any], texts: Mapping[str, str], rules: Rules) -> tuple[Any, list[tuple[str, str]]]:
    made: dict[str, Any] = {}
    wrong = []
    for name in kind.__struct_fields__:
        try:
            made[name] = _CHECKS[name](texts.get(name, ""), rules)
        except FieldRefused as refused:
            wrong.append((name, str(refused)))
    if kind is Specialist and not wrong and not made["numbers"]:
        wrong.append(("numbers", "write at least one number, such as 01012345678"))
    return (None if wrong else kind(**made)), wrong


def _text(value: Any, name: str) -> str:
    if name == "roster":
        return text_of_roster(value)
    if name == "leave":
        return text_of_leave(value)
    if isinstance(value, tuple):
        return ";".join(value)
    return str(value)


def _words(what: str, most: int) -> Callable[[str, Rules], tuple[str, ...]]:
    def check(text: str, _rules: Rules) -> tuple[str, ...]:
        words = tuple(dict.fromkeys(word for part in _LIST.split(text) if (word := _one_line(part.strip(), MAX_TITLE))))
        if len(words) > most:
            raise FieldRefused(f"name at most {most} {what}")
        return words

    return check


def _one_line(text: str, longest: int) -> str:
    """Free words on one line, of no meaning to the PBX and turning no text around."""
    if not text.isprintable() and (bad := next(filter(_invisible, text), "")):
        raise FieldRefused(f"take out the invisible character U+{ord(bad):04X}: type it again by hand")
    if bad := "".join(_FORBIDDEN.intersection(text))[:1]:
        raise FieldRefused(f"take out the character {bad}, which means something to the PBX")
    if len(text) > longest:
        raise FieldRefused(f"shorten it to {longest} characters")
    return text


def _invisible(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def checked_numbers(text: str) -> tuple[str, ...]:
    """Numbers as they are dialled, in order; spaces, brackets and strokes are taken out."""
    found = []
    for part in re.split(r"[;；、,，/\n]", text):
        number = _DIALLED.sub("", unicodedata.normalize("NFKC", part))
        if number and not _NUMBER.fullmatch(number):
            raise FieldRefused(f"write {part.strip()!r} as a number to be dialled: digits, + may stand first")
        found += [number] if number else []
    if len(found) > MAX_NUMBERS:
        raise FieldRefused(f"write at most {MAX_NUMBERS} numbers, separated by ;")
    return tuple(dict.fromkeys(found))


def _whole(low: int, high: int, default: int) -> Callable[[str, Rules], int]:
    def check(text: str, _rules: Rules) -> int:
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 6 and low <= int(text) <= high):
            raise FieldRefused(f"write a whole number from {low} to {high}, or nothing for {default}")
        return int(text)

    return check


def _ring_s(text: str, _rules: Rules) -> int:
    if text and text != "0" and not (text.isascii() and text.isdigit() and len(text) < 4 and 5 <= int(text) <= 120):
        raise FieldRefused("write seconds from 5 to 120, or nothing for what holds elsewhere")
    return int(text or 0)


def _name(text: str, _rules: Rules) -> str:
    try:
        return _one_line(checked_name(text), MAX_TITLE)
    except FieldRefused as refused:
        raise FieldRefused(str(refused).replace("the agent's name", "a name")) from None


def _code_of_department(text: str, _rules: Rules) -> Code:
    if not text:
        raise FieldRefused("write the department's code or name")
    return checked_code(text, None)


_CHECKS: Mapping[str, Callable[[str, Rules], object]] = {
    "code": lambda text, rules: rules.code(text),
    "name": _name,
    "short": lambda text, _: _one_line(text, MAX_TITLE),
    "title": lambda text, _: _one_line(text, MAX_TITLE),
    "department": _code_of_department,
    "topics": _words("topics", MAX_TOPICS),
    "languages": _words("languages", 10),
    "numbers": lambda text, _: checked_numbers(text),
    "roster": lambda text, _: roster_of(text),
    "leave": lambda text, _: leave_of(text),
    "order": _whole(0, 9_999, 100),
    "at_once": _whole(1, 8, 1),
    "ring_s": _ring_s,
}


def names(entries: Collection[Entry]) -> str:
    """The first few of these, for messages."""
    shown = ", ".join(f"{each.code} {each.name}" for each in list(entries)[:8])
    return f"{shown} …" if len(entries) > 8 else shown
