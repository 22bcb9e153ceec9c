"""Wakes app_queue when a member has become able to take a call, and tells of agents who stay idle while callers wait.

Never in a call's way: app_queue decides who is offered, a wake only has it look at once. Without us, or where a wake
could do anything else, it looks once a second as it always does. Why it works: docs/decisions/0019-waking-app-queue.md.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog

from telephony.ami.actions import ControlPlayback, Reply
from telephony.dispatch import verdicts
from telephony.dispatch.asker import Act, Asker
from telephony.dispatch.choice import Line, Wake
from telephony.dispatch.figures import at_a_glance
from telephony.dispatch.idle import detail, idle
from telephony.dispatch.waker import Waker
from telephony.errors import AmiError
from telephony.live.alarms import AlarmName, Alarms
from telephony.live.status import Waking
from telephony.model.changes import Change, EpochBegan, EpochEnded
from telephony.model.ids import MICROS_PER_SECOND, MemberName, Micros, QueueName
from telephony.model.world import World
from telephony.site.site import Site

log = structlog.get_logger(__name__)

Clock = Callable[[], Micros | None]

MAX_WAITING = 200
"""Answers to wakes. When so many are due no more are sent: whoever waits looks by themselves within the second."""
LOOK_S = 1.0
AGAIN_S = 60.0
"""The verdicts are read anew: a dialplan that is loaded anew does not end a login."""
WHOLE_AGAIN_S = 3_600.0
"""So is the rest of the dialplan."""
TELL_S = 600.0
"""What waking does goes into the log, when it has done anything."""
_WAKE_DEADLINE_S = 1.0


class Dispatcher:
    """``fold`` is a sink for changes, and sends: the first of all sinks, so that a wake waits for none of them. ``run``
    until cancelled. ``world`` is only read. ``act`` has sent the action when it returns; the answer may be awaited.
    ``clock``: the PBX's time."""

    def __init__(self, world: World, act: Act, site: Site, alarms: Alarms, clock: Clock) -> None:
        self._world = world
        self._act = act
        self._asker = Asker(act, [QueueName(queue.name) for queue in site.queues])
        self._alarms = alarms
        self._clock = clock
        self.on = site.dispatch.on
        lines = {QueueName(q.name): Line(q.weight, spare=not q.position) for q in site.queues}
        self._weights = {name: line.weight for name, line in lines.items()}
        self.waker = Waker(world, lines, site.desk)
        self.said: dict[QueueName, str] = {}
        """The verdicts, as the PBX's dialplan gives them."""
        self._answers: deque[tuple[QueueName, Awaitable[Reply]]] = deque()
        self._some = asyncio.Event()
        self._rest = asyncio.Event()  # somebody's wrap-up by app_queue itself has begun
        self._began = True  # a login, of which nothing was asked yet
        self._told = 0  # wakes, as the log knows them
        self._doubtful: set[tuple[MemberName, QueueName]] = set()  # idle, perhaps, at the last look

    def fold(self, changes: Sequence[Change]) -> None:
        """Take in a batch of changes. Nothing happens while it is off."""
        if not self.on:
            return
        if any(isinstance(change, EpochBegan | EpochEnded) for change in changes):
            self._judge({})
            self._began = True
        due = self._rests_until()
        self._send(self.waker.fold(changes))
        if self._rests_until() != due:
            self._rest.set()

    def _rests_until(self) -> Micros | None:
        return min(self.waker.resting.values(), default=None)

    def _send(self, wakes: Sequence[Wake]) -> None:
        for wake in wakes[: MAX_WAITING - len(self._answers)]:
            queue = wake.caller.queue
            try:
                self._answers.append((queue, self._act(ControlPlayback(wake.caller.channel), _WAKE_DEADLINE_S)))
            except AmiError as error:
                self._refused(queue, error)
        if wakes:
            self._some.set()

    def told(self) -> tuple[Waking, ...]:
        """Each queue of the site at a glance; none while waking is off."""
        if not self.on:
            return ()
        of = self.waker.tally.of
        return tuple(at_a_glance(name, self.said.get(name, verdicts.UNSAID), of.get(name)) for name in self._weights)

    def _judge(self, said: dict[QueueName, str]) -> None:
        self.said = said
        self.waker.allowed = verdicts.allowed(said, self._weights)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch())
            group.create_task(self._mind_rests())
            while True:
                await self._some.wait()
                self._some.clear()
                while self._answers:
                    group.create_task(self._hear(*self._answers.popleft()))

    async def _mind_rests(self) -> None:
        """Nobody tells of the end of a wrap-up that app_queue keeps by itself (``wrapuptime``), nor of the last of a
        member's queues that has told of them."""
        while True:
            self._rest.clear()
            now, due = self._clock(), self._rests_until()
            left_s = None if now is None or due is None else (due - now) / MICROS_PER_SECOND
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._rest.wait()
            if (now := self._clock()) is not None:
                self._send(self.waker.rested(now))

    async def _watch(self) -> None:
        ask_at = whole_at = 0.0
        tell_at = time.monotonic() + TELL_S
        while True:
            now = time.monotonic()
            if not self._world.blind and (self._began or now >= ask_at):
                whole = self._began or now >= whole_at
                self._began, ask_at, whole_at = False, now + AGAIN_S, now + WHOLE_AGAIN_S if whole else whole_at
                await self.ask(whole)
            self.look()
            if now >= tell_at:
                tell_at = now + TELL_S
                self._tell()
            await asyncio.sleep(LOOK_S)

    def _tell(self) -> None:
        wakes = sum(each.wakes for each in self.told())
        if wakes != self._told:
            self._told = wakes
            for each in self.told():
                if each.wakes:
                    log.info("waking", **msgspec.structs.asdict(each))

    async def _hear(self, queue: QueueName, answer: Awaitable[Reply]) -> None:
        try:
            await answer
        except AmiError as error:
            self._refused(queue, error)

    def _refused(self, queue: QueueName, error: AmiError) -> None:
        """They look by themselves within the second, if they are still there."""
        log.debug("a caller could not be woken", queue=queue, reason=str(error))
        self.waker.tally.figures(queue).refused += 1

    async def ask(self, whole: bool = True) -> None:
        """Which queues may be woken. When it cannot be asked, none."""
        try:
            said = await self._asker.ask(whole)
        except AmiError as error:
            log.warning("which queues may be woken is not known, so none is", reason=str(error))
            self._judge({})
            return
        if said != self.said:
            self._judge(said)
            off = {name: said.get(name, verdicts.UNSAID) for name in self._weights if name not in self.waker.allowed}
            log.info("callers are woken when an agent is free", queues=sorted(self.waker.allowed), not_in=off)

    def look(self) -> None:
        """Raise the alarm of agents who are idle while callers wait, or clear it."""
        found = []
        now = self._clock()
        if now is not None and not self._world.blind:
            no_ports = any(alarm.name is AlarmName.RTP_PORTS_EXHAUSTED for alarm in self._alarms.standing)
            seen = list(idle(self._world, now, self._weights, self.said, no_ports))
            found = [each for each in seen if not each.twice or (each.agent, each.queue) in self._doubtful]
            self._doubtful = {(each.agent, each.queue) for each in seen if each.twice}
        self._alarms.settle({AlarmName.AGENT_IDLE: detail(found, now) if now is not None else None})
