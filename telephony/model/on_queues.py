"""Events about queues: callers join and leave, members are rung, sign in, pause."""

from telephony.model.calls import MAX_OFFERS, MAX_VISITS, Call, Offer, Visit
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
from telephony.model.ids import QueueName, Uniqueid
from telephony.model.machines import CallInput, CallState, OfferInput, OfferState
from telephony.model.queues import Membership, Waiting
from telephony.model.terms import Role, VisitResult
from telephony.model.world import World


def joined(world: World, event: QueueJoined) -> None:
    channel = world.channels.get(event.uniqueid)
    if channel is None:
        return world.stray(event.uniqueid, "QueueCallerJoin")
    join_queue(world, channel.call, Visit(event.queue, event.uniqueid, event.position, event.at))
    return None


def join_queue(world: World, call: Call, visit: Visit) -> None:
    if any(v.queue == visit.queue and v.uniqueid == visit.uniqueid and v.result is None for v in call.visits):
        return  # told twice: by the snapshot and by its event
    if len(call.visits) >= MAX_VISITS:
        call.left_out += 1
        return
    call.visits.append(visit)
    queue = world.queue(visit.queue)
    if queue is not None:
        queue.insert(Waiting(visit.uniqueid, call.call_id, visit.joined_at), visit.position)
        world.queue_changed(queue)
    world.emit(CallQueued(world.now, call.call_id, visit.queue, visit.position))
    if visit.uniqueid == call.caller and call.state is not CallState.TALKING:
        world.turn_call(call, CallInput.JOIN_QUEUE)


def left(world: World, event: QueueLeft) -> None:
    """Out of the line. Why is told by others: a bridge, QUEUESTATUS, or the caller's hang-up."""
    take_out(world, event.queue, event.uniqueid)
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "QueueCallerLeave")
    visit = call.open_visit
    if visit is not None and visit.uniqueid == event.uniqueid and visit.ended_at is None:
        visit.ended_at = event.at
    return None


def abandoned(world: World, event: QueueAbandoned) -> None:
    """No verdict (it also fires on timeout, leave-empty, withdraw), but the phones that ring for this caller stop."""
    if event.uniqueid not in world.by_leg:
        world.stray(event.uniqueid, "QueueCallerAbandon")


def take_out(world: World, name: QueueName, uniqueid: Uniqueid) -> None:
    queue = world.queues.get(name)
    if queue is not None:
        queue.remove(uniqueid)
        world.queue_changed(queue)


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
        leg.role, leg.party = Role.AGENT, event.member
    offer = Offer(event.member, event.queue, event.uniqueid, event.dest_uniqueid, event.at)
    call.offers[event.dest_uniqueid] = offer
    world.emit(OfferChanged(world.now, call.call_id, event.queue, event.member, event.dest_uniqueid, offer.state))
    if event.uniqueid == call.caller and call.state is not CallState.TALKING:
        world.turn_call(call, CallInput.OFFER)
    agent = world.agent(event.member)
    if agent is not None:
        agent.offers[event.dest_uniqueid] = None
        world.settle_agent(agent)


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
        if offer.state is OfferState.RINGING:
            world.turn_offer(call, offer, OfferInput.PICK_UP)


def unanswered(world: World, event: OfferUnanswered) -> None:
    """Fires for refusals too: those were decided by the hangup cause before, or will be when it comes."""
    if (known := _known(world, event, "AgentRingNoAnswer")) is not None:
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
    """Says nothing that bridges and hang-ups have not said better; asked for only to know a stranger."""
    _known(world, event, "AgentComplete")


def close_visit(call: Call, world: World, result: VisitResult, key: str = "") -> None:
    """The last stay in a queue ended thus, at the world's present time."""
    visit = call.open_visit
    if visit is None:
        return
    visit.result, visit.key = result, key
    visit.ended_at = visit.ended_at or world.now
    take_out(world, visit.queue, visit.uniqueid)
    if call.state is CallState.OFFERED or call.state is CallState.WAITING:
        world.turn_call(call, CallInput.LEAVE_QUEUE)


# --- members ----------------------------------------------------------------------------------------------


def member_changed(world: World, event: MemberChanged) -> None:
    agent, queue = world.agent(event.member), world.queue(event.queue)
    if agent is None or queue is None:
        return world.anomaly("too many members", event.member)
    if event.removed:
        agent.memberships.pop(event.queue, None)
        queue.members.pop(event.member, None)
    else:
        queue.members[event.member] = None
        agent.memberships[event.queue] = _membership(event)
    world.emit(
        MembershipChanged(
            world.now,
            event.queue,
            event.member,
            not event.removed,
            event.status,
            event.paused,
            event.pause_reason,
        )
    )
    world.settle_agent(agent)
    return None


def _membership(event: MemberChanged) -> Membership:
    return Membership(
        queue=event.queue,
        interface=event.interface,
        status=event.status,
        paused=event.paused,
        pause_reason=event.pause_reason,
        penalty=event.penalty,
        in_call=event.in_call,
        last_call=event.last_call,
        wrapup_s=event.wrapup_s,
    )
