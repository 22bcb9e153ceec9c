"""Where a key stands in a TOML text. Pure.

Paths are those of our errors: ``queue[2].exits.1``. Enough of TOML for files that people write: tables, arrays of
tables, dotted and quoted keys, values over several lines. A key that is not said is at its table's line.
"""

import re
from collections.abc import Iterator

_TABLE = re.compile(r"\[(?P<array>\[)?\s*(?P<path>[^\[\]]+?)\s*\]{1,2}")
_KEY = re.compile(
    r"(?P<path>(?:\"[^\"]*\"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:\"[^\"]*\"|'[^']*'|[A-Za-z0-9_-]+))*)\s*="
)
_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([A-Za-z0-9_-]+)")


def line_of(text: str, path: str) -> int | None:
    """The line of this key, else of the nearest table around it; None where neither is said."""
    places = dict(_places(text))
    wanted = re.findall(r"[^.\[\]]+|\[\d+\]", path)
    while wanted:
        if (line := places.get("".join(_joined(wanted)))) is not None:
            return line
        wanted.pop()
    return None


def _joined(parts: list[str]) -> Iterator[str]:
    for index, part in enumerate(parts):
        yield part if part.startswith("[") or not index else f".{part}"


def _places(text: str) -> Iterator[tuple[str, int]]:
    """Path and line of each table and key, the first of each."""
    counts: dict[str, int] = {}
    table, depth = "", 0
    for number, raw in enumerate(text.split("\n"), 1):
        line = _plain(raw)
        if depth == 0 and (match := _TABLE.fullmatch(line)):
            table = _path(match["path"], counts, begins=match["array"] is not None)
            yield table, number
        elif depth == 0 and (match := _KEY.match(line)):
            path = _path(match["path"], {}, begins=False)
            yield f"{table}.{path}" if table else path, number
        if not _TABLE.fullmatch(line):
            depth += sum(line.count(char) for char in "[{") - sum(line.count(char) for char in "]}")


def _plain(raw: str) -> str:
    """The line without its comment and with its texts emptied; keys in quotation marks stay."""
    emptied = re.sub(r"(=\s*|[\[,{]\s*)(\"(?:[^\"\\]|\\.)*\"|'[^']*')", r"\1''", raw)
    return emptied.partition("#")[0].strip()


def _path(written: str, counts: dict[str, int], *, begins: bool) -> str:
    """A table's path with the places in its arrays; ``begins`` one more element of the last."""
    path = ""
    parts = ["".join(found) for found in _PART.findall(written)]
    for index, part in enumerate(parts):
        path = f"{path}.{part}" if path else part
        if begins and index == len(parts) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = f"{path}[{counts[path]}]"
    return path
