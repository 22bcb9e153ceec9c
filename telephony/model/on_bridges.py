"""Events about bridges: who is in one conversation with whom.

Two people talk when their channels are in one bridge, or in bridges that Local channels join. Announcers, recorders and
Local halves are no people. Everything said of *answered*, *talking* and *with whom* is decided here, in one place.
"""

from collections.abc import Iterable

from telephony.model.calls import Bridge, Call, Leg
from telephony.model.changes import CallAnswered, PartiesChanged
from telephony.model.events import (
    BridgeDestroyed,
    BridgeEntered,
    BridgeLeft,
    BridgesMerged,
    LocalBridged,
)
from telephony.model.ids import BridgeId, Uniqueid
from telephony.model.machines import CallInput, CallState, ChannelInput, OfferInput
from telephony.model.terms import VisitResult
from telephony.model.world import Channel, World


def entered(world: World, event: BridgeEntered) -> None:
    channel = world.channels.get(event.uniqueid)
    if channel is None:
        return world.stray(event.uniqueid, "BridgeEnter")
    channel.name = event.name or channel.name
    enter_bridge(world, channel, event.bridge)
    return None


def enter_bridge(world: World, channel: Channel, bridge_id: BridgeId) -> None:
    if channel.bridge == bridge_id:
        return
    if channel.bridge is not None:
        leave_bridge(world, channel)
    bridge = world.bridges.get(bridge_id)
    if bridge is None:
        bridge = world.bridges[bridge_id] = Bridge(bridge_id)
    bridge.members[channel.uniqueid] = None
    channel.bridge = bridge_id
    world.turn_channel(channel.leg, ChannelInput.ENTER_BRIDGE)
    _reconcile(world, _conversation(world, bridge_id))


def left(world: World, event: BridgeLeft) -> None:
    channel = world.channels.get(event.uniqueid)
    if channel is None:
        return world.stray(event.uniqueid, "BridgeLeave")
    if channel.bridge == event.bridge:
        leave_bridge(world, channel)
    return None


def leave_bridge(world: World, channel: Channel) -> None:
    """Take the channel out of its bridge, if it is in one."""
    bridge = world.bridges.get(channel.bridge) if channel.bridge is not None else None
    channel.bridge = None
    if bridge is None:
        return
    bridge.members.pop(channel.uniqueid, None)
    world.turn_channel(channel.leg, ChannelInput.LEAVE_BRIDGE)
    touched = [channel, *_conversation(world, bridge.bridge_id)]
    if channel.other_half is not None and (half := world.channels.get(channel.other_half)) is not None:
        touched += _conversation(world, half.bridge) if half.bridge else []
    if not bridge.members:
        world.bridges.pop(bridge.bridge_id, None)
    _reconcile(world, touched)


def merged(world: World, event: BridgesMerged) -> None:
    gone = world.bridges.pop(event.gone, None)
    for uniqueid in list(gone.members) if gone is not None else ():
        channel = world.channels.get(uniqueid)
        if channel is not None:
            channel.bridge = None
            enter_bridge(world, channel, event.kept)


def destroyed(world: World, event: BridgeDestroyed) -> None:
    bridge = world.bridges.get(event.bridge)
    for uniqueid in list(bridge.members) if bridge is not None else ():
        if (channel := world.channels.get(uniqueid)) is not None:
            leave_bridge(world, channel)
    world.bridges.pop(event.bridge, None)


def local_bridged(world: World, event: LocalBridged) -> None:
    one, two = world.channels.get(event.one), world.channels.get(event.two)
    if one is None or two is None:
        return world.stray(event.one if one is None else event.two, "LocalBridge")
    one.other_half, two.other_half = two.uniqueid, one.uniqueid
    if one.call is not two.call:
        world.join(one.call, two.call)
    if one.bridge:
        _reconcile(world, _conversation(world, one.bridge))
    return None


def _conversation(world: World, start: BridgeId) -> list[Channel]:
    """All channels in the bridge and in those that Local channels join to it."""
    seen: set[BridgeId] = set()
    found: list[Channel] = []
    todo = [start]
    while todo:
        bridge_id = todo.pop()
        bridge = world.bridges.get(bridge_id)
        if bridge_id in seen or bridge is None:
            continue
        seen.add(bridge_id)
        for uniqueid in bridge.members:
            channel = world.channels.get(uniqueid)
            if channel is None:
                continue
            found.append(channel)
            half = world.channels.get(channel.other_half) if channel.other_half is not None else None
            if half is not None and half.bridge is not None:
                todo.append(half.bridge)
    return found


def _reconcile(world: World, touched: Iterable[Channel]) -> None:
    """Let every person touched meet exactly those who are in their conversation now."""
    for channel in {channel.uniqueid: channel for channel in touched}.values():
        if channel.leg.person:
            _meet(world, channel, _partners(world, channel))


def _partners(world: World, channel: Channel) -> tuple[Uniqueid, ...]:
    if channel.bridge is None:
        return ()
    others = _conversation(world, channel.bridge)
    return tuple(sorted(o.uniqueid for o in others if o.leg.person and o.uniqueid != channel.uniqueid))


def _meet(world: World, channel: Channel, partners: tuple[Uniqueid, ...]) -> None:
    leg, call = channel.leg, channel.call
    before = leg.spans[-1].partners if leg.talking else ()
    leg.meet(partners, world.now)
    if partners == before:
        return
    world.emit(PartiesChanged(world.now, call.call_id, leg.uniqueid, partners))
    if partners:
        _offer_answered(world, call, leg)
    if leg.uniqueid == call.caller:
        _caller_met(world, call, partners)


def _offer_answered(world: World, call: Call, leg: Leg) -> None:
    offer = call.offers.get(leg.uniqueid)
    if offer is None:
        return
    agent = world.agents.get(offer.member)
    if agent is not None:
        agent.talking.setdefault(leg.uniqueid, leg.on_hold)
    if offer.open:
        world.turn_offer(call, offer, OfferInput.BRIDGE)
    elif agent is not None:
        world.settle_agent(agent)


def _caller_met(world: World, call: Call, partners: tuple[Uniqueid, ...]) -> None:
    if not partners:
        if call.state is CallState.TALKING:
            world.turn_call(call, CallInput.PART)
        return
    if call.answered_at is None:
        call.answered_at, call.answered_by = world.now, partners[0]
        offer = call.offers.get(partners[0])
        world.emit(CallAnswered(world.now, call.call_id, None if offer is None else offer.member))
    visit = call.open_visit
    if visit is not None:
        visit.result = VisitResult.CONNECTED
        visit.ended_at = visit.ended_at or world.now
    if call.state is not CallState.TALKING:
        world.turn_call(call, CallInput.CONNECT)
