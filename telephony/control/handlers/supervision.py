"""Carries out supervisors' orders: hear a call, take it over, move a caller who waits."""

import time
from functools import partial

from telephony.ami.actions import (
    Hangup,
    Originate,
    QueueChangePriorityCaller,
    QueueWithdrawCaller,
    Redirect,
    Setvar,
)
from telephony.conference.phases import Phase
from telephony.control.commands import Reason
from telephony.control.handlers.calls import carried_out, new_uniqueid, ring_ms
from telephony.control.handlers.moving import agent_to
from telephony.control.orders import supervision as orders
from telephony.control.reach import Done, Handlers, Reach
from telephony.control.refused import CommandRefused
from telephony.control.whereabouts import whereabouts
from telephony.model.calls import Call, Visit
from telephony.model.counters import EARS
from telephony.model.ids import MemberName, Uniqueid
from telephony.model.said_by_us import CallerMoved
from telephony.model.terms import Place, Role
from telephony.model.world import Channel

_Variables = tuple[tuple[str, str], ...]

MODES = ("listen", "whisper", "barge")
FIRST = 1_000
"""Above every priority that the dialplan gives (QUEUE_PRIO): who was moved first last stands first."""


def handlers(reach: Reach) -> Handlers:
    """For calls as ``reach.world`` has them."""
    return {
        orders.Listen: partial(listen, reach),
        orders.StopListening: partial(stop_listening, reach),
        orders.TakeOver: partial(take_over, reach),
        orders.MoveFirst: partial(move_first, reach),
        orders.Withdraw: partial(withdraw, reach),
    }


# --- hearing a call ---------------------------------------------------------------------------------------


def _talking(reach: Reach, agent: MemberName) -> tuple[Call, Channel]:
    """The call that this agent takes part in, and their channel."""
    for uniqueid in reach.member(agent).talking:
        call, channel = reach.world.by_leg.get(uniqueid), reach.world.channels.get(uniqueid)
        if call is not None and channel is not None:
            return call, channel
    raise CommandRefused(Reason.WRONG_STATE, f"agent: {agent} is on no call at this moment.")


def _ear(reach: Reach, call: Call, phone: str) -> Channel | None:
    """The channel by which this phone (an endpoint) hears the call already."""
    if not any(heard.end is None for heard in call.heard_by):
        return None
    for channel in reach.world.channels.values():
        if channel.leg.role is Role.SUPERVISOR and channel.name.startswith(f"PJSIP/{phone}-"):
            return channel
    return None


def _heard(call: Call, phone: MemberName, mode: str) -> bool:
    return any(heard.by == phone and heard.mode == mode and heard.end is None for heard in call.heard_by)


async def listen(reach: Reach, order: orders.Listen, within: float) -> Done:
    """Seen once the supervisor's phone has answered and hears the call in this mode."""
    if order.mode not in MODES:
        raise CommandRefused(Reason.BAD_VALUE, f"mode: write one of {', '.join(MODES)}.")
    if order.phone == order.agent:
        raise CommandRefused(Reason.BAD_VALUE, "phone: that is the agent's own.")
    call, spied = _talking(reach, order.agent)
    person = await reach.person(order.phone)
    seen = partial(_heard, call, order.phone, order.mode)
    ear = _ear(reach, call, person.phone)
    exten = "join" if order.mode == "barge" and call.room else order.mode
    room = whereabouts(reach, call, order.agent) if exten == "join" else None
    variables: _Variables = () if room is None else (("ZT_CALL", room.room), ("ZT_CALLER", room.caller.name))
    if ear is not None:
        for name, value in variables:
            await reach.act(Setvar(name, value, ear.name), within)
        return await carried_out(reach, Redirect(ear.name, "zt-spy", exten), seen, within)
    reach.can_ring(order.phone)
    variables += (("ZT_SPIED", spied.name), ("ZT_SPIED_ID", spied.uniqueid))
    action = _ring(reach, person.phone, ("zt-spy", exten), f'"{order.mode}" <{order.agent}>', variables, within)
    return await carried_out(reach, action, seen, within)


def _ring(reach: Reach, phone: str, to: tuple[str, str], shown: str, variables: _Variables, within: float) -> Originate:
    """No longer than the order has: who picks up later would come upon a call of which nobody thinks any more."""
    return Originate(
        channel=f"PJSIP/{phone}",
        context=to[0],
        exten=to[1],
        timeout=ring_ms(within),
        caller_id=shown,
        channel_id=new_uniqueid(reach, EARS),
        variables=(("FORWARD_CONTEXT", "zt-forward"), *variables),
    )


