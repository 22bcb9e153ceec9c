"""Events about channels: they are created, ring, answer, change their name or number, and hang up."""

from telephony.model import consults, inviting, on_bypass
from telephony.model.calls import Call, Leg, Offer
from telephony.model.changes import AgentTouched, CallStarted, HoldEnded, LegEnded
from telephony.model.events import (
    CallerIdChanged,
    ChannelCreated,
    ChannelHungUp,
    ChannelRenamed,
    ChannelStateChanged,
    DialBegan,
    DialEnded,
    HangupAsked,
    PhoneHeld,
)
from telephony.model.guesses import own_up_after
from telephony.model.ids import Micros, Uniqueid
from telephony.model.joins import relink
from telephony.model.machines import ChannelInput, ChannelState, OfferInput, OfferState
from telephony.model.names import is_watcher, is_way_in, party_of, role_of, room_of_line, trunk_of
from telephony.model.on_bridges import leave_bridge
from telephony.model.standing import agent_of, ring, stand, stand_all
from telephony.model.terms import Direction, Role, VisitResult
from telephony.model.world import Channel, World

_STATE_CALLS_US, _STATE_UP = 4, 6  # AST_STATE_RING: the far end began this channel
_STATES_RINGING = (3, 4, 5)  # dialing, ring, ringing (ast_channel_state)
_DOWN, _RINGING, _BRIDGED = ChannelState.DOWN, ChannelState.RINGING, ChannelState.BRIDGED
_ANSWER, _RING, _HANG_UP = ChannelInput.ANSWER, ChannelInput.RING, ChannelInput.HANG_UP
_CALLER, _SERVICE, _TARGET = Role.CALLER, Role.SERVICE, Role.TARGET
_INBOUND, _INTERNAL, _OUTBOUND = Direction.INBOUND, Direction.INTERNAL, Direction.OUTBOUND
_OFFER_RINGS = OfferState.RINGING
_ABANDONED, _UNKNOWN = VisitResult.ABANDONED, VisitResult.UNKNOWN
_CAUSE_BUSY, _CAUSE_REJECTED, _CAUSE_ELSEWHERE = 17, 21, 26
_CAUSES_NORMAL = (0, 16, 127)  # 127: a caller's CANCEL
_ORDERED = 1 | 4 | 8 | 32
_SHUTDOWN = 4
"""Bits of a SoftHangupRequest's cause (AST_SOFTHANGUP_*, channel.h): a device or its media is gone, shutdown, time
limit, explicit order. Not the end of a dialplan (16) or a redirect (2), which come in ordinary calls."""


def created(world: World, event: ChannelCreated) -> None:
    uniqueid = event.uniqueid
    if uniqueid in world.channels:
        return None  # told twice: by the snapshot and by its event
    if is_watcher(event.name):
        return world.watch(uniqueid)
    if uniqueid in world.tombstones or uniqueid in world.by_leg:
        return world.anomaly("dead channel created", uniqueid)
    call = world.by_linkedid.get(event.linkedid) or home_of(world, event) or begin_call(world, event, event.at)
    if call is not None:
        if call.headless and not call.legs:
            own_up_after(call, None, blind=True)
        channel = add_channel(world, call, event, event.at)
        if channel is not None and call.invites:
            inviting.phone_made(world, call, channel)
    return None


def home_of(world: World, event: ChannelCreated) -> Call | None:
    """The call whose room a line invites to: the PBX begins a conversation for it."""
    home = world.by_leg.get(Uniqueid(room_of_line(event.name)))
    if home is not None and event.linkedid:
        world.link(home, event.linkedid)
    return home


def begin_call(world: World, event: ChannelCreated, at: Micros) -> Call | None:
    """A conversation we have not heard of: a new call, told from its first channel."""
    if world.full:
        world.anomaly("too many channels", event.uniqueid)
        return None
    call_id = world.free_id(event.linkedid or event.uniqueid)
    direction = _direction(event)
    trunk = trunk_of(event.name) if direction is _INBOUND else ""
    call = Call(
        call_id,
        world.pbx,
        event.uniqueid,
        at,
        direction,
        event.exten,
        event.caller_number,
        event.caller_name,
        event.language,
        trunk,
    )
    call.headless = event.linkedid not in ("", event.uniqueid)
    world.calls[call_id] = call
    if event.linkedid:
        world.link(call, event.linkedid)
    world.out.append(CallStarted(world.now, call_id, call.caller_number, call.dialled, trunk))
    return call


