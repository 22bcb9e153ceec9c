"""CEL, of which two moments are taken: when a channel came into a bridge, and when it was gone. On a busy machine the
PBX takes its time between an answer and the talk, and between a goodbye and the end: CEL tells how long it took."""

import contextlib
import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.judge.times import parse_stamp

_TIME, _EVENT, _UNIQUEID = 1, 2, 4


@dataclass(slots=True)
class Moments:
    """By channel, microseconds."""

    met: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    gone: dict[str, int] = field(default_factory=dict)


def read(path: Path | None) -> Moments:
    """What there is to be read; a line that is torn is passed over. Raises OSError when it cannot be opened."""
    moments = Moments()
    if path is None:
        return moments
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        for line in file:  # each by itself, so that a torn one takes no other with it
            with contextlib.suppress(ValueError):
                _take(moments, next(csv.reader([line])))
    return moments


def _take(moments: Moments, row: Sequence[str]) -> None:
    """Raises ValueError for a row that is torn."""
    at = parse_stamp(row[_TIME]) if len(row) > _UNIQUEID else None
    if at is None:
        return
    if row[_EVENT] == "BRIDGE_ENTER":
        moments.met[row[_UNIQUEID]].append(at)
    elif row[_EVENT] == "HANGUP":
        moments.gone[row[_UNIQUEID]] = at
