"""Markdown pages as the tests of the documents read them: links, headings, code. As much of it as our pages use."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

_FENCE = re.compile(r" {0,3}(?P<mark>`{3,}|~{3,})(?P<info>[^`]*)$")
_HEADING = re.compile(r" {0,3}(#{1,6})\s+(?P<text>.*?)(?:\s+#+)?\s*$")
_CODE_SPAN = re.compile(r"(?P<ticks>`+)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)")
_LINK = re.compile(
    r"""
    \[ (?P<text> (?: [^\[\]] | \[[^\]]*\] )* ) \]
    \( (?: <(?P<quoted>[^<>]+)> | (?P<bare> [^()\s<>]+ (?: \([^()]*\) [^()\s]* )? ) ) (?: \s+ "[^"]*" )? \)
    """,
    re.VERBOSE,
)
_REFERENCE = re.compile(r" {0,3}\[[^\]^]+\]:\s+(?:<(?P<quoted>[^<>]+)>|(?P<bare>\S+))")
_ATTRIBUTE = re.compile(r"<(?:a|img|source)\b[^>]*?\b(?:href|src|srcset)=\"(?P<quoted>)(?P<bare>[^\"\s]+)")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


class Link(NamedTuple):
    """Where a link stands and where it leads. ``path`` is empty for a place on the same page."""

    line: int
    path: str
    anchor: str


class Block(NamedTuple):
    """A fenced block of code: its language word, its text."""

    language: str
    text: str


class Page(NamedTuple):
    """``prose``: the lines with their numbers, without fenced blocks."""

    prose: tuple[tuple[int, str], ...]
    blocks: tuple[Block, ...]


def parse(text: str) -> Page:
    """The page of this text. A fence that is never closed reaches to the end, as CommonMark has it."""
    prose: list[tuple[int, str]] = []
    blocks: list[Block] = []
    fence, language, inside = "", "", list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        found = _FENCE.match(line)
        if not fence and found is None:
            prose.append((number, line))
        elif not fence and found is not None:
            fence, language, inside = found["mark"], found["info"].strip(), []
        elif found and found["mark"].startswith(fence) and not found["info"].strip():
            blocks.append(Block(language, "\n".join(inside)))
            fence = ""
        else:
            inside.append(line)
    if fence:
        blocks.append(Block(language, "\n".join(inside)))
    return Page(tuple(prose), tuple(blocks))


def links(page: Page) -> Iterator[Link]:
    """Every link that leads to a file or a heading of ours; none that leads to the web."""
    for number, line in page.prose:
        plain = _CODE_SPAN.sub(_without_links, line)
        for pattern in (_LINK, _REFERENCE, _ATTRIBUTE):
            for found in pattern.finditer(plain):
                path, _, anchor = (found["quoted"] or found["bare"]).partition("#")
                if not _ELSEWHERE.match(path):
                    yield Link(number, unquote(path), unquote(anchor))


def _without_links(found: re.Match[str]) -> str:
    """A code span as the text of a link may stay; brackets in it are no link."""
    return re.sub(r"[\[\]()<>]", " ", found[0])


def code_spans(page: Page) -> Iterator[str]:
    """What stands between backticks in the prose."""
    for _, line in page.prose:
        yield from (found["code"].strip() for found in _CODE_SPAN.finditer(line))


def headings(page: Page) -> list[str]:
    """The headings' texts, in order."""
    found = (_HEADING.match(line) for _, line in page.prose)
    return [heading["text"] for heading in found if heading]


def anchors(page: Page) -> set[str]:
    """The names of the headings, as GitHub makes them: the second of the same name ends in ``-1``."""
    seen: Counter[str] = Counter()
    made = set()
    for heading in headings(page):
        name = slug(heading)
        made.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return made


def slug(heading: str) -> str:
    """Lower case; letters, digits, ``-`` and ``_`` of any script stay; a space is a ``-``; all else falls away."""
    text = _LINK.sub(lambda found: found["text"], heading).strip().lower()
    kept = (char for char in text if char in "-_ " or unicodedata.category(char)[0] in "LMN")
    return "".join(kept).replace(" ", "-")


def read(path: Path) -> Page:
    """The page in this file."""
    return parse(path.read_text(encoding="utf-8"))
