"""Carries out orders about an agent's place in the queues, whoever gives them.

All of an agent's queues are paused, and go on, at once. What becomes of a wrap-up the dialplan learns by a global
variable (``telephony.model.pauses.wrapup_word``).
"""

import time
from collections.abc import Sequence

from telephony.ami.actions import Action, QueueAdd, QueuePause, QueuePenalty, QueueRemove, Setvar
from telephony.control.commands import Reason
from telephony.control.orders.agents import DesktopSeen, ExtendWrapUp, Pause, Ready, SignIn, SignOut
from telephony.control.reach import Done, Handlers, Reach
from telephony.control.refused import CommandRefused
from telephony.directory.agents import Agent, QueueMembership
from telephony.errors import AmiActionFailed
from telephony.model import queues
from telephony.model.ids import MICROS_PER_SECOND, MemberName, Micros, QueueName
from telephony.model.local import DeskTold, DesktopTold, WrapUpExtended
from telephony.model.machines import AgentState
from telephony.model.pauses import SIGNED_OUT, wrapup_word

SLACK = Micros(MICROS_PER_SECOND)
"""A wrap-up with less left is not extended: it may be ending already."""


def handlers(reach: Reach) -> Handlers:
    """For the agents of the site's directory."""
    desk = _Desk(reach)
    return {
        SignIn: desk.sign_in,
        SignOut: desk.sign_out,
        Ready: desk.ready,
        Pause: desk.pause,
        ExtendWrapUp: desk.extend,
        DesktopSeen: desk.seen,
    }


