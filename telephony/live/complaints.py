"""What the PBX says in its own message log, and nowhere else: which line is worth an alarm. Pure.

Asterisk tells of what it ran out of by a line there alone: no event, and the call that fails looks as one refused. The
words are those of Asterisk 20 and 22 (main/file.c, main/taskprocessor.c, res/res_rtp_asterisk.c,
res/res_musiconhold.c, res/res_pjsip/config_transport.c) and of the system (strerror).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from telephony.live.alarms import AlarmName

_LEVEL = re.compile(r"(?:WARNING|ERROR)\[[^]]*\](?:\[[^]]*\])?:? (?P<said>.*)")
_WORDS: tuple[tuple[AlarmName, re.Pattern[str]], ...] = (
    (AlarmName.RTP_PORTS_EXHAUSTED, re.compile(r"couldn't allocate a port for RTP|No RTP ports remaining")),
    (
        AlarmName.PBX_EXHAUSTED,
        re.compile(
            r"Too many open files|No space left on device|Cannot allocate memory|Memory Allocation Failure"
            r"|Failed to create new channel thread|Unable to (?:create|spawn) \w+ ?thread|Read-only file system"
        ),
    ),
    (
        AlarmName.PBX_COMPLAINS,
        re.compile(
            r"does not exist in any format|Unable to open .* \(format|queue reached \d+ scheduled tasks"
            r"|No files available for class|Unable to start music on hold class|Found no files in"
            r"|Transport '.*' (?:could not be started|failed)|Unable to restart TLS transport"
            r"|Address already in use|certificate|cert_file|privkey_file|Could not create an object of type"
            r"|Maximum retries reached when attempting outbound registration"
        ),
    ),
)
_SHOWN = 160
_LONG = re.compile(r"\d{7,}")


def complaint_of(line: str) -> tuple[AlarmName, str] | None:
    """The alarm that a line of the log raises, and its words: without a number that could be a citizen's."""
    told = _LEVEL.search(line)
    if told is None:
        return None
    found = next((name for name, words in _WORDS if words.search(told["said"])), None)
    return None if found is None else (found, _LONG.sub("…", told["said"])[:_SHOWN])


class Complaints:
    """Counts lines since the start, and keeps the last words of each alarm."""

    def __init__(self) -> None:
        self._counts: Counter[AlarmName] = Counter()
        self._last: dict[AlarmName, str] = {}

    def take(self, lines: Iterable[str]) -> None:
        """Look at these lines of the log."""
        for name, said in filter(None, map(complaint_of, lines)):
            self._counts[name] += 1
            self._last[name] = said

    @property
    def counts(self) -> Mapping[AlarmName, int]:
        return dict(self._counts)

    @property
    def last(self) -> Mapping[AlarmName, str]:
        return dict(self._last)
