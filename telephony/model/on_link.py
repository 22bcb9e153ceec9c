"""The link's beginning and end, and the PBX's clock: a snapshot makes the model equal to the PBX, whatever was missed
between."""

import msgspec

from telephony.model import on_agents, on_closure, on_invites, on_rooms, on_trunks
from telephony.model.calls import Call, Visit
from telephony.model.changes import EpochBegan, EpochEnded
from telephony.model.events import ChannelCreated, ClockSet, LinkLost, MemberChanged, OfferMade, SnapshotTaken
from telephony.model.guesses import all_known, own_up, own_up_after, unseen_end
from telephony.model.ids import (
    MICROS_PER_SECOND,
    NEVER,
    Linkedid,
    MemberName,
    Micros,
    QueueName,
    Uniqueid,
    uniqueid_parts,
)
from telephony.model.joins import relink
from telephony.model.machines import OfferInput, OfferState
from telephony.model.names import is_watcher, is_way_in, trunk_of
from telephony.model.on_bridges import enter_bridge, leave_bridge, pair
from telephony.model.on_channels import add_channel, begin_call, end_leg, home_of, take_state
from telephony.model.on_queues import close_visit, join_queue, member_changed, offered
from telephony.model.queues import Queue
from telephony.model.seen import ChannelSeen
from telephony.model.shift import shift_call
from telephony.model.terms import Direction, Role, VisitResult
from telephony.model.world import Channel, World

_CALLED = frozenset(("", "AppQueue", "AppDial", "AppDial2"))
"""What CoreShowChannels shows as the application of a channel that the PBX called (app_queue.c, app_dial.c, dial.c), or
of one that has not begun to do anything."""
_SAME_BOOT = 2 * MICROS_PER_SECOND
"""CoreStatus tells the start in whole seconds."""


def lost(world: World, event: LinkLost) -> None:
    world.lost_at, world.blind = max(world.now, event.at), True
    world.emit(EpochEnded(world.now, event.epoch))


def clock_set(world: World, event: ClockSet) -> None:
    """Calls under way go on along the new setting, as if it had always been so: durations stay true."""
    world.anomaly("clock set", f"by {event.by / MICROS_PER_SECOND:.1f} s")
    world.shift(event.by)
    for call in world.calls.values():
        shift_call(call, event.by)
    for queue in world.queues.values():
        for waiting in queue.waiting:
            waiting.joined_at = Micros(waiting.joined_at + event.by)


def snapshot(world: World, event: SnapshotTaken) -> None:
    restarted = world.booted_at != 0 and abs(event.booted_at - world.booted_at) > _SAME_BOOT
    if restarted:
        _end_all(world)
    if restarted or world.booted_at == NEVER:
        world.booted_at = event.booted_at
    world.epoch = event.epoch
    world.hear(event.at)
    before = all_known(world.calls.values())
    _end_missing(world, event)
    event = _without_watchers(world, event)
    found = [seen for seen in event.channels if seen.uniqueid not in world.channels]
    rooms = {invite.uniqueid: invite.room for invite in event.invites}
    for seen in sorted(event.channels, key=lambda channel: uniqueid_parts(channel.uniqueid)):
        _take_in(world, seen, event.at, rooms.get(seen.uniqueid))
    _pair_locals(world)
    _members(world, event)
    _line_up(world, event)
    _adopt(world, event, found)
    _bridges(world, event)
    on_invites.seen(world, event.invites, event.channels)
    on_rooms.seen(world, event.channels)
    on_invites.muted_seen(world, event.muted)
    _close_gone_visits(world, event)
    for call in world.calls.values():
        own_up_after(call, before.get(call.call_id), world.blind)
    world.blind = False
    on_trunks.seen(world, event.trunks)
    on_closure.seen(world, event.closure)
    on_agents.seen(world, event.wrap_ups)
    world.emit(EpochBegan(world.now, event.epoch, len(world.calls)))


def _without_watchers(world: World, event: SnapshotTaken) -> SnapshotTaken:
    world.watchers.clear()
    for seen in event.channels:
        if is_watcher(seen.name):
            world.watch(seen.uniqueid)
    if not world.watchers:
        return event
    left = tuple(seen for seen in event.channels if seen.uniqueid not in world.watchers)
    return msgspec.structs.replace(event, channels=left)


