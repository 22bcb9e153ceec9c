"""Wakes app_queue when a member has become able to take a call, and tells of agents who stay idle while callers wait.

Never in a call's way: app_queue decides who is offered, a wake only has it look at once. Without us, or where a wake
could do anything else, it looks once a second as it always does. Why it works: docs/decisions/0019-waking-app-queue.md.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import structlog

from telephony.ami.actions import Action, ControlPlayback, Reply
from telephony.dispatch import verdicts
from telephony.dispatch.choice import Line, Wake
from telephony.dispatch.idle import detail, idle
from telephony.dispatch.waker import Waker
from telephony.errors import AmiError
from telephony.live.alarms import AlarmName, Alarms
from telephony.model.changes import Change, EpochBegan, EpochEnded
from telephony.model.ids import Micros, QueueName
from telephony.model.world import World
from telephony.site.site import Site

log = structlog.get_logger(__name__)

Act = Callable[[Action, float], Awaitable[Reply]]
Clock = Callable[[], Micros | None]

MAX_WAITING = 200
"""Wakes not sent yet; of more the newest count: who waited longest for theirs has looked by themselves meanwhile."""
LOOK_S = 1.0
AGAIN_S = 60.0
"""The verdicts are read anew: a dialplan that is loaded anew does not end a login."""
_DEADLINE_S = 5.0
_WAKE_DEADLINE_S = 1.0


class Dispatcher:
    """``fold`` is a sink for changes; ``run`` until cancelled. ``world`` is only read. ``clock``: the PBX's time."""

    def __init__(self, world: World, act: Act, site: Site, alarms: Alarms, clock: Clock) -> None:
        self._world = world
        self._act = act
        self._alarms = alarms
        self._clock = clock
        self.on = site.dispatch.on
        lines = {QueueName(q.name): Line(q.weight, spare=not q.position) for q in site.queues}
        self._weights = {name: line.weight for name, line in lines.items()}
        self.waker = Waker(world, lines, site.desk)
        self.said: dict[QueueName, str] = {}
        """The verdicts, as the PBX's dialplan gives them."""
        self._due: deque[Wake] = deque(maxlen=MAX_WAITING)
        self._some = asyncio.Event()
        self._began = True  # a login, of which nothing was asked yet

    def fold(self, changes: Sequence[Change]) -> None:
        """Take in a batch of changes. Nothing happens while it is off."""
        if not self.on:
            return
        if any(isinstance(change, EpochBegan | EpochEnded) for change in changes):
            self._judge({})
            self._due.clear()
            self._began = True
        if wakes := self.waker.fold(changes):
            self._due.extend(wakes)
            self._some.set()

    def _judge(self, said: dict[QueueName, str]) -> None:
        self.said = said
        self.waker.allowed = verdicts.allowed(said, self._weights)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch())
            while True:
                await self._some.wait()
                self._some.clear()
                while self._due:  # the PBX takes them in this order; nobody waits for its answers
                    group.create_task(self._wake(self._due.popleft()))

    async def _watch(self) -> None:
        ask_at = 0.0
        while True:
            now = time.monotonic()
            if not self._world.blind and (self._began or now >= ask_at):
                self._began, ask_at = False, now + AGAIN_S
                await self.ask()
            self.look()
            await asyncio.sleep(LOOK_S)

    async def _wake(self, wake: Wake) -> None:
        try:
            reply = await self._act(ControlPlayback(wake.caller.channel), _WAKE_DEADLINE_S)
            refused = reply.failed
        except AmiError as error:  # they look by themselves within the second
            log.debug("a caller could not be woken", queue=wake.caller.queue, reason=str(error))
            refused = True
        if refused:
            self.waker.tally.figures(wake.caller.queue).refused += 1

    async def ask(self) -> None:
        """Which queues may be woken. When it cannot be asked, none."""
        try:
            said = verdicts.read(await self._act(verdicts.PLACE, _DEADLINE_S))
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
            found = list(idle(self._world, now, self._weights, self.said, no_ports))
        self._alarms.settle({AlarmName.AGENT_IDLE: detail(found, now) if now is not None else None})
