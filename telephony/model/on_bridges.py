"""Events about bridges: who is in one conversation with whom.

Two people talk when their channels are in one bridge, or in bridges that Local channels join. Announcers, recorders and
Local halves are no people. Everything said of *answered*, *talking* and *with whom* is decided here, in one place.
"""

from collections.abc import Iterable

from telephony.model import consults, inviting, on_notice
from telephony.model.calls import MAX_KIN, Bridge, Call, Leg, Offer
from telephony.model.changes import CallAnswered, PartiesChanged
from telephony.model.events import (
    BridgeDestroyed,
    BridgeEntered,
    BridgeLeft,
    BridgesMerged,
    LocalBridged,
)
from telephony.model.ids import BridgeId, Uniqueid
from telephony.model.joins import join
from telephony.model.machines import CallInput, CallState, ChannelInput, OfferInput
from telephony.model.standing import engage, stand, standing
from telephony.model.terms import Role, VisitResult
from telephony.model.world import Channel, World

_TALKING, _SERVICE = CallState.TALKING, Role.SERVICE
_CONNECT, _PART, _BRIDGE, _CONNECTED = CallInput.CONNECT, CallInput.PART, OfferInput.BRIDGE, VisitResult.CONNECTED
_ENTER, _LEAVE = ChannelInput.ENTER_BRIDGE, ChannelInput.LEAVE_BRIDGE
MAX_MEMBERS = 200
"""Of one bridge (law 10)."""


def entered(world: World, event: BridgeEntered) -> None:
    channel = world.channels.get(event.uniqueid)
    if channel is None:
        return world.stray(event.uniqueid, "BridgeEnter")
    channel.name = event.name or channel.name
    enter_bridge(world, channel, event.bridge)
    return None


def enter_bridge(world: World, channel: Channel, bridge_id: BridgeId) -> None:
    if channel.bridge == bridge_id:
        return None
    if channel.bridge is not None:
        leave_bridge(world, channel)
    bridge = world.bridges.get(bridge_id)
    if bridge is None:
        bridge = world.bridges[bridge_id] = Bridge(bridge_id)
    if len(bridge.members) >= MAX_MEMBERS:
        world.anomaly("too many in one bridge", bridge_id)
        return _regroup(world, channel, [])
    bridge.members[channel.uniqueid] = None
    channel.bridge = bridge_id
    world.turn_channel(channel.leg, _ENTER)
    _regroup(world, None, conversation(world, bridge_id))
    return None


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
    channel.leg.muted = False
    if bridge is None:
        return None
    bridge.members.pop(channel.uniqueid, None)
    world.turn_channel(channel.leg, _LEAVE)
    together = conversation(world, bridge.bridge_id)
    if not bridge.members:
        world.bridges.pop(bridge.bridge_id, None)
    if channel.other_half is None:
        return _regroup(world, channel, together)
    half = world.channels.get(channel.other_half)
    apart = conversation(world, half.bridge) if half is not None and half.bridge is not None else []
    return _reconcile(world, [channel, *together, *apart])


def merged(world: World, event: BridgesMerged) -> None:
    """Nothing: each channel that moves leaves the one bridge and enters the other in events of its own, and who was
    hanging up only leaves (``bridge_do_merge`` in main/bridge.c, which tells of the merger first)."""


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
    pair(world, one, two)
    join(world, one.call, two.call)
    return None


def pair(world: World, one: Channel, two: Channel) -> None:
    """These are the two halves of a Local channel: who is in either's bridge talks with who is in the other's."""
    if one.other_half == two.uniqueid and two.other_half == one.uniqueid:
        return
    former = [world.channels.get(uniqueid) for uniqueid in (one.other_half, two.other_half) if uniqueid is not None]
    for half in former:
        if half is not None:
            half.other_half = None
    one.other_half, two.other_half = two.uniqueid, one.uniqueid
    bridges = [half.bridge for half in (one, two, *former) if half is not None]
    _reconcile(world, [other for bridge in bridges if bridge for other in conversation(world, bridge)])


def conversation(world: World, start: BridgeId) -> list[Channel]:
    """All channels in the bridge and in those that Local channels join to it."""
    channels, bridges = world.channels, world.bridges
    seen: set[BridgeId] = set()
    found: list[Channel] = []
    todo = [start]
    while todo:
        bridge_id = todo.pop()
        bridge = bridges.get(bridge_id)
        if bridge is None or bridge_id in seen:
            continue
        seen.add(bridge_id)
        for uniqueid in bridge.members:
            channel = channels.get(uniqueid)
            if channel is None:
                continue
            found.append(channel)
            if channel.other_half is not None:
                half = channels.get(channel.other_half)
                if half is not None and half.bridge is not None:
                    todo.append(half.bridge)
    return found