def _direction(event: ChannelCreated) -> Direction:
    """By the first channel of a conversation. A channel that the PBX dials has its endpoint's context too, but not this
    state."""
    if role_of(event.name) is not _TARGET:
        return _INTERNAL
    if event.state == _STATE_CALLS_US:
        return _INBOUND if is_way_in(event.context) else _INTERNAL
    return _OUTBOUND


def add_channel(world: World, call: Call, event: ChannelCreated, at: Micros) -> Channel | None:
    if world.full:
        world.anomaly("too many channels", event.uniqueid)
        return None
    role = role_of(event.name)
    if event.uniqueid == call.caller and role is not _SERVICE:
        role = _CALLER
    party = (event.caller_number if role is _CALLER else "") or party_of(event.name)
    leg = Leg(event.uniqueid, event.name, role, party, at)
    if not world.add_leg(call, leg):
        return None
    channel = Channel(event.uniqueid, event.name, event.linkedid, call, leg)
    world.channels[event.uniqueid] = channel
    world.tombstones.pop(event.uniqueid, None)
    _turn_to(world, leg, event.state)
    return channel


def _turn_to(world: World, leg: Leg, state: int) -> None:
    if state == _STATE_UP:
        if leg.answered_at is None:
            leg.answered_at = world.now
        world.turn_channel(leg, _ANSWER)
    elif state in _STATES_RINGING and (leg.state is _DOWN or leg.state is _RINGING):
        world.turn_channel(leg, _RING)


def state_changed(world: World, event: ChannelStateChanged) -> None:
    channel = world.channels.get(event.uniqueid)
    if channel is None:
        return world.stray(event.uniqueid, "Newstate")
    take_state(world, channel, event.state)
    return None


def take_state(world: World, channel: Channel, state: int) -> None:
    """The channel is in this state (ast_channel_state)."""
    _turn_to(world, channel.leg, state)
    offer = channel.call.offers.get(channel.uniqueid) if state == _STATE_UP else None
    if offer is not None and offer.state is _OFFER_RINGS:
        world.turn_offer(channel.call, offer, OfferInput.PICK_UP)


def renamed(world: World, event: ChannelRenamed) -> None:
    channel = world.channels.get(event.uniqueid)
    if channel is None:
        return world.stray(event.uniqueid, "Rename")
    channel.name = event.name
    return None


def caller_id_changed(world: World, event: CallerIdChanged) -> None:
    channel = world.channels.get(event.uniqueid)
    if channel is None:
        return world.stray(event.uniqueid, "NewCallerid")
    call = channel.call
    if event.uniqueid == call.caller and channel.leg.state is not _BRIDGED:
        call.caller_number = call.caller_number or event.number
        call.caller_name = call.caller_name or event.name
    return None


def hangup_asked(world: World, event: HangupAsked) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "HangupRequest")
    leg = call.legs[event.uniqueid]
    if leg.asked_at is not None or leg.ended_at is not None:
        return None
    leg.shut_down = not event.by_peer and bool(event.cause & _SHUTDOWN)
    if event.by_peer:
        leg.asked_at = world.now
    elif event.cause & (_ORDERED if event.uniqueid == call.caller else _SHUTDOWN):
        call.ended_by_pbx = True
    return None


def hung_up(world: World, event: ChannelHungUp) -> None:
    channel = world.channels.get(event.uniqueid)
    if channel is None:
        world.stray(event.uniqueid, "Hangup")
        return world.forget_watcher(event.uniqueid)
    end_leg(world, channel, event.cause)
    return None


def end_leg(world: World, channel: Channel, cause: int | None) -> None:
    """The channel is gone, at the world's present time."""
    call, leg = channel.call, channel.leg
    if channel.bridge is not None:
        leave_bridge(world, channel)
    leg.muted = False
    del world.channels[channel.uniqueid]
    leg.ended_at, leg.cause = max(world.now, leg.created_at), cause
    if leg.held:
        leg.hold(False, world.now)
    world.turn_channel(leg, _HANG_UP)
    if (offer := call.offers.get(leg.uniqueid)) is not None:
        end_offer(world, call, offer, leg)
    _end_visits(world, call, leg)
    _leave_agent(world, call, leg)
    if call.consults or call.invites:
        consults.left(world, call, leg)
        stand_all(world, call)
    cancel_pending(world, call, leg.uniqueid)
    world.out.append(LegEnded(world.now, call.call_id, leg.uniqueid, -1 if cause is None else cause))
    world.leg_gone(call, leg.uniqueid)