async def stop_listening(reach: Reach, order: orders.StopListening, within: float) -> Done:
    call, _ = _talking(reach, order.agent)
    person = await reach.person(order.phone)
    ear = _ear(reach, call, person.phone)
    if ear is None:
        raise CommandRefused(Reason.WRONG_STATE, f"phone: {order.phone} does not hear this call.")
    return await carried_out(reach, Hangup(ear.name), lambda: ear.uniqueid not in reach.world.channels, within)


# --- taking over ------------------------------------------------------------------------------------------


async def take_over(reach: Reach, order: orders.TakeOver, within: float) -> Done:
    """The call goes into its room, the supervisor's phone joins there, and then the agent's leg ends, by the dialplan:
    we may be gone by then. Until the supervisor has answered, caller and agent talk on; if nobody answers, they just
    do."""
    until = time.monotonic() + within
    call = reach.call(order.call)
    leg = _agents_leg(reach, call)
    person = await reach.person(order.phone)
    if leg.leg.party == order.phone:
        raise CommandRefused(Reason.BAD_VALUE, "phone: that agent has the caller already.")
    reach.can_ring(order.phone)
    now = whereabouts(reach, call, MemberName(leg.leg.party))
    if now.phase is Phase.BRIDGE:
        moved = await agent_to(reach, now, "join", within)
        if not (await carried_out(reach, moved, lambda: leg.leg.place is Place.ROOM, until - time.monotonic())).seen:
            return Done()
    variables = (("ZT_CALL", now.room), ("ZT_CALLER", now.caller.name), ("ZT_RELIEVES", leg.name))
    shown = f'"take over" <{leg.leg.party}>'
    action = _ring(reach, person.phone, ("zt-relieve", "s"), shown, variables, until - time.monotonic())
    there = partial(_is_there, reach, now.caller.uniqueid, Uniqueid(action.channel_id))
    return await carried_out(reach, action, there, until - time.monotonic())


def _agents_leg(reach: Reach, call: Call) -> Channel:
    """The leg of the agent who talks with the caller, or else of one who has them on hold. Raises CommandRefused."""
    agents = [channel for uniqueid in call.live if (channel := reach.world.channels.get(uniqueid)) is not None]
    agents = [each for each in agents if _is_an_agents(call, each) and each.leg.answered_at is not None]
    if not agents:
        raise CommandRefused(Reason.WRONG_STATE, "call: no agent has this caller at this moment.")
    return max(agents, key=lambda each: (call.caller in each.leg.partners, each.leg.answered_at or 0))


def _is_an_agents(call: Call, channel: Channel) -> bool:
    own = channel.uniqueid == call.caller
    return not own and (channel.uniqueid in call.offers or channel.leg.agent is not None)


def _is_there(reach: Reach, caller: Uniqueid, uniqueid: Uniqueid) -> bool:
    channel = reach.world.channels.get(uniqueid)
    return channel is not None and channel.leg.place is Place.ROOM and caller in channel.leg.partners


# --- callers who wait -------------------------------------------------------------------------------------


def _waiting(reach: Reach, call_id: str) -> tuple[Call, Channel, Visit]:
    call = reach.call(call_id)
    visit = call.open_visit(call.caller)
    if visit is None or visit.ended_at is not None:
        raise CommandRefused(Reason.WRONG_STATE, "call: its caller waits in no queue at this moment.")
    return call, reach.caller(call), visit


async def move_first(reach: Reach, order: orders.MoveFirst, within: float) -> Done:
    """No event tells of the new order, so the model is told once the PBX took it."""
    call, caller, visit = _waiting(reach, order.call)
    queue = reach.world.queues[visit.queue]
    others = (reach.world.calls.get(waiting.call_id) for waiting in queue.waiting)
    priority = max((other.priority for other in others if other is not None), default=0)
    priority = max(FIRST, priority + 1)
    await reach.act(QueueChangePriorityCaller(visit.queue, caller.name, priority), within)
    reach.deliver(CallerMoved(reach.world.now, visit.queue, caller.uniqueid, priority))
    return Done(seen=await reach.outcomes.until(lambda: call.priority == priority, within))


async def withdraw(reach: Reach, order: orders.Withdraw, within: float) -> Done:
    """Seen once the caller stands in the other queue. A phone that rings for them stops ringing first."""
    call, caller, visit = _waiting(reach, order.call)
    if order.queue not in {queue.name for queue in reach.site.queues}:
        known = ", ".join(queue.name for queue in reach.site.queues)
        raise CommandRefused(Reason.BAD_VALUE, f"queue: this site has {known}.")
    if order.queue == visit.queue:
        raise CommandRefused(Reason.BAD_VALUE, "queue: the caller waits there already.")
    action = QueueWithdrawCaller(visit.queue, caller.name, order.queue)
    before = len(call.visits)
    return await carried_out(reach, action, lambda: len(call.visits) > before, within)