def _regroup(world: World, gone: Channel | None, together: list[Channel]) -> None:
    """Let those of one conversation meet each other, and who has left it, nobody; in the order of ``_reconcile``."""
    people = [channel for channel in together if channel.leg.role is not _SERVICE]
    names = [channel.uniqueid for channel in people]
    if gone is not None and gone.leg.role is not _SERVICE:
        people.insert(0, gone)
    if len(people) > 1:
        names.sort()
        people.sort(key=_not_offered)
    for channel in people:
        me = channel.uniqueid
        _meet(world, channel, () if channel is gone else tuple([other for other in names if other != me]))


def _reconcile(world: World, touched: Iterable[Channel]) -> None:
    """Let every person touched meet exactly those who are in their conversation now: agents first, since whether a
    caller was answered by the queue is told by the offer."""
    people = {channel.uniqueid: channel for channel in touched if channel.leg.role is not _SERVICE}
    if len(people) > 1:
        people = {channel.uniqueid: channel for channel in sorted(people.values(), key=_not_offered)}
    around: dict[BridgeId, list[Uniqueid]] = {}  # nobody moves while they meet
    for uniqueid, channel in people.items():
        _meet(world, channel, _others(world, around, channel.bridge, uniqueid) if channel.bridge is not None else ())


def _not_offered(person: Channel) -> bool:
    return person.uniqueid not in person.call.offers


def _others(
    world: World, around: dict[BridgeId, list[Uniqueid]], bridge: BridgeId, uniqueid: Uniqueid
) -> tuple[Uniqueid, ...]:
    """The other people of the conversation in this bridge; ``around`` keeps what was found of it."""
    people = around.get(bridge)
    if people is None:
        found = [other.uniqueid for other in conversation(world, bridge) if other.leg.role is not _SERVICE]
        people = around[bridge] = sorted(found)
    return tuple([other for other in people if other != uniqueid])


def _meet(world: World, channel: Channel, partners: tuple[Uniqueid, ...]) -> None:
    leg, call = channel.leg, channel.call
    if not leg.meet(partners, world.now):
        return
    for uniqueid in partners:
        if uniqueid not in call.legs:
            _meet_stranger(world, call, uniqueid)
    world.out.append(PartiesChanged(world.now, call.call_id, leg.uniqueid, partners))
    if partners:
        if call.invites:
            inviting.met(world, call, leg)
        if leg.uniqueid in call.offers:
            _offer_answered(world, call, leg, call.offers[leg.uniqueid])
        else:
            engage(world, call, leg)
    elif leg.place:
        stand(world, call, leg)
    if leg.uniqueid == call.caller:
        _caller_met(world, call, partners)
    if partners and (call.consults or call.invites):
        consults.met(world, call)


def _meet_stranger(world: World, call: Call, uniqueid: Uniqueid) -> None:
    """One of another call, whom this call's record must be able to name."""
    other = world.leg_of(uniqueid)
    if other is not None and len(call.strangers) < MAX_KIN:
        call.strangers[uniqueid] = other


def _offer_answered(world: World, call: Call, leg: Leg, offer: Offer) -> None:
    agent = world.agents.get(offer.member)
    if agent is not None:
        agent.talking[leg.uniqueid] = standing(call, leg)
    visit = call.open_visit(offer.caller)
    if visit is not None and visit.queue == offer.queue and (offer.open or visit.joined_at <= offer.at):
        visit.result, visit.ended_at = _CONNECTED, world.now
        world.take_out(visit.queue, visit.uniqueid)
    if offer.open:
        world.turn_offer(call, offer, _BRIDGE)
    elif agent is not None:
        world.settle_agent(agent)


def _caller_met(world: World, call: Call, partners: tuple[Uniqueid, ...]) -> None:
    if not partners:
        if call.state is _TALKING:
            world.turn_call(call, _PART)
        return
    if call.answered_at is None:
        call.answered_at = world.now
        call.answered_by = ([uniqueid for uniqueid in partners if uniqueid in call.offers] or partners)[0]
        offer = call.offers.get(call.answered_by)
        member = None if offer is None else offer.member
        world.out.append(CallAnswered(world.now, call.call_id, member))
        on_notice.answered(world, call, member)
    _taken_out(world, call)
    if call.state is not _TALKING:
        world.turn_call(call, _CONNECT)


def _taken_out(world: World, call: Call) -> None:
    """The caller talks with somebody whom the queue did not offer: redirected out of the line, if it was left."""
    visit = call.open_visit(call.caller)
    if visit is None:
        return
    visit.result = VisitResult.CONNECTED if visit.ended_at is None else VisitResult.WITHDRAWN
    visit.ended_at = visit.ended_at or world.now
    world.take_out(visit.queue, visit.uniqueid)
