"""What somebody types, and the lines in which it is looked for. Pure.

A text becomes a line of units, each after a space: of a Chinese character the character and each of its sounds after a
bar (`` 社|she``), of a Latin word ``|gps``, of anything else that is no white space or punctuation the character. The
sounds are added by ``sounds``; without them a line is found by its characters alone.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator

_RUN = re.compile(r"[a-z]+|[\u3400-\u9fff\U00020000-\U000323af]+|[^\W_]")

_THROUGH = r"(?:(?=[ |])|(?<=\|[a-z])(?![ |])|(?<=\|[zcs]h)(?![ |]))"
"""At the end of a sound, or of its initial: never both, or a text of one-letter sounds would be tried in all ways."""


def plain(text: str) -> str:
    """In one form, whatever keyboard it comes from: full-width letters, capitals and tones are gone, ü is v."""
    parts = unicodedata.normalize("NFKD", text).casefold().replace("u\u0308", "v")
    return unicodedata.normalize("NFC", "".join(each for each in parts if not unicodedata.combining(each)))


def runs(text: str) -> Iterator[str]:
    """A plain text's Latin words, stretches of Chinese characters, and other characters one by one."""
    return iter(_RUN.findall(text))


def is_latin(text: str) -> bool:
    return "a" <= text[0] <= "z"


def unsounded(text: str) -> str:
    """The line of this text, without its sounds."""
    parts = (f" |{run}" if is_latin(run) else "".join(f" {each}" for each in run) for run in runs(plain(text)))
    return "".join(parts)


def pattern_of(word: str) -> re.Pattern[str] | None:
    """What finds this plain word in a line, to the line's end; its first group is what fits. A letter stands for the
    next one of the same sound or, after a whole sound or its initial, for the beginning of the next. None: there is
    nothing in it to look for."""
    letters = [each for each in word if each.isalnum()]
    if not letters:
        return None
    parts = [_first(letters[0]), *(_next(before, each) for before, each in itertools.pairwise(letters))]
    return re.compile(f"({''.join(parts)})[^\\n]*")


def _first(letter: str) -> str:
    return rf"\|{letter}" if is_latin(letter) else f" {re.escape(letter)}"


def _next(before: str, letter: str) -> str:
    if not is_latin(letter):
        return rf"[^ \n]* {re.escape(letter)}"
    on = r"[^ \n]* [^ \n]*\|"
    return f"(?:{_THROUGH}{on})??{letter}" if is_latin(before) else f"{on}{letter}"
