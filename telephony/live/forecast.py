"""How long somebody who joins a line now will wait: from what the line did in the last half hour, or not at all. Pure.

While nobody is free, a line moves up by one whenever an agent takes its next caller. What that costs is counted in
*agents' time*: the time between two such answers, for each agent at work. So a forecast holds when agents come and go,
and it says nothing of hours in which nobody had to wait. Callers ahead who give up make the wait shorter, never longer.
"""

from collections import deque

from telephony.model.ids import MICROS_PER_SECOND, Micros

WINDOW = Micros(1800 * MICROS_PER_SECOND)
FEWEST = 8
"""Fewer answers in the window are no ground for a promise: the mean of eight is off by a third as often as not."""

_SILENCE = 3
"""When no answer came for so many times the time that one should take, something has changed: no forecast."""


class Line:
    """One queue. Tell it ``look`` whenever who waits or who works has changed, and ``answered`` for each caller whom an
    agent took; ``per_place`` is the forecast. Times are the PBX's."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew: what happened meanwhile is not known."""
        self._at: Micros | None = None
        self._counts = False
        self._working = 0
        self._effort = 0
        self._taken: deque[tuple[Micros, int]] = deque()

    def look(self, at: Micros, *, waiting: int, free: int, working: int) -> None:
        """``waiting``: callers for whom no phone rings. ``working``: agents who take calls of this queue, talk or rest
        after one; ``free``: of them, who could take one now."""
        self._go_on(at)
        self._counts, self._working = waiting > 0 and free == 0, working

    def answered(self, at: Micros) -> None:
        """Somebody's wait ended with an agent. Where an agent was free all the time, it says nothing of waits."""
        self._go_on(at)
        if self._effort:
            self._taken.append((at, self._effort))
            self._effort = 0

    def per_place(self, now: Micros) -> Micros | None:
        """How long each place in the line takes at present; who has n callers ahead waits (n + 1) times that.

        None when it cannot be said: too few answers, none for too long, or nobody at work.
        """
        while self._taken and self._taken[0][0] < now - WINDOW:
            self._taken.popleft()
        if len(self._taken) < FEWEST or not self._working:
            return None
        each = sum(effort for _, effort in self._taken) / len(self._taken) / self._working
        silent = now - self._taken[-1][0] > _SILENCE * each
        return None if silent and self._counts else Micros(round(each))

    def _go_on(self, at: Micros) -> None:
        if self._at is not None and self._counts:
            self._effort += max(0, at - self._at) * self._working
        self._at = at if self._at is None else max(at, self._at)
