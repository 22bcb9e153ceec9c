"""What the journal knows to be missing from the logs, kept for alarms and said once."""

import time
from collections import deque

import structlog

from telephony.journal.files import CEL_LOG, PATHS
from telephony.journal.gaps import Gap, Witness, clock_of, joined
from telephony.journal.reader import LogReader, Look
from telephony.model.calls import Call
from telephony.model.ids import MICROS_PER_SECOND, Micros

_KEPT = 50

log = structlog.get_logger(__name__)


class Losses:
    """Gaps in the logs, and whether CEL writes at all. ``silent``: so many seconds after its end a call has to show."""

    def __init__(self, silent: float) -> None:
        self._gaps: deque[Gap] = deque(maxlen=_KEPT)
        self._open: tuple[Gap, ...] = ()
        self._witness = Witness(PATHS[CEL_LOG], Micros(round(silent * MICROS_PER_SECOND)))
        self.count = 0
        """Gaps that ended, since the start."""
        self.silent_since: Micros | None = None
        """Calls that ended after this have left nothing in CEL. None while it is written."""

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The last ones, the newest last; after an open one nothing has come yet."""
        return (*self._gaps, *self._open)

    def saw(self, call: Call) -> None:
        """The model has told the end of this call: it has to show."""
        self._witness.saw(call, _now())

    def look(self, reader: LogReader, look: Look) -> None:
        """After each look at the logs."""
        self._witness.shows(look.channels)
        found = list(look.gaps)
        if look.at_end:
            now, until = _now(), reader.written_until
            found += self._witness.gaps(now, until)
            self._note_silence(self._witness.silent_since(now, until))
        for gap in found:
            self._note(gap)
        self._open = reader.open_gaps

    def _note(self, gap: Gap) -> None:
        for number, known in enumerate(self._gaps):
            both = joined(known, gap)
            if both is not None:
                self._gaps[number] = both
                return
        self.count += 1
        self._gaps.append(gap)
        times = {"since": clock_of(gap.since), "until": clock_of(gap.until)}
        log.error("rows of a log are missing", file=gap.log, **times, why=gap.why)

    def _note_silence(self, since: Micros | None) -> None:
        if since is not None and self.silent_since is None:
            log.error("calls leave nothing in the log: it hangs, or cannot be written", since=clock_of(since))
        elif since is None and self.silent_since is not None:
            log.warning("the log is written again")
        self.silent_since = since


def _now() -> Micros:
    return Micros(time.monotonic_ns() // 1_000)