def end_offer(world: World, call: Call, offer: Offer, leg: Leg) -> None:
    """The phone that was offered this call has hung up or stopped ringing."""
    offer.cause = leg.cause
    if offer.open:
        offer.ended_at = offer.ended_at or world.now
        entry = _why_ended(call.legs.get(offer.caller), leg, leg.cause)
        if entry is not None:
            world.turn_offer(call, offer, entry)


def _why_ended(caller: Leg | None, leg: Leg, cause: int | None) -> OfferInput | None:
    """Why an offered phone stopped ringing; None: a later event will tell (AgentRingNoAnswer, or the caller's end).

    The causes are those a real Asterisk 22 gives for 486, 603, 480 and for a ring-all that another agent won.
    app_queue says both NOANSWER and CANCEL of a phone that rang out, so CANCEL counts only when the caller is gone.
    """
    if cause == _CAUSE_ELSEWHERE:
        return OfferInput.LOSE_RACE
    if leg.answered_at is not None or cause is None:  # None: its end was not seen
        return OfferInput.LEG_GONE
    if cause in (_CAUSE_BUSY, _CAUSE_REJECTED):
        return OfferInput.REFUSE
    if cause not in _CAUSES_NORMAL:
        return OfferInput.UNREACHABLE
    if leg.dial_status == "NOANSWER":
        return OfferInput.RING_OUT
    caller_gone = caller is None or caller.asked_at is not None or caller.ended_at is not None
    return OfferInput.CANCEL if caller_gone else None


def cancel_pending(world: World, call: Call, caller: Uniqueid) -> None:
    """Offers whose phone has stopped ringing without a reason said: the queue, or the caller, gave up on them."""
    for offer in call.offers.values():
        if offer.caller == caller and offer.open:
            leg = call.legs.get(offer.uniqueid)
            if leg is None or leg.ended_at is not None:
                world.turn_offer(call, offer, OfferInput.CANCEL)


def _end_visits(world: World, call: Call, leg: Leg) -> None:
    """A caller's channel is gone while it stood in a queue: given up, if the caller's own phone asked for it."""
    for visit in call.visits:
        if visit.uniqueid != leg.uniqueid:
            continue
        if visit.result is None:
            visit.result = _ABANDONED if leg.asked_at is not None else _UNKNOWN
            visit.ended_at = visit.ended_at or world.now
        world.take_out(visit.queue, leg.uniqueid)


def _leave_agent(world: World, call: Call, leg: Leg) -> None:
    agent = agent_of(world, call, leg)
    if agent is None:
        return
    agent.offers.pop(leg.uniqueid, None)
    if agent.talking.pop(leg.uniqueid, None) is not None:
        agent.last_call = call.call_id
        world.out.append(AgentTouched(world.now, agent.member))
        agent.wrap_up(world.now)
        if agent.wrapup_until is not None:
            world.wrap_up(agent.member, agent.wrapup_until)
    world.settle_agent(agent)


def dial_began(world: World, event: DialBegan) -> None:
    on_bypass.dialled(world, event)
    channel = world.channels.get(event.dest_uniqueid)
    if channel is None:
        return world.stray(event.dest_uniqueid, "DialBegin")
    if event.dest_linkedid and channel.linkedid != event.dest_linkedid:
        relink(world, channel, event.dest_linkedid)
    ring(world, channel.call, channel.leg)
    return None


def dial_ended(world: World, event: DialEnded) -> None:
    if event.forward:
        on_bypass.forwarded(world, event)
    leg = world.leg_of(event.dest_uniqueid)
    if leg is None:
        return world.stray(event.dest_uniqueid, "DialEnd")
    if not leg.dial_status or event.status == "NOANSWER":  # app_queue says NOANSWER and CANCEL of a phone rung out
        leg.dial_status = event.status
    return None


def phone_held(world: World, event: PhoneHeld) -> None:
    channel = world.channels.get(event.uniqueid)
    if channel is None:
        return world.stray(event.uniqueid, "Hold")
    if not event.held and not channel.leg.held:
        world.emit(HoldEnded(world.now, channel.call.call_id, event.uniqueid))
    channel.leg.hold(event.held, world.now)
    stand(world, channel.call, channel.leg)
    return None
