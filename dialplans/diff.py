"""What stands in a folder against what would be rendered, as lines that show no secret."""

import difflib
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import msgspec

_SECRET = re.compile(r"(?m)^(?P<key>\s*(?:password|secret)\s*=\s*).+$")


class Change(StrEnum):
    ADDED = "added"  # rendered, but not there
    CHANGED = "changed"
    REMOVED = "removed"  # there, and of ours, but no longer rendered


class Difference(msgspec.Struct, frozen=True):
    """One file that differs; ``lines`` is a unified diff from what stands there to what would be rendered."""

    name: str
    change: Change
    lines: tuple[str, ...]


def diff(folder: Path, rendered: Mapping[str, str]) -> list[Difference]:
    """The differences, by name; empty if the folder holds just this. Files we never render are passed over."""
    found = [_compare(name, _read(folder / name), text) for name, text in sorted(rendered.items())]
    stale = [path.name for path in sorted(folder.glob("zhitong-*.conf")) if path.name not in rendered]
    found += [_compare(name, _read(folder / name), None) for name in stale]
    return [difference for difference in found if difference]


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None


def _compare(name: str, old: str | None, new: str | None) -> Difference | None:
    if old == new:
        return None
    change = Change.ADDED if old is None else Change.REMOVED if new is None else Change.CHANGED
    before, after = _masked(old or ""), _masked(new or "")
    lines = difflib.unified_diff(before, after, f"{name} (there)", f"{name} (rendered)", lineterm="", n=1)
    return Difference(name, change, tuple(lines) or ("a secret differs",))


def _masked(text: str) -> list[str]:
    return _SECRET.sub(r"\g<key>…", text).splitlines()