def _end_missing(world: World, event: SnapshotTaken) -> None:
    seen = {channel.uniqueid for channel in event.channels}
    for channel in [channel for channel in world.channels.values() if channel.uniqueid not in seen]:
        channel.call.ended_unseen = True
        end_leg(world, channel, None)


def _end_all(world: World) -> None:
    """The PBX that had these calls is gone, and took them along when the link broke. A new one may use their ids."""
    world.hear(max(world.now, world.lost_at))
    before = all_known(world.calls.values())
    for channel in list(world.channels.values()):
        channel.call.ended_by_pbx = True
        end_leg(world, channel, None)
    for call in list(world.calls.values()):
        if not before[call.call_id].over:
            unseen_end(call)
        world.hand_over(call)
    world.tombstones.clear()


def _take_in(world: World, seen: ChannelSeen, at: Micros, room: Uniqueid | None) -> None:
    """``room``: of the call that it says it was invited to."""
    channel = world.channels.get(seen.uniqueid)
    if channel is not None:
        channel.name = seen.name
        take_state(world, channel, seen.state)
        if channel.linkedid != seen.linkedid:
            relink(world, channel, seen.linkedid)
        return None
    if seen.uniqueid in world.by_leg or seen.uniqueid in world.tombstones:
        return world.anomaly("dead channel seen", seen.uniqueid)
    began, linkedid = Micros(at - seen.age_s * MICROS_PER_SECOND), _first_linkedid(seen)
    created = ChannelCreated(
        began,
        seen.uniqueid,
        linkedid,
        seen.name,
        seen.state,
        seen.caller_number,
        seen.caller_name,
        seen.context,
        seen.exten,
        seen.language,
    )
    call = world.by_linkedid.get(linkedid) or home_of(world, created) or _invited_to(world, room, linkedid)
    if call is None and (call := begin_call(world, created, began)) is not None:
        _guess(call, seen, joined=seen.linkedid != linkedid and seen.linkedid in world.by_linkedid)
    channel = None if call is None else add_channel(world, call, created, began)
    if channel is not None and linkedid != seen.linkedid:
        relink(world, channel, seen.linkedid)
    return None


def _invited_to(world: World, room: Uniqueid | None, linkedid: Linkedid) -> Call | None:
    """Who came by a line has that one's conversation, which ended with it."""
    home = world.by_leg.get(room) if room is not None else None
    if home is not None:
        world.link(home, linkedid)
    return home


def _first_linkedid(seen: ChannelSeen) -> Linkedid:
    """Who calls from a trunk began a conversation of their own, whosever it was joined to since."""
    return Linkedid(seen.uniqueid) if _calls(seen) and trunk_of(seen.name) else seen.linkedid


def _calls(seen: ChannelSeen) -> bool:
    return seen.application not in _CALLED


def _guess(call: Call, seen: ChannelSeen, joined: bool) -> None:
    """The beginning was not seen, and the channel has moved on in the dialplan since: its name tells whose it is, and
    what it does. ``joined``: its conversation is another call's. One from a trunk that is in a conversation whose
    beginning nobody knows may also have been called, and transferred then."""
    own_up(call, "received_at")
    trunk = trunk_of(seen.name)
    if is_way_in(seen.context):
        if trunk and _calls(seen):
            call.direction, call.trunk = Direction.INBOUND, trunk
        return
    call.dialled = ""
    own = str(seen.uniqueid) == seen.linkedid
    call.direction = Direction.INTERNAL
    if trunk and (own or joined):
        call.direction, call.trunk = Direction.INBOUND, trunk
    elif trunk:
        call.direction, call.headless = Direction.OUTBOUND, True


def _pair_locals(world: World) -> None:
    """The two halves of a Local channel know each other by name: ``Local/…;1`` and ``;2``."""
    halves = {c.name: c for c in world.channels.values() if c.name.startswith("Local/") and c.other_half is None}
    for name, one in halves.items():
        two = halves.get(name[:-1] + "2") if name.endswith(";1") else None
        if two is not None:
            pair(world, one, two)


