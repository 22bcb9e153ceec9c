"""The emergency closure on screens and in the log. Time is the PBX's, as the changes have it."""

import structlog

from telephony.model.changes import ClosureChanged
from telephony.model.ids import Micros

log = structlog.get_logger(__name__)


class Closure:
    """Folds changes; each is told to the log, with who."""

    def __init__(self) -> None:
        self._until: Micros | None = None
        self._by = ""

    def fold(self, change: ClosureChanged) -> None:
        """Take in one change."""
        if change.denied:
            log.warning("a phone that may not keyed the emergency closure", agent=change.by)
            return
        self._until, self._by = change.until, change.by
        if change.until is None:
            log.warning("the emergency closure is over", by=change.by)
        else:
            log.warning("the hotline is closed by feature code", by=change.by, until=change.until)

    def standing(self, now: Micros) -> tuple[str, Micros] | None:
        """Who has closed the hotline, and until when; None when it is open, or open again by itself."""
        return (self._by, self._until) if self._until is not None and now < self._until else None
