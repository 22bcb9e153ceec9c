"""How Chinese texts sound. Its dictionary takes 60 MB and slows every sweep of Python's memory, so that long-running
processes have ``spelling`` ask another process."""

import itertools
from collections.abc import Iterator, Sequence

from pypinyin import Style, pinyin

from telephony.directory.typed import is_latin, plain, runs

MANY = 64
"""Readings of a text altogether: of one with more, the later characters have their most likely sound alone, so that no
text makes a search slow."""


def sounded(text: str, *, name: bool = False) -> str:
    """The line of this text (see ``typed``). ``name``: a person's, in which no words are looked for: 曾经理 is Mr
    Zeng."""
    return "".join(f" {unit}" for unit in _few(_units(plain(text), name)))


def _units(text: str, name: bool) -> Iterator[tuple[str, ...]]:
    """Of each unit its character (none for a Latin word), and its sounds."""
    for run in runs(text):
        if is_latin(run):
            yield "", run
            continue
        parts = [_sounds(each)[0] for each in run] if name else _sounds(run)
        for character, sounds in zip(run, parts, strict=True):
            yield character, *_typed(character, sounds)


def _sounds(run: str) -> list[list[str]]:
    """Of each character its sounds, the likeliest first; where it is part of a word, only that which it has there."""
    return pinyin(run, style=Style.NORMAL, heteronym=True, errors=_themselves)  # type: ignore[arg-type]


def _themselves(unknown: str) -> list[list[str]]:
    return [[each] for each in unknown]


def _typed(character: str, sounds: Sequence[str]) -> Iterator[str]:
    """Lv is typed lu, too; a character that nobody knows the sound of has none."""
    known = [sound for sound in sounds if sound != character]
    also = [sound.replace("v", "u") for sound in known if "v" in sound]
    return iter(dict.fromkeys(itertools.chain(known, also)))


def _few(units: Iterator[tuple[str, ...]]) -> Iterator[str]:
    readings = 1
    for character, *sounds in units:
        readings *= max(1, len(sounds))
        yield "|".join((character, *(sounds if readings <= MANY else sounds[:1])))
