"""Agents who are free while callers of their queue wait, and why that may be. Pure.

app_queue looks once a second by itself, so that this does not last; when it does, something keeps the two apart.
"""

from collections.abc import Collection, Iterator, Mapping

import msgspec

from telephony.dispatch.able import able, available, outweighed, waiting
from telephony.model.ids import MICROS_PER_SECOND, MemberName, Micros, QueueName
from telephony.model.machines import AgentState, OfferState
from telephony.model.queues import Agent, Queue
from telephony.model.world import World

LIMIT = Micros(1 * MICROS_PER_SECOND)
BY_ITSELF = Micros(3 * MICROS_PER_SECOND)
"""Where nobody is woken: app_queue's own look, once a second, and the second of ``retry`` after a try in vain."""


class Idle(msgspec.Struct, frozen=True):
    """``agent`` is free, and ``waiting`` callers of the queue have no phone rung for them, since ``since`` both.
    ``twice``: counts when it is found twice, since a call that ends is gone a moment before the phone is free."""

    agent: MemberName
    queue: QueueName
    waiting: int
    since: Micros
    why: str
    twice: bool = False


_FAULTS = {
    OfferState.UNAVAILABLE: "the phone cannot be reached: offers fail at once",
    OfferState.REFUSED: "the phone refuses every call: do not disturb?",
}


def idle(
    world: World, now: Micros, weights: dict[QueueName, int], said: Mapping[QueueName, str], no_ports: bool = False
) -> Iterator[Idle]:
    """Each agent who has been free for too long, once for each queue. ``said``: the verdicts on waking; ``no_ports``:
    whether the PBX has run out of RTP ports."""
    for queue in world.queues.values():
        callers = list(waiting(world, queue)) if queue.waiting else []
        limit = LIMIT if said.get(queue.name) == "on" else BY_ITSELF
        if not callers or now - callers[0].joined_at <= limit:
            continue
        for member in queue.members:
            agent = world.agents.get(member)
            if agent is None or not (agent.state is AgentState.READY or _stands_still(world, agent)):
                continue
            since = max(agent.since, callers[0].joined_at)
            if now - since > limit and (why := _why(world, agent, queue, weights, no_ports)):
                yield Idle(member, queue.name, len(callers), since, why, agent.state is not AgentState.READY)


def _stands_still(world: World, agent: Agent) -> bool:
    """Their phone counts as used, and there is no channel of it: the state that app_queue goes by was left behind, or
    is told by something else."""
    if agent.state is not AgentState.BUSY or agent.all_paused:
        return False
    names = tuple(f"{membership.interface}-" for membership in agent.memberships.values())
    return not any(channel.name.startswith(names) for channel in world.channels.values())


def _why(world: World, agent: Agent, queue: Queue, weights: dict[QueueName, int], no_ports: bool) -> str:
    """Empty where all is as it should be: a queue of more weight comes first."""
    membership = agent.memberships[queue.name]
    if membership.paused:
        return f"paused in this queue only ({membership.pause_reason or 'no reason given'})"
    if not available(membership):
        return f"device state {membership.status}, though they have no call"
    if outweighed(world, agent, queue.name, weights) is not None or queue.name not in able(agent, world.now):
        return ""
    if no_ports:
        return "the PBX has run out of RTP ports"
    if (fault := _FAULTS.get(_newest_offer(world, agent.member))) is not None:
        return fault
    lowest = min((penalty for penalty in _penalties(world, queue)), default=membership.penalty)
    if membership.penalty > lowest:
        return f"perhaps its penalty, {membership.penalty}: the callers' limits shut it out"
    return "no reason found: app_queue does not offer"


def _penalties(world: World, queue: Queue) -> Iterator[int]:
    for member in queue.members:
        agent = world.agents.get(member)
        if agent is not None and queue.name in agent.memberships:
            yield agent.memberships[queue.name].penalty


def _newest_offer(world: World, member: MemberName) -> OfferState:
    """How it ended, of those to callers who are still there."""
    offers = (offer for call in world.calls.values() for offer in call.offers.values() if offer.member == member)
    newest = max(offers, key=lambda offer: offer.at, default=None)
    return OfferState.UNKNOWN if newest is None else newest.state


def detail(found: Collection[Idle], now: Micros, most: int = 3) -> str | None:
    """For the alarm: None when nobody is idle."""
    if not found:
        return None
    longest = sorted(found, key=lambda each: (each.since, each.agent, each.queue))
    told = [
        f"agent {each.agent} in {each.queue}: free for {(now - each.since) / MICROS_PER_SECOND:.1f} s "
        f"with {each.waiting} waiting: {each.why}"
        for each in longest[:most]
    ]
    more = len(found) - most
    return "; ".join([*told, f"and {more} more"] if more > 0 else told)
