"""Pauses that nobody orders: after a missed offer, for want of a desktop, and the end of a wrap-up.

Never in a call's way. Without us a wrap-up is ended by the dialplan, whoever missed an offer is offered the next one,
and every pause ends by feature code.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

import structlog

from telephony.ami.actions import Action, QueuePause, Reply, Setvar
from telephony.errors import AmiError
from telephony.model.changes import AgentTouched, Change, OfferChanged, PauseDue, PauseOver
from telephony.model.ids import MICROS_PER_SECOND, NEVER, MemberName, Micros
from telephony.model.machines import OfferState
from telephony.model.pauses import MISSED, REFUSED, WRAP_UP, wrapup_word
from telephony.model.queues import Agent
from telephony.model.world import World
from telephony.site.desk import Desk

log = structlog.get_logger(__name__)

Act = Callable[[Action, float], Awaitable[Reply]]

TRIES = 5
RETRY_S = 1.0
_DEADLINE_S = 5.0


class Pauser:
    """``fold`` is a sink for changes; ``run`` until cancelled. ``world`` is only read. ``clock``: the time at the PBX;
    the model's own lags behind it by a tick, too long for who wraps up while callers wait."""

    def __init__(self, world: World, act: Act, desk: Desk, clock: Callable[[], Micros | None]) -> None:
        self._world = world
        self._act = act
        self._clock = clock
        self._over: dict[MemberName, Micros] = {}  # wrap-ups whose end was seen to
        self._after = {
            OfferState.NO_ANSWER: MISSED if desk.after_missed == "pause" else "",
            OfferState.REFUSED: REFUSED if desk.after_refused == "pause" else "",
        }
        self._due: dict[MemberName, tuple[PauseDue | PauseOver, int]] = {}  # what is to be done, tries so far
        self._some = asyncio.Event()

    def fold(self, changes: Sequence[Change]) -> None:
        """Take in a batch of changes."""
        for change in changes:
            if isinstance(change, OfferChanged) and (reason := self._after.get(change.state)):
                self._add(PauseDue(change.at, change.member, reason))
            elif isinstance(change, PauseDue | PauseOver):
                self._add(change)
            elif isinstance(change, AgentTouched):
                self._some.set()  # perhaps a wrap-up

    def _add(self, change: PauseDue | PauseOver) -> None:
        self._due[change.member] = (change, 0)
        self._some.set()

    def look(self) -> float | None:
        """See to the wrap-ups that are over. In how many seconds the next one is; None: nobody wraps up."""
        now = self._now()
        left = {}
        for member in self._world.wrapping_up:
            until = self._world.agents[member].wrapup_until
            if until is not None and until > now:
                left[member] = until
            elif until is not None and self._over.get(member) != until:
                self._over[member] = until
                self._add(PauseOver(now, member, WRAP_UP))
        self._over = {member: until for member, until in self._over.items() if member in self._world.wrapping_up}
        return (min(left.values()) - now) / MICROS_PER_SECOND if left else None

    def _now(self) -> Micros:
        return max(self._clock() or NEVER, self._world.now)

    async def run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.look()):
                    await self._some.wait()
            self.look()
            self._some.clear()
            failed = [one for one in self._take() if not await self._carry_out(*one)]
            if failed:
                await asyncio.sleep(RETRY_S)
            for change, tries in failed:
                if tries + 1 < TRIES and change.member not in self._due:
                    self._due[change.member] = (change, tries + 1)
                    self._some.set()

    def _take(self) -> list[tuple[PauseDue | PauseOver, int]]:
        taken = list(self._due.values())
        self._due.clear()
        return taken

    async def _carry_out(self, change: PauseDue | PauseOver, _tries: int) -> bool:
        """False: it is to be tried again."""
        agent = self._world.agents.get(change.member)
        if agent is None or not agent.memberships:
            return True
        try:
            if isinstance(change, PauseOver):
                await self._let_go(agent, change.reason)
            elif not agent.all_paused:
                await self._pause(agent, change.reason)
        except AmiError as error:
            log.warning("a pause could not be changed", agent=change.member, pause=change.reason, reason=str(error))
            return False
        return True

    async def _pause(self, agent: Agent, reason: str) -> None:
        for interface in _interfaces(agent):
            await self._act(QueuePause(interface, paused=True, reason=reason), _DEADLINE_S)
        log.info("an agent was paused", agent=agent.member, pause=reason)

    async def _let_go(self, agent: Agent, reason: str) -> None:
        """Only if they are still paused for this; a wrap-up that was extended meanwhile goes on."""
        extended = reason == WRAP_UP and agent.wrapup_until is not None and agent.wrapup_until > self._now()
        if agent.pause_reason != reason or extended:
            return
        phones = agent.phones
        for interface in _interfaces(agent):
            await self._act(QueuePause(interface, paused=False), _DEADLINE_S)
        if reason == WRAP_UP:
            for phone in phones:
                await self._act(Setvar(*wrapup_word(phone, agent.wrapup_mark, None)), _DEADLINE_S)


def _interfaces(agent: Agent) -> list[str]:
    return sorted({membership.interface for membership in agent.memberships.values()})
