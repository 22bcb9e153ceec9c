"""Events about queues: callers join and leave, members are rung, sign in, pause."""

from telephony.model.calls import MAX_OFFERS, MAX_VISITS, REQUEUE, Call, Offer, Visit
from telephony.model.changes import CallQueued, MembershipChanged, OfferChanged
from telephony.model.events import (
    MemberChanged,
    OfferCompleted,
    OfferConnected,
    OfferDumped,
    OfferEvent,
    OfferMade,
    OfferUnanswered,
    QueueAbandoned,
    QueueJoined,
    QueueLeft,
)
from telephony.model.machines import CallInput, CallState, OfferInput, OfferState
from telephony.model.met import KEPT_QUEUE
from telephony.model.on_channels import end_offer
from telephony.model.pauses import WRAP_UP
from telephony.model.queues import Membership, Waiting
from telephony.model.terms import Role, VisitResult
from telephony.model.world import MAX_AGENTS, World

_AGENT, _TALKING, _RINGING = Role.AGENT, CallState.TALKING, OfferState.RINGING
_JOIN_QUEUE, _OFFER = CallInput.JOIN_QUEUE, CallInput.OFFER
_IN_A_QUEUE = (CallState.OFFERED, CallState.WAITING)
MAX_MEMBERSHIPS = 500
"""Of one agent (law 10)."""


def joined(world: World, event: QueueJoined) -> None:
    channel = world.channels.get(event.uniqueid)
    if channel is None:
        return world.stray(event.uniqueid, "QueueCallerJoin")
    visit = Visit(event.queue, event.uniqueid, event.position, event.at)
    told, channel.call.told_wait = channel.call.told_wait, None
    if told is not None and told[0] == event.queue and event.uniqueid == channel.call.caller:
        visit.told_min = told[1]
    join_queue(world, channel.call, visit)
    return None


def join_queue(world: World, call: Call, visit: Visit) -> None:
    for known in call.visits:
        if _same(known, visit):
            return  # told twice: by the snapshot and by its event
    if len(call.visits) >= MAX_VISITS:
        call.left_out += 1
        return
    earlier = call.open_visit(visit.uniqueid)
    if earlier is not None:  # nobody said how it ended
        earlier.result, earlier.ended_at = VisitResult.UNKNOWN, earlier.ended_at or visit.joined_at
        world.take_out(earlier.queue, earlier.uniqueid)
    call.visits.append(visit)
    if call.transfers and call.transfers[-1].kind == REQUEUE and visit.uniqueid == call.caller:
        call.transfers[-1].to = call.transfers[-1].to or visit.queue
    queue = world.queue(visit.queue)
    if queue is not None:
        queue.insert(Waiting(visit.uniqueid, call.call_id, visit.joined_at), visit.position)
        world.queue_changed(queue)
    world.out.append(CallQueued(world.now, call.call_id, visit.queue, visit.position))
    if visit.uniqueid == call.caller and call.state is not _TALKING:
        world.turn_call(call, _JOIN_QUEUE)


def _same(known: Visit, visit: Visit) -> bool:
    still = known.ended_at is None or known.joined_at == visit.joined_at
    return known.queue == visit.queue and known.uniqueid == visit.uniqueid and still


def left(world: World, event: QueueLeft) -> None:
    """Out of the line. Why is told by others: a bridge, QUEUESTATUS, or the caller's hang-up."""
    world.take_out(event.queue, event.uniqueid)
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "QueueCallerLeave")
    visit = call.open_visit(event.uniqueid)
    if visit is not None and visit.queue == event.queue and visit.ended_at is None:
        visit.ended_at = world.now
    return None


def abandoned(world: World, event: QueueAbandoned) -> None:
    """No verdict: it also fires on timeout, leave-empty, withdraw and redirect, and not in each abandonment."""
    if event.uniqueid not in world.by_leg:
        world.stray(event.uniqueid, "QueueCallerAbandon")


# --- offers -----------------------------------------------------------------------------------------------


def offered(world: World, event: OfferMade) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "AgentCalled")
    if event.dest_uniqueid in call.offers:
        return None
    if len(call.offers) >= MAX_OFFERS:
        call.left_out += 1
        return None
    _begin_offer(world, call, event)
    return None


def _begin_offer(world: World, call: Call, event: OfferMade) -> None:
    leg = call.legs.get(event.dest_uniqueid)
    if leg is not None:
        leg.role, leg.party = _AGENT, event.member
    offer = Offer(event.member, event.queue, event.uniqueid, event.dest_uniqueid, event.at)
    call.offers[event.dest_uniqueid] = offer
    world.out.append(OfferChanged(world.now, call.call_id, event.queue, event.member, event.dest_uniqueid, offer.state))
    if event.uniqueid == call.caller and call.state is not _TALKING:
        world.turn_call(call, _OFFER)
    agent = world.agent(event.member)
    if agent is not None:
        agent.offers[event.dest_uniqueid] = None
        world.settle_agent(agent)
    if leg is not None and leg.ended_at is not None:
        end_offer(world, call, offer, leg)


