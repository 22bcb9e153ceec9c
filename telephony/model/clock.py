"""The PBX's clock seen through ours. Pure: both times are handed in.

The offset between the PBX's wall clock and our monotonic clock is kept, so that we can say what time it is at the PBX
now, how old an event is, and whether the PBX's clock was set: a step of more than two seconds re-bases (law 5).
"""

from dataclasses import dataclass

from telephony.model.ids import MICROS_PER_SECOND, Micros

STEP = 2 * MICROS_PER_SECOND
_DRIFT = 50  # microseconds by which the offset may fall with each event: follows a clock that runs slower


@dataclass(slots=True)
class PbxClock:
    """``offset`` = PBX wall time - our monotonic time, in microseconds, of the event that came fastest.

    ``steps`` counts how often the PBX's clock was found set.
    """

    offset: int | None = None
    steps: int = 0

    def see(self, at: Micros, monotonic: Micros) -> int:
        """Take note of an event of PBX time ``at`` that arrived at ``monotonic``.

        Returns its age in microseconds: how much later it came than the fastest ones do. A clock that was set
        forward shows as an event from the future and re-bases at once; one set back cannot be told from a slow
        link by events alone, and re-bases at the next login (``rebase``).
        """
        offset = at - monotonic
        if self.offset is None:
            self.offset = offset
        elif offset - self.offset > STEP:
            self._rebase(offset)
        elif offset > self.offset:
            self.offset = offset
        else:
            self.offset = max(offset, self.offset - _DRIFT)
        return self.offset - offset

    def _rebase(self, offset: int) -> None:
        self.offset = offset
        self.steps += 1

    def rebase(self, at: Micros, monotonic: Micros) -> None:
        """The time at the PBX is ``at``, whatever was believed: after a login, or once old events keep coming."""
        if self.offset is not None and abs(at - monotonic - self.offset) > STEP:
            self.steps += 1
        self.offset = at - monotonic

    def now(self, monotonic: Micros) -> Micros | None:
        """The time at the PBX; None before the first event."""
        return None if self.offset is None else Micros(monotonic + self.offset)
