"""CEL, of which three moments are taken: when a channel was made, came into a bridge, and was gone. On a busy machine
time passes between a dial and the INVITE that a phone sees, between an answer and the talk, between a goodbye and the
end: CEL tells how long it was on the PBX's side."""

import contextlib
import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.judge.times import parse_stamp

_TIME, _EVENT, _UNIQUEID, _LINKEDID, _NAME = 1, 2, 4, 5, 6


@dataclass(slots=True)
class Moments:
    """Microseconds; by channel, but ``made``: by conversation, with the name of the channel that was made."""

    made: defaultdict[str, list[tuple[str, int]]] = field(default_factory=lambda: defaultdict(list))
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
    at = parse_stamp(row[_TIME]) if len(row) > _NAME else None
    if at is None:
        return
    if row[_EVENT] == "CHAN_START":
        moments.made[row[_LINKEDID]].append((row[_NAME], at))
    elif row[_EVENT] == "BRIDGE_ENTER":
        moments.met[row[_UNIQUEID]].append(at)
    elif row[_EVENT] == "HANGUP":
        moments.gone[row[_UNIQUEID]] = at