def _members(world: World, event: SnapshotTaken) -> None:
    present = {(member.queue, member.member) for member in event.members}
    for name in event.queues:
        world.queue(name)
    for queue in list(world.queues.values()):
        for member in [m for m in queue.members if (queue.name, m) not in present]:
            member_changed(world, _removed(queue.name, member, event.at))
    for changed in event.members:
        member_changed(world, changed)


def _removed(queue: QueueName, member: MemberName, at: Micros) -> MemberChanged:
    return MemberChanged(at, queue, member, "", "", 0, False, "", 0, False, 0, 0, True)


def _line_up(world: World, event: SnapshotTaken) -> None:
    """Every queue's line is as the PBX has it, in its order."""
    for seen in sorted(event.callers, key=lambda caller: caller.position):
        call = world.by_leg.get(seen.uniqueid)
        if call is None:
            continue
        if seen.uniqueid == call.caller and "received_at" in call.estimated:
            call.direction = Direction.INBOUND  # whoever waits called the hotline, from a phone of the site as well
        joined_at = Micros(event.at - seen.wait_s * MICROS_PER_SECOND)
        join_queue(world, call, Visit(seen.queue, seen.uniqueid, seen.position, joined_at))
    for queue in list(world.queues.values()):
        _put_in_order(world, queue, [seen.uniqueid for seen in event.callers if seen.queue == queue.name])


def _put_in_order(world: World, queue: Queue, order: list[Uniqueid]) -> None:
    place = {uniqueid: number for number, uniqueid in enumerate(order)}
    waiting = [entry for entry in queue.waiting if entry.uniqueid in place]
    waiting.sort(key=lambda entry: place[entry.uniqueid])
    if waiting != queue.waiting:
        queue.waiting = waiting
        world.queue_changed(queue)


def _adopt(world: World, event: SnapshotTaken, found: list[ChannelSeen]) -> None:
    """Of the legs we had not seen: those to queue members are offers, found half-way or answered."""
    in_line = {caller.uniqueid: caller.queue for caller in event.callers}
    members = {(member.queue, member.interface): member for member in event.members}
    serving = {member.interface: member.queue for member in event.members if member.in_call}
    for seen in found:
        channel = world.channels.get(seen.uniqueid)
        if channel is None or channel.leg.role is not Role.TARGET:
            continue
        interface = seen.name.rpartition("-")[0]
        queue = in_line.get(channel.call.caller) or serving.get(interface)
        member = members.get((queue, interface)) if queue is not None else None
        if member is not None:
            _offer_found(world, channel, member)


def _offer_found(world: World, channel: Channel, member: MemberChanged) -> None:
    call, leg = channel.call, channel.leg
    made = OfferMade(
        at=leg.created_at,
        uniqueid=call.caller,
        linkedid=channel.linkedid,
        queue=member.queue,
        member=member.member,
        interface=member.interface,
        dest_uniqueid=leg.uniqueid,
        dest_linkedid=channel.linkedid,
        dest_name=channel.name,
    )
    offered(world, made)
    offer = call.offers.get(leg.uniqueid)
    if offer is not None and offer.state is OfferState.RINGING and leg.answered_at is not None:
        world.turn_offer(call, offer, OfferInput.PICK_UP)


def _bridges(world: World, event: SnapshotTaken) -> None:
    for seen in event.channels:
        channel = world.channels.get(seen.uniqueid)
        if channel is None:
            continue
        if seen.bridge:
            enter_bridge(world, channel, seen.bridge)
        else:
            leave_bridge(world, channel)


def _close_gone_visits(world: World, event: SnapshotTaken) -> None:
    """Who stands in no line any more, and talks with nobody of the queue, left it in a way we did not see. Of those
    who were seen leaving, the reason is still to come."""
    present = {(caller.queue, caller.uniqueid) for caller in event.callers}
    for call in list(world.calls.values()):
        for visit in call.visits:
            in_line = visit.result is None and visit.ended_at is None and call.live
            if in_line and (visit.queue, visit.uniqueid) not in present:
                close_visit(world, call, visit, VisitResult.UNKNOWN)
                own_up(call, "wait_ms")
