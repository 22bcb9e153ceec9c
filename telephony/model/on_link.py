"""The link's beginning and end: a snapshot makes the model equal to the PBX, whatever was missed between."""

from telephony.model.calls import Call, Offer, Visit
from telephony.model.changes import EpochBegan, EpochEnded
from telephony.model.events import ChannelCreated, ChannelSeen, LinkLost, MemberChanged, SnapshotTaken
from telephony.model.ids import MICROS_PER_SECOND, MemberName, Micros, QueueName, Uniqueid, uniqueid_parts
from telephony.model.machines import OfferState
from telephony.model.on_bridges import enter_bridge, leave_bridge
from telephony.model.on_channels import add_channel, begin_call, end_leg
from telephony.model.on_queues import join_queue, member_changed
from telephony.model.terms import Role, VisitResult
from telephony.model.world import Channel, World

_SAME_BOOT = 2 * MICROS_PER_SECOND
"""CoreStatus tells the start in whole seconds."""


def lost(world: World, event: LinkLost) -> None:
    world.emit(EpochEnded(world.now, event.epoch))


def snapshot(world: World, event: SnapshotTaken) -> None:
    restarted = world.booted_at != 0 and abs(event.booted_at - world.booted_at) > _SAME_BOOT
    world.booted_at, world.epoch = event.booted_at, event.epoch
    seen = {} if restarted else {channel.uniqueid: channel for channel in event.channels}
    for channel in [c for c in world.channels.values() if c.uniqueid not in seen]:
        _ended_unseen(world, channel, restarted)
    for found in sorted(event.channels, key=lambda channel: uniqueid_parts(channel.uniqueid)):
        _take_in(world, found, event.at)
    _pair_locals(world)
    _members(world, event)
    _bridges(world, event)
    _callers(world, event)
    world.emit(EpochBegan(world.now, event.epoch, len(world.calls)))


def _ended_unseen(world: World, channel: Channel, restarted: bool) -> None:
    call = channel.call
    call.ended_by_pbx = call.ended_by_pbx or restarted
    call.ended_unseen = call.ended_unseen or not restarted
    if "ended_at" not in call.estimated:
        call.estimated.append("ended_at")
    end_leg(world, channel, None)


def _take_in(world: World, seen: ChannelSeen, at: Micros) -> None:
    channel = world.channels.get(seen.uniqueid)
    if channel is not None:
        channel.name = seen.name
        if channel.linkedid != seen.linkedid:
            world.relink(channel, seen.linkedid)
        return
    began = Micros(at - seen.age_s * MICROS_PER_SECOND)
    created = ChannelCreated(
        began,
        seen.uniqueid,
        seen.linkedid,
        seen.name,
        seen.state,
        seen.caller_number,
        seen.caller_name,
        seen.context,
        seen.exten,
        seen.language,
    )
    call = world.by_linkedid.get(seen.linkedid)
    if call is None and (call := begin_call(world, created, began)) is not None:
        call.estimated.append("received_at")
    if call is not None:
        add_channel(world, call, created, began)


def _pair_locals(world: World) -> None:
    """The two halves of a Local channel know each other by name: ``Local/…;1`` and ``;2``."""
    halves = {c.name: c for c in world.channels.values() if c.name.startswith("Local/") and c.other_half is None}
    for name, one in halves.items():
        two = halves.get(name[:-1] + "2") if name.endswith(";1") else None
        if two is not None:
            one.other_half, two.other_half = two.uniqueid, one.uniqueid


def _members(world: World, event: SnapshotTaken) -> None:
    present = {(member.queue, member.member) for member in event.members}
    for name in event.queues:
        world.queue(name)
    for queue in list(world.queues.values()):
        for member in [m for m in queue.members if (queue.name, m) not in present]:
            member_changed(world, _removed(queue.name, member, event.at))
    for changed in event.members:
        member_changed(world, changed)
    by_interface = {member.interface: member.member for member in event.members}
    for channel in list(world.channels.values()):
        _adopt(world, channel, by_interface)


def _removed(queue: QueueName, member: MemberName, at: Micros) -> MemberChanged:
    return MemberChanged(at, queue, member, "", "", 0, False, "", 0, False, 0, 0, True)


def _adopt(world: World, channel: Channel, by_interface: dict[str, MemberName]) -> None:
    """A leg to a queue member whose offer we did not see: an offer found half-way or answered."""
    member = by_interface.get(channel.name.rpartition("-")[0])
    call, leg = channel.call, channel.leg
    if member is None or leg.role is not Role.TARGET or channel.uniqueid in call.offers or not call.inbound:
        return
    leg.role, leg.party = Role.AGENT, member
    visit = call.open_visit
    queue = visit.queue if visit is not None else QueueName("")
    state = OfferState.PICKED_UP if leg.answered_at is not None else OfferState.RINGING
    offer = Offer(member, queue, call.caller, leg.uniqueid, leg.created_at, state)
    call.offers[leg.uniqueid] = offer
    agent = world.agent(member)
    if agent is not None:
        agent.offers[leg.uniqueid] = None
        world.settle_agent(agent)


def _bridges(world: World, event: SnapshotTaken) -> None:
    for seen in event.channels:
        channel = world.channels.get(seen.uniqueid)
        if channel is None:
            continue
        if seen.bridge:
            enter_bridge(world, channel, seen.bridge)
        else:
            leave_bridge(world, channel)


def _callers(world: World, event: SnapshotTaken) -> None:
    present = {(caller.queue, caller.uniqueid) for caller in event.callers}
    for queue in list(world.queues.values()):
        queue.waiting = [entry for entry in queue.waiting if (queue.name, entry.uniqueid) in present]
    for call in list(world.calls.values()):
        _close_gone_visits(call, present, event.at)
    for caller in sorted(event.callers, key=lambda caller: caller.position):
        found = world.by_leg.get(caller.uniqueid)
        if found is not None:
            joined_at = Micros(event.at - caller.wait_s * MICROS_PER_SECOND)
            join_queue(world, found, Visit(caller.queue, caller.uniqueid, caller.position, joined_at))


def _close_gone_visits(call: Call, present: set[tuple[QueueName, Uniqueid]], at: Micros) -> None:
    for visit in call.visits:
        if visit.result is None and call.live and (visit.queue, visit.uniqueid) not in present:
            visit.result, visit.ended_at = VisitResult.UNKNOWN, visit.ended_at or at
