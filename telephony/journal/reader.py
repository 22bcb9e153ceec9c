"""Both logs of one PBX, read side by side, and the calls in them that are over. No waiting: every look is a step.

The two logs keep pace: a call is over only when both have been read beyond its end, and neither runs so far ahead that
what it says of calls the other has not shown yet would have to be given up.
"""

from collections import Counter, deque
from collections.abc import Mapping
from pathlib import Path

import msgspec

from telephony.journal import files
from telephony.journal.cutting import CEL, QUEUE_LOG
from telephony.journal.files import LocalLogs, Logs
from telephony.journal.gaps import Gap
from telephony.journal.grouping import WAIT_FOR_CEL, Finished, Grouping
from telephony.journal.places import Cursor
from telephony.journal.tail import Flaw, Tail
from telephony.model.ids import NEVER, Micros, PbxName, Uniqueid

CEL_LOG, QUEUE_LOG_LOG = files.CEL_LOG, files.QUEUE_LOG
"""How the logs are called where their places are kept."""


class Look(msgspec.Struct, frozen=True):
    """What one look gave: groups that are over, flaws of the logs; and whether there was no more to be read. ``gaps``
    are those that ended, ``channels`` those of the CEL rows."""

    finished: tuple[Finished, ...]
    flaws: tuple[Flaw, ...]
    at_end: bool
    gaps: tuple[Gap, ...] = ()
    channels: frozenset[Uniqueid] = frozenset()


class LogReader:
    """Reads ``logs``, or those in that log folder of Asterisk's, from ``places`` on; without them from the oldest rows
    on.

    Its files are opened by ``look``; ``close`` it.
    """

    def __init__(self, logs: Logs | Path, pbx: PbxName, places: Mapping[str, Cursor]) -> None:
        self.pbx = pbx
        self._logs: Logs = LocalLogs(logs) if isinstance(logs, Path) else logs
        self._cel = Tail(self._logs.log(CEL_LOG), CEL, pbx, places.get(CEL_LOG))
        self._queue = Tail(self._logs.log(QUEUE_LOG_LOG), QUEUE_LOG, pbx, places.get(QUEUE_LOG_LOG))
        self.grouping = Grouping()
        self.counts: Counter[str] = Counter()
        """Rows, lines and flaws by kind, since the start."""
        self._mark = 0
        self._marks: deque[tuple[int, dict[str, Cursor]]] = deque()
        self._cel_until = self._queue_until = NEVER
        self._cel_at_end = False
        self._flaws: tuple[Flaw, ...] = ()  # not told of yet
        self._gaps: tuple[Gap, ...] = ()

    def close(self) -> None:
        """Close the files."""
        self._cel.close()
        self._queue.close()
        self._logs.close()

    def look(self, now: Micros) -> Look:
        """Read on, a piece of each log. ``now`` is our monotonic time. Raises JournalUnreadable."""
        self._make_mark()
        queue_at_end = self._look_at_queue_log(now)
        cel = self._cel.look(now)
        for row in cel.rows:
            self.grouping.cel(row, self._mark, now)
            self._cel_until = max(self._cel_until, row.at)
        self.counts["rows"] += len(cel.rows)
        self._cel_at_end = cel.at_end
        flaws, self._flaws = (*self._flaws, *cel.flaws), ()
        gaps, self._gaps = (*self._gaps, *cel.gaps), ()
        self.counts.update(flaw.kind for flaw in flaws)
        finished = self.grouping.finished(now, self._complete_until(cel.at_end, queue_at_end))
        channels = frozenset(row.uniqueid for row in cel.rows)
        return Look(tuple(finished), flaws, cel.at_end and queue_at_end, gaps, channels)

    @property
    def open_gaps(self) -> tuple[Gap, ...]:
        """Gaps after which nothing has come yet."""
        return tuple(tail.gap for tail in (self._cel, self._queue) if tail.gap is not None)

    @property
    def written_until(self) -> Micros:
        """The time of CEL's newest row; NEVER: it has none."""
        return self._cel_until

    def _look_at_queue_log(self, now: Micros) -> bool:
        """Whether there was no more to be read."""
        if not self._cel_at_end and self._cel_until and self._queue_until - self._cel_until > WAIT_FOR_CEL // 2:
            return False  # CEL has to catch up
        batch = self._queue.look(now)
        for line in batch.rows:
            self.grouping.line(line, self._mark)
            self._queue_until = max(self._queue_until, line.at)
        self.counts["lines"] += len(batch.rows)
        self._flaws += batch.flaws
        self._gaps += batch.gaps
        return batch.at_end

    def _complete_until(self, cel_at_end: bool, queue_at_end: bool) -> Micros | None:
        ends = [
            until for until, at_end in ((self._cel_until, cel_at_end), (self._queue_until, queue_at_end)) if not at_end
        ]
        return min(ends, default=None)

    # --- places -------------------------------------------------------------------------------------------

    def _make_mark(self) -> None:
        here = {CEL_LOG: self._cel.cursor, QUEUE_LOG_LOG: self._queue.cursor}
        places = {log: cursor for log, cursor in here.items() if cursor is not None}
        if not self._marks or self._marks[-1][1] != places:
            self._mark += 1
            self._marks.append((self._mark, places))

    def places(self, oldest: int | None) -> Mapping[str, Cursor]:
        """From where on to read again, so that nothing is missed of what is held here and of what bears the mark
        ``oldest`` or a later one."""
        held = [mark for mark in (oldest, self.grouping.oldest) if mark is not None]
        self._make_mark()
        wanted = min(held, default=self._mark)
        while len(self._marks) > 1 and self._marks[1][0] <= wanted:
            self._marks.popleft()
        return self._marks[0][1]
