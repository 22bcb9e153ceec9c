"""Who could be offered a caller now, and who waits for an offer, as apps/app_queue.c sees it. Pure."""

from collections.abc import Iterator

import msgspec

from telephony.model.calls import Call
from telephony.model.ids import MICROS_PER_SECOND, Micros, QueueName, Uniqueid
from telephony.model.queues import NOT_IN_USE, Agent, Membership, Queue
from telephony.model.world import World

UNKNOWN = 0
_AVAILABLE = (NOT_IN_USE, UNKNOWN)


class Candidate(msgspec.Struct, frozen=True):
    """A caller who waits and for whom no phone rings."""

    uniqueid: Uniqueid
    channel: str
    queue: QueueName
    joined_at: Micros


def available(membership: Membership) -> bool:
    """``is_member_available``, with ringinuse=no; its wrap-up is the agent's."""
    return membership.status in _AVAILABLE and not membership.paused


def able(agent: Agent, now: Micros) -> frozenset[QueueName]:
    """The queues in which this agent can be rung now. Nowhere while a phone of theirs is being rung
    (``pending_members`` is one list for all queues), nor within app_queue's own wrap-up."""
    until = rests_until(agent)
    if agent.offers or (until is not None and now < until):
        return frozenset()
    return frozenset(queue for queue, membership in agent.memberships.items() if available(membership))


def rests_until(agent: Agent) -> Micros | None:
    """The end of the agent's wrap-up; None: in none. app_queue's own ends with a whole second, since it is counted by
    ``time(NULL)`` from the second in which the call ended. One that is a pause ends with the pause."""
    ends = agent.wrapup_until
    return None if ends is None else Micros(ends - ends % MICROS_PER_SECOND)


def waiting(world: World, queue: Queue) -> Iterator[Candidate]:
    """Callers of this queue for whom nobody's phone rings, in app_queue's order. Who has one agent's phone rung alone
    waits in a line beside it (``KEPT_QUEUE``), and is none of them."""
    for entry in queue.waiting:
        uniqueid = entry.uniqueid
        call = world.by_leg.get(uniqueid)
        if call is None or _is_offered(call, uniqueid) or (call.met.kept is not None and call.met.kept.until is None):
            continue
        if (channel := world.channels.get(uniqueid)) is not None:
            yield Candidate(uniqueid, channel.name, queue.name, entry.joined_at)


def _is_offered(call: Call, caller: Uniqueid) -> bool:
    offers = call.offers
    return bool(offers) and any(offer.open and offer.caller == caller for offer in offers.values())


def outweighed(world: World, agent: Agent, queue: QueueName, weights: dict[QueueName, int]) -> QueueName | None:
    """The queue of more weight that keeps this agent from ``queue``'s callers now (``compare_weight``)."""
    for name in agent.memberships:
        heavier = world.queues.get(name)
        if heavier is not None and weights.get(name, 0) > weights.get(queue, 0) and _is_short(world, heavier):
            return name
    return None


def _is_short(world: World, queue: Queue) -> bool:
    """As many callers as members who are available, or more."""
    if not queue.waiting:
        return False
    free = 0
    for name in queue.members:
        agent = world.agents.get(name)
        membership = agent.memberships.get(queue.name) if agent is not None else None
        free += membership is not None and available(membership)
    return len(queue.waiting) >= free
