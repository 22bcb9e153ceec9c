"""CEL, of which two moments are taken: when a channel came into a bridge, and when it was gone. On a busy machine the
PBX takes its time between an answer and the talk, and between a goodbye and the end: CEL tells how long it took."""

import csv
from collections import defaultdict
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
        for row in csv.reader(file):
            if len(row) > _UNIQUEID and (at := parse_stamp(row[_TIME])) is not None:
                _take(moments, row[_EVENT], row[_UNIQUEID], at)
    return moments


def _take(moments: Moments, event: str, uniqueid: str, at: int) -> None:
    if event == "BRIDGE_ENTER":
        moments.met[uniqueid].append(at)
    elif event == "HANGUP":
        moments.gone[uniqueid] = at
