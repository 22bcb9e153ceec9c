"""Which numbers two extensions share. Pure. A pattern is a row of character sets and, perhaps, an open end."""

import re
from typing import NamedTuple

from dialplans.checks.plan import bare
from dialplans.parse import set_of

_CLASSES = {"X": "0123456789", "Z": "123456789", "N": "23456789"}
_DIGITS = frozenset("0123456789")


class Shape(NamedTuple):
    """``sets`` one after another, then nothing more, or at least ``more`` characters of any kind (None: nothing)."""

    sets: tuple[frozenset[str], ...]
    more: int | None


def shape(exten: str) -> Shape:
    """The shape of an extension, a plain one too. ``-`` counts for nothing, but within brackets."""
    text = bare(exten)
    if not text.startswith("_"):
        return Shape(tuple(frozenset(char) for char in text.replace("-", "")), None)
    sets: list[frozenset[str]] = []
    for part in re.findall(r"\[[^\]]*\]|.", text[1:]):
        if part in ".!":
            return Shape(tuple(sets), 1 if part == "." else 0)
        if part != "-" and (chars := _set_of(part)):
            sets.append(chars)
    return Shape(tuple(sets), None)


def _set_of(part: str) -> frozenset[str]:
    return set_of(part) if part.startswith("[") else frozenset(_CLASSES.get(part.upper(), part))


def overlap(one: Shape, other: Shape) -> bool:
    """Whether some number is matched by both."""
    if any(not left & right for left, right in zip(one.sets, other.sets, strict=False)):
        return False
    return (_reaches(one, len(other.sets)) and _reaches(other, len(one.sets))) or _meet(one, other)


def _reaches(shape: Shape, length: int) -> bool:
    """Whether this shape has numbers of just this length."""
    least = len(shape.sets) + (shape.more or 0)
    return length == least if shape.more is None else length >= least


def _meet(one: Shape, other: Shape) -> bool:
    """Whether both have numbers of one length, when the shorter's open end covers the rest of the longer."""
    if one.more is None and other.more is None:
        return len(one.sets) == len(other.sets)
    least = max(len(each.sets) + (each.more or 0) for each in (one, other))
    return _reaches(one, least) and _reaches(other, least)


def within(inner: Shape, outer: Shape) -> bool:
    """Whether every number of ``inner`` is one of ``outer``."""
    least = len(outer.sets) + (outer.more or 0)
    lengths = len(inner.sets) + (inner.more or 0)
    if outer.more is None and (inner.more is not None or len(inner.sets) != len(outer.sets)):
        return False
    if lengths < least:
        return False
    beyond = outer.sets[len(inner.sets) :]  # where the inner's end takes any digit
    return all(left <= right for left, right in zip(inner.sets, outer.sets, strict=False)) and all(
        right >= _DIGITS for right in beyond
    )


def example(one: Shape, other: Shape) -> str:
    """A number that both match; they must overlap."""
    length = max(len(each.sets) + (each.more or 0) for each in (one, other))
    sets = [
        (one.sets[place] if place < len(one.sets) else None, other.sets[place] if place < len(other.sets) else None)
        for place in range(length)
    ]
    return "".join(min((left or right or _DIGITS) & (right or left or _DIGITS)) for left, right in sets)
