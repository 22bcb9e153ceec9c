"""The PBX's clock seen through ours. Pure: both times are handed in.

The offset between the PBX's wall clock and our monotonic clock is kept, so that we can say what time it is at the PBX
now, how old an event is, and whether the PBX's clock was set: a step of more than two seconds re-bases (law 5).
"""

from dataclasses import dataclass

from telephony.model.ids import MICROS_PER_SECOND, NEVER, Micros

STEP = 2 * MICROS_PER_SECOND
_DRIFT = 2_000
"""The offset may fall by one part in this (500 ppm) of the time that passes: follows a PBX's clock that runs slower,
and hardly hides that a link has become slow."""
_LATE = 60 * MICROS_PER_SECOND
"""When all events have been older than a step for this long, it is the clock that is late, not the link."""


@dataclass(slots=True)
class PbxClock:
    """``offset`` = PBX wall time - our monotonic time, in microseconds, of the event that came fastest.

    ``steps`` counts how often the PBX's clock was found set.
    """

    offset: int | None = None
    steps: int = 0
    stepped: int = 0  # by how much, at the last ``see`` or ``login``; 0: it was not set
    _last_at: Micros = NEVER
    _last_seen: Micros = NEVER
    _late_since: Micros | None = None

    def see(self, at: Micros, monotonic: Micros) -> int:
        """Take note of an event of PBX time ``at`` that arrived at ``monotonic``.

        Returns its age in microseconds: how much later it came than the fastest ones do. A clock that was set
        forward shows as an event from the future; one set back, as an event older than its predecessor, for a PBX
        tells events in their order, however slow the link. Either re-bases at once and sets ``stepped``.
        """
        self._take(at, monotonic)
        self._last_at, self._last_seen = at, monotonic
        assert self.offset is not None
        return max(0, self.offset - (at - monotonic))

    def login(self, at: Micros, monotonic: Micros) -> None:
        """A snapshot of PBX time ``at`` is here. It took a while to read, so events of the same login that came
        meanwhile may be older than it: it is nobody's predecessor."""
        self._take(at, monotonic)
        self._last_at = NEVER

    def _take(self, at: Micros, monotonic: Micros) -> None:
        offset = at - monotonic
        self.stepped = 0
        if self.offset is None:
            self.offset = offset
        elif offset - self.offset > STEP or self._last_at - at > STEP or self._long_late(offset, monotonic):
            self.stepped = offset - self.offset
            self.offset, self._late_since = offset, None
            self.steps += 1
        else:
            self.offset = max(offset, self.offset - max(0, monotonic - self._last_seen) // _DRIFT)

    def _long_late(self, offset: int, monotonic: Micros) -> bool:
        if self.offset is None or self.offset - offset <= STEP:
            self._late_since = None
        elif self._late_since is None:
            self._late_since = monotonic
        return self._late_since is not None and monotonic - self._late_since > _LATE

    def now(self, monotonic: Micros) -> Micros | None:
        """The time at the PBX; None before the first event."""
        return None if self.offset is None else Micros(monotonic + self.offset)