class _Desk:
    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._always = reach.site.agents.sign_in == "always"

    # --- in and out -------------------------------------------------------------------------------------------

    async def sign_in(self, order: SignIn, within: float) -> Done:
        """A member already keeps their place, and any pause ends."""
        until = time.monotonic() + within
        person = await self._reach.person(order.agent)
        wanted = [each for each in person.queues if not order.queues or each.queue in order.queues]
        _demand_known("queues", order.queues, [each.queue for each in person.queues])
        if not wanted:
            raise CommandRefused(Reason.NOT_ALLOWED, f"agent: {order.agent} has no queues in the list of agents.")
        if not self._always:
            for membership in wanted:
                await self._join(person, membership, until)
        await self._act(QueuePause(_interface(person.phone), paused=False), until)
        if self._wraps_up(order.agent):
            await self._forget_wrap_up(self._reach.member(order.agent), until)
        self._tell_desk(order.agent, order.desktop)
        names = {each.queue for each in wanted}
        return Done(seen=await self._reach.outcomes.until(lambda: self._is_in(order.agent, names), _left(until)))

    async def _join(self, person: Agent, membership: QueueMembership, until: float) -> None:
        """Penalties are the directory's, for who is in the queue already as well."""
        interface, penalty = _interface(person.phone), membership.penalty
        known = self._reach.world.agents.get(person.number)
        place = known.memberships.get(membership.queue) if known is not None else None
        if place is not None and place.interface == interface:
            if place.penalty != penalty:
                await self._act(QueuePenalty(interface, penalty, membership.queue), until)
            return
        if place is not None:  # their phone has changed since
            await self._act(QueueRemove(membership.queue, place.interface), until)
        try:
            await self._act(QueueAdd(membership.queue, interface, person.number, penalty), until)
        except AmiActionFailed as error:
            if "already" not in str(error).lower():  # keyed at the phone in this very moment
                raise

    def _is_in(self, number: MemberName, names: set[QueueName]) -> bool:
        agent = self._reach.world.agents.get(number)
        return agent is not None and names <= agent.memberships.keys() and not agent.all_paused

    async def sign_out(self, order: SignOut, within: float) -> Done:
        until = time.monotonic() + within
        agent = await self._signed_in(order.agent)
        _demand_known("queues", order.queues, list(agent.memberships))
        leaving = set(order.queues or agent.memberships)
        if self._always:
            if leaving != set(agent.memberships):
                why = "queues: here agents are in all their queues at once. Leave it empty."
                raise CommandRefused(Reason.NOT_ALLOWED, why)
            await self._pause_all(agent, SIGNED_OUT, until)
        else:
            for name in leaving:
                await self._act(QueueRemove(name, agent.memberships[name].interface), until)
        if leaving == set(agent.memberships) or not agent.memberships:
            self._tell_desk(order.agent, False)
        seen = await self._reach.outcomes.until(
            lambda: not leaving & agent.memberships.keys() or _is_paused(agent, SIGNED_OUT), _left(until)
        )
        return Done(seen=seen)

    # --- pauses -----------------------------------------------------------------------------------------------

    async def ready(self, order: Ready, within: float) -> Done:
        until = time.monotonic() + within
        agent = await self._signed_in(order.agent)
        wrapping = self._wraps_up(order.agent)
        for interface in _interfaces(agent):
            await self._act(QueuePause(interface, paused=False), until)
        if wrapping:  # only now: should we die between, the dialplan lets them go
            await self._forget_wrap_up(agent, until)
        return Done(seen=await self._reach.outcomes.until(lambda: not _resting(agent), _left(until)))

    async def pause(self, order: Pause, within: float) -> Done:
        """During a call too: it holds from its end on, and no wrap-up ends it."""
        until = time.monotonic() + within
        allowed = self._reach.site.desk.pause_reasons
        if order.reason not in allowed:
            raise CommandRefused(
                Reason.BAD_VALUE, f"reason: {order.reason!r:.40} is none of yours. Allowed: {', '.join(allowed)}."
            )
        agent = await self._signed_in(order.agent)
        await self._pause_all(agent, order.reason, until)
        seen = await self._reach.outcomes.until(lambda: _is_paused(agent, order.reason), _left(until))
        return Done(seen=seen)

    async def _pause_all(self, agent: queues.Agent, reason: str, until: float) -> None:
        wrapping = self._wraps_up(agent.member)
        for interface in _interfaces(agent):
            await self._act(QueuePause(interface, paused=True, reason=reason), until)
        if wrapping:
            await self._forget_wrap_up(agent, until)

    async def extend(self, order: ExtendWrapUp, within: float) -> Done:
        until = time.monotonic() + within
        agent, limit = await self._signed_in(order.agent), self._reach.site.desk.wrapup_max_s
        if order.seconds < 1:
            raise CommandRefused(Reason.BAD_VALUE, "seconds: must be 1 or more.")
        now, ends = self._reach.world.now, agent.wrapup_until
        if agent.state is not AgentState.WRAP_UP or not agent.wrapping or ends is None or ends < now + SLACK:
            raise CommandRefused(Reason.WRONG_STATE, f"agent: {order.agent} is not in wrap-up.")
        later = Micros(ends + order.seconds * MICROS_PER_SECOND)
        if later > agent.since + limit * MICROS_PER_SECOND:
            why = f"seconds: a wrap-up lasts {limit} s at most ([desk] wrapup_max_s)."
            raise CommandRefused(Reason.NOT_ALLOWED, why)
        for phone in agent.phones:
            await self._act(Setvar(*wrapup_word(phone, agent.wrapup_mark, later)), until)
        self._reach.deliver(WrapUpExtended(_wall(), order.agent, later))
        return Done(seen=await self._reach.outcomes.until(lambda: agent.wrapup_until == later, _left(until)))

    # --- desktops ---------------------------------------------------------------------------------------------

    async def seen(self, order: DesktopSeen, _: float) -> Done:
        """From a gateway. Nobody of whom neither the directory nor a queue knows."""
        if order.agent not in self._reach.world.agents:
            await self._reach.person(order.agent)
        self._reach.deliver(DesktopTold(_wall(), order.agent, order.present))
        return Done(seen=True)

    def _tell_desk(self, number: MemberName, at_desk: bool) -> None:
        self._reach.deliver(DeskTold(_wall(), number, at_desk))

    # --- what they share --------------------------------------------------------------------------------------

    async def _signed_in(self, number: MemberName) -> queues.Agent:
        agent = self._reach.world.agents.get(number)
        if agent is None:
            await self._reach.person(number)
        if agent is None or not agent.memberships or (agent.state is AgentState.SIGNED_OUT and self._always):
            raise CommandRefused(Reason.WRONG_STATE, f"agent: {number} is signed in to no queue. Sign in first.")
        return agent

    def _wraps_up(self, number: MemberName) -> bool:
        agent = self._reach.world.agents.get(number)
        return agent is not None and (agent.wrapping or agent.wrapup_until is not None)

    async def _forget_wrap_up(self, agent: queues.Agent, until: float) -> None:
        for phone in agent.phones:
            await self._act(Setvar(*wrapup_word(phone, agent.wrapup_mark, None)), until)

    async def _act(self, action: Action, until: float) -> None:
        if (left := _left(until)) <= 0:
            raise CommandRefused(Reason.TOO_LATE, "The deadline had passed. Try again.")
        await self._reach.act(action, left)


def _demand_known(field: str, wanted: Sequence[QueueName], known: Sequence[QueueName]) -> None:
    for name in wanted:
        if name not in known:
            why = f"{field}: {name!r:.40} is no queue of the agent's. Allowed: {', '.join(known)}."
            raise CommandRefused(Reason.BAD_VALUE, why)


def _interface(phone: str) -> str:
    return f"PJSIP/{phone}"


def _interfaces(agent: queues.Agent) -> list[str]:
    return sorted({membership.interface for membership in agent.memberships.values()})


def _is_paused(agent: queues.Agent, reason: str) -> bool:
    return agent.all_paused and agent.pause_reason == reason


def _resting(agent: queues.Agent) -> bool:
    return agent.all_paused or agent.state in (AgentState.WRAP_UP, AgentState.PAUSED)


def _left(until: float) -> float:
    return until - time.monotonic()


def _wall() -> Micros:
    return Micros(time.time_ns() // 1_000)
