"""Numbers what is another in the documents, and hands it to whoever carries it to readers.

Called by ingest after each batch of events, and four times a second for what no event tells of: queues that wait for
their turn, alarms, people of the directory. Never blocks, never waits.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Protocol

import structlog

from telephony.live.board import Live, wall_clock
from telephony.live.desk import build
from telephony.live.desk.desk import Desk, Difference
from telephony.live.desk.roster import Roster
from telephony.live.documents import Delta, Snapshot
from telephony.live.port import Position
from telephony.model.changes import Change
from telephony.model.ids import Micros, QueueName
from telephony.model.world import World

BEAT_S = 0.25
"""Between two looks at what no event tells of. A queue is told of at most once in this time."""
_CARE, _CARE_OF_CALLS = 36, 4
"""Documents looked at anew in each beat though nothing was said of them, in turn: all of 2,000 agents within 14 s, all
of 1,000 calls within 63 s: theirs are dear, and so as many of them, however many calls there are. A change that forgot
to name its call is mended by it."""


log = structlog.get_logger(__name__)


class Outlet(Protocol):
    """Carries deltas to readers."""

    def publish(self, deltas: Sequence[Delta]) -> None:
        """Take these, in order; each is the next after the last one of before. Must neither block nor wait."""


class Publisher:
    """``first``: the epoch before this run's first login. ``monotonic`` in seconds."""

    def __init__(
        self,
        world: World,
        live: Live,
        first: int,
        heard: Callable[[], Micros] = wall_clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.outlets: list[Outlet] = []
        self._world = world
        self._heard = heard
        self._monotonic = monotonic
        self._sequence = 0
        self._epoch = first
        self._desk = Desk(world, lambda: live.alarms.standing, lambda: max(first, world.epoch), self._note_failure)
        self.failures = 0
        """Documents that could not be made: each a bug of ours."""
        self._told_at: dict[QueueName, float] = {}
        self._rounds = (
            (self._care(lambda: self._desk.standing_keys), _CARE),
            (self._care(lambda: self._desk.call_keys), _CARE_OF_CALLS),
        )

    @property
    def position(self) -> Position:
        """Of the last delta."""
        return Position(self._epoch, self._sequence)

    def snapshot(self) -> Snapshot:
        """All documents now."""
        return Snapshot(self._epoch, self._sequence, dict(self._desk.documents))

    def fold(self, changes: Sequence[Change]) -> None:
        """A sink of changes: say what is another after them."""
        self._desk.take(changes)
        self._say([*self._desk.look(), *self._queues()], self._heard())

    def enrol(self, roster: Roster) -> None:
        """The directory is another."""
        self._desk.enrol(roster)
        self.beat()

    async def run(self) -> None:
        """Look at what no event tells of, until cancelled."""
        while True:
            self.beat()
            await asyncio.sleep(BEAT_S)

    def beat(self) -> None:
        """Look at it once."""
        for keys, most in self._rounds:
            for key in islice(keys, most):
                self._desk.mark(key)
        self._say([*self._desk.look(), *self._queues()], wall_clock())

    def _queues(self) -> list[Difference]:
        now = self._monotonic()
        due = [name for name in self._desk.queues if now - self._told_at.get(name, float("-inf")) >= BEAT_S]
        found = self._desk.look_at_queues(due)
        for difference in found:
            self._told_at[QueueName(difference.key.partition("/")[2])] = now
        return found

    def _say(self, found: Sequence[Difference], heard: Micros) -> None:
        if not found:
            return
        self._epoch = max(self._epoch, self._world.epoch)
        at = self._world.now
        deltas = []
        for key, document, audience, before in found:
            self._sequence += 1
            deltas.append(Delta(self._epoch, self._sequence, key, document, audience, before, at, heard))
        for outlet in self.outlets:
            outlet.publish(deltas)

    @staticmethod
    def _care(keys: Callable[[], list[str]]) -> Iterator[str]:
        while True:
            yield from keys() or [build.SYSTEM]  # which is looked at in any case

    def _note_failure(self, key: str, error: Exception) -> None:
        """What comes again and again must not fill the log; nor may a citizen's number, which a traceback shows."""
        self.failures += 1
        if self.failures.bit_count() == 1:  # at 1, 2, 4, 8 …
            kind = type(error).__name__
            log.error("a document could not be made", key=key, times=self.failures, kind=kind, reason=str(error)[:200])
