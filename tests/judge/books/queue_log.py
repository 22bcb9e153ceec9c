"""Book 1: queue_log, as app_queue writes it: ``second|callid|queue|agent|EVENT|data…``.

Nothing in it is escaped, so a caller's number with a bar in it shifts the fields behind it: only what stands to
the left of the data is relied on. Times are whole seconds.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.judge.findings import Kind, Pad

BOOK = "queue_log"
_LINE = re.compile(r"^(\d{10})\|([^|]*)\|([^|]*)\|([^|]*)\|([A-Z]+)(?:\|(.*))?$")


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``second`` is the whole second it was written in."""

    number: int
    second: int
    callid: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...]


def read(path: Path, pad: Pad) -> list[Line]:
    """All whole lines of the book, in its order; a line that cannot be read becomes a finding."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return parse(text, pad)


def parse(text: str, pad: Pad) -> list[Line]:
    lines = []
    for number, raw in enumerate(text.splitlines(), start=1):
        if not raw:
            continue
        match = _LINE.match(raw)
        if match is None:
            pad.find(Kind.TORN, "", BOOK, f"line {number} is not whole: {raw[:80]!r}", (BOOK,))
            continue
        second, callid, queue, agent, event, data = match.groups()
        fields = tuple((data or "").split("|"))
        lines.append(Line(number, int(second), callid, queue, agent, event, fields))
    return lines
