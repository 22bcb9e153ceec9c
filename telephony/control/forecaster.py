"""Tells the PBX, ahead of time, how long each place in a queue takes: the dialplan says it to callers for whom nobody
is free (dialplans/README.md, "Speech"). Each value carries its own expiry, so that nothing is said that we no longer
stand for; when we are away, nothing is said at all.

A global variable holds it, not AstDB: to write there a manager user needs the right `system`, with which Originate runs
shell commands (`DBPut`), and Setvar's own way there is shut (pbx_functions.c, "Dangerous function DB write blocked").
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog

from telephony.ami.actions import Action, Reply, Setvar
from telephony.errors import AmiError
from telephony.live.forecast import Line
from telephony.model.changes import (
    AgentStateChanged,
    CallAnswered,
    CallQueued,
    CallsJoined,
    Change,
    EpochBegan,
    EpochEnded,
    MembershipChanged,
    QueueChanged,
)
from telephony.model.ids import MICROS_PER_SECOND, CallId, Micros, QueueName
from telephony.model.machines import AgentState
from telephony.model.world import World

log = structlog.get_logger(__name__)

Act = Callable[[Action, float], Awaitable[Reply]]

EVERY_S = 15.0
GOOD_FOR_S = 45
"""For how long a value may be said after it was written: it outlives two writes that fail."""

_DEADLINE_S = 5.0
_AT_WORK = frozenset(
    (AgentState.READY, AgentState.OFFERED, AgentState.ON_CALL, AgentState.HOLD, AgentState.WRAP_UP, AgentState.BUSY)
)


class Forecaster:
    """``fold`` is a sink for changes; ``run`` until cancelled. ``world`` is only read. For these ``queues`` alone."""

    def __init__(self, world: World, act: Act, queues: Sequence[QueueName]) -> None:
        self._world = world
        self._act = act
        self.queues = tuple(queues)
        self._lines = {queue: Line() for queue in queues}
        self._queued: dict[CallId, QueueName] = {}
        self._heard = (Micros(0), time.monotonic())

    def fold(self, changes: Sequence[Change]) -> None:
        """Take in a batch of changes; the world is as they left it."""
        if not self._lines:
            return
        for change in changes:
            match change:
                case CallQueued(call_id=call, queue=queue) if queue in self._lines:
                    self._queued[call] = queue
                case CallAnswered(at=at, call_id=call):
                    if queue_left := self._queued.pop(call, None):
                        self._lines[queue_left].answered(at)
                case CallsJoined(kept=kept, gone=gone) if gone in self._queued:
                    self._queued.setdefault(kept, self._queued.pop(gone))
                case EpochBegan() | EpochEnded():
                    self._forget()
                case AgentStateChanged() | MembershipChanged() | QueueChanged():
                    pass
                case _:
                    continue
            self._look(change.at)

    def _forget(self) -> None:
        self._queued.clear()
        for line in self._lines.values():
            line.forget()

    def _look(self, at: Micros) -> None:
        self._heard = (at, time.monotonic())
        for name, line in self._lines.items():
            queue = self._world.queues.get(name)
            if queue is None:
                continue
            heads = queue.heads
            working = sum(count for state, count in heads.items() if state in _AT_WORK)
            waiting = len(queue.waiting) - heads.get(AgentState.OFFERED, 0)
            line.look(at, waiting=waiting, free=heads.get(AgentState.READY, 0), working=working)
        if len(self._queued) > 2 * len(self._world.calls) + 100:  # callers who gave up are in no line any more
            self._queued = {call: queue for call, queue in self._queued.items() if call in self._world.calls}

    async def run(self) -> None:
        """Write what can be said, every 15 seconds."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.write()

    async def write(self) -> None:
        """Write what can be said now. What cannot be said is not written, and so is not said from its expiry on."""
        now = self._now()
        for name, line in self._lines.items():
            each = line.per_place(now)
            if each is None:
                continue
            expires = now // MICROS_PER_SECOND + GOOD_FOR_S
            try:
                await self._act(Setvar(f"ZT_WAIT_{name}", f"{expires}:{each // 1000}"), _DEADLINE_S)
            except AmiError as error:
                log.info("the expected wait could not be written", queue=name, reason=str(error))

    def _now(self) -> Micros:
        """The PBX's time: that of its last event, and what has passed since."""
        at, heard = self._heard
        return Micros(at + round((time.monotonic() - heard) * MICROS_PER_SECOND))