def _known(world: World, event: OfferEvent, what: str) -> tuple[Call, Offer] | None:
    call = world.by_leg.get(event.uniqueid)
    offer = call.offers.get(event.dest_uniqueid) if call is not None else None
    if call is None or offer is None:
        world.stray(event.dest_uniqueid, what)
        return None
    return call, offer


def connected(world: World, event: OfferConnected) -> None:
    if (known := _known(world, event, "AgentConnect")) is not None:
        call, offer = known
        if offer.state is _RINGING:
            world.turn_offer(call, offer, OfferInput.PICK_UP)


def _sent_elsewhere(world: World, event: OfferUnanswered) -> tuple[Call, Offer] | None:
    """The offer whose phone sent the call elsewhere (302): the event then names the channel there (app_queue)."""
    call = world.by_leg.get(event.uniqueid)
    if call is None or event.dest_uniqueid in call.offers:
        return None
    for offer in reversed(call.open_offers()):
        leg = call.legs.get(offer.uniqueid)
        if (offer.caller, offer.member) == (event.uniqueid, event.member) and (leg is None or leg.ended_at is not None):
            return call, offer
    return None


def unanswered(world: World, event: OfferUnanswered) -> None:
    """Fires for refusals too: those were decided by the hangup cause before, or will be when it comes."""
    if (known := _sent_elsewhere(world, event) or _known(world, event, "AgentRingNoAnswer")) is not None:
        call, offer = known
        leg = call.legs.get(offer.uniqueid)
        if leg is not None and leg.ended_at is None:
            leg.dial_status = "NOANSWER"  # the leg's hang-up, just to come, tells refused from rung out
        elif offer.open:
            world.turn_offer(call, offer, OfferInput.RING_OUT)


def dumped(world: World, event: OfferDumped) -> None:
    if (known := _known(world, event, "AgentDump")) is not None and known[1].open:
        world.turn_offer(*known, OfferInput.CANCEL)


def completed(world: World, event: OfferCompleted) -> None:
    """Says nothing that bridges and hang-ups have not said better. It comes late, early, never, or without the channels
    (seen on a real PBX: without the caller's, without the agent's), so it is not even asked whom it is about."""


def close_visit(world: World, call: Call, visit: Visit, result: VisitResult, key: str = "") -> None:
    """This stay in a queue ended thus, at the world's present time if no earlier one is known."""
    visit.result, visit.key = result, key
    visit.ended_at = visit.ended_at or world.now
    world.take_out(visit.queue, visit.uniqueid)
    if visit.uniqueid == call.caller and call.state in _IN_A_QUEUE:
        world.turn_call(call, CallInput.LEAVE_QUEUE)


# --- members ----------------------------------------------------------------------------------------------


def member_changed(world: World, event: MemberChanged) -> None:
    if event.queue.startswith(KEPT_QUEUE):
        return None  # no place of the agent's: what holds is the queue itself
    queue = world.queue(event.queue) if event.member else None
    agent = world.agent(event.member) if queue is not None else None
    if queue is not None and not queue.members:
        world.queue_changed(queue)  # heard of for the first time, perhaps
    if agent is None or queue is None:
        return world.anomaly("too many members", event.member)
    if len(agent.memberships) >= MAX_MEMBERSHIPS and event.queue not in agent.memberships:
        return world.anomaly("too many queues of one agent", event.member)
    before = agent.memberships.pop(event.queue, None)
    if event.removed:
        queue.members.pop(event.member, None)
        queue.count(agent.state, -1 if before is not None else 0)
        agent.at_desk = agent.at_desk and bool(agent.memberships)
    else:
        queue.members[event.member] = None
        queue.count(agent.state, 1 if before is None else 0)
        agent.memberships[event.queue] = _membership(event)
        _know_phone(world, event)
        if before is not None and _let_go(before, event):
            agent.wrapup_until = None
    signed_in, paused, reason = not event.removed, event.paused, event.pause_reason
    world.out.append(MembershipChanged(world.now, event.queue, event.member, signed_in, event.status, paused, reason))
    world.settle_agent(agent)
    return None


def _know_phone(world: World, event: MemberChanged) -> None:
    phone = event.interface.partition("/")[2]
    if phone in world.phones or len(world.phones) < MAX_AGENTS:
        world.phones[phone] = event.member


def _let_go(before: Membership, event: MemberChanged) -> bool:
    """A pause ended, or another took the place of a wrap-up's: that ends the wrap-up."""
    return before.paused and (not event.paused or (before.pause_reason == WRAP_UP != event.pause_reason))


def _membership(event: MemberChanged) -> Membership:
    return Membership(  # by place: said for each of an agent's queues whenever their phone rings or rests
        event.queue,
        event.interface,
        event.status,
        event.paused,
        event.pause_reason,
        event.penalty,
        event.in_call,
        event.last_call,
        event.wrapup_s,
    )
