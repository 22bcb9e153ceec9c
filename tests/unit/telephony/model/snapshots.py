"""Snapshots for tests: what the PBX would show of a tracker's world if it were asked just now."""

from collections.abc import Iterator, Sequence

import msgspec

from telephony.model.events import Event, MemberChanged, SnapshotTaken
from telephony.model.ids import BridgeId, Micros, PbxName, QueueName, Uniqueid
from telephony.model.machines import ChannelState
from telephony.model.seen import CallerSeen, ChannelSeen, InviteSeen
from telephony.model.terms import Place, Role
from telephony.model.tracker import Tracker
from telephony.model.world import Channel, World

BOOT = Micros(1_795_000_000_000_000)
_STATES = {ChannelState.DOWN: 0, ChannelState.RINGING: 5, ChannelState.UP: 6, ChannelState.BRIDGED: 6}


def snapshot(
    at: Micros,
    channels: Sequence[ChannelSeen] = (),
    callers: Sequence[CallerSeen] = (),
    members: Sequence[MemberChanged] = (),
    queues: Sequence[str] = ("hotline",),
    epoch: int = 1,
    booted_at: Micros = BOOT,
) -> SnapshotTaken:
    names = tuple(QueueName(queue) for queue in queues)
    return SnapshotTaken(at, epoch, booted_at, tuple(channels), tuple(callers), tuple(members), names)


def asked(events: Sequence[Event], at: Micros | None = None, epoch: int = 2) -> SnapshotTaken:
    """What a PBX that has said ``events`` answers to a snapshot right after the last of them."""
    tracker = Tracker(PbxName("pbx1"))
    for event in events:
        tracker.apply(event)
    return seen_of(tracker.world, at if at is not None else Micros(events[-1].at + 50), epoch)


def seen_of(world: World, at: Micros, epoch: int) -> SnapshotTaken:
    """As CoreShowChannels shows it: where a channel stands now, not where it began; ages in whole seconds."""
    channels = [
        ChannelSeen(
            uniqueid=channel.uniqueid,
            linkedid=channel.linkedid,
            name=channel.name,
            state=_STATES[channel.leg.state],
            caller_number=channel.call.caller_number if channel.uniqueid == channel.call.caller else "",
            caller_name="",
            context=_where(channel)[0],
            exten=_where(channel)[1],
            bridge=channel.bridge or BridgeId(""),
            age_s=max(0, at - channel.leg.created_at) // 1_000_000,
            application=_application(channel),
        )
        for channel in world.channels.values()
    ]
    callers = [
        CallerSeen(queue.name, entry.uniqueid, place, max(0, at - entry.joined_at) // 1_000_000)
        for queue in world.queues.values()
        for place, entry in enumerate(queue.waiting, 1)
    ]
    members = [
        MemberChanged(
            at=at,
            queue=name,
            member=agent.member,
            interface=membership.interface,
            state_interface=membership.interface,
            status=membership.status,
            paused=membership.paused,
            pause_reason=membership.pause_reason,
            penalty=membership.penalty,
            in_call=any(leg in world.by_leg and leg in world.by_leg[leg].offers for leg in agent.talking),
            last_call=membership.last_call,
            wrapup_s=membership.wrapup_s,
            removed=False,
        )
        for agent in world.agents.values()
        for name, membership in agent.memberships.items()
    ]
    taken = snapshot(at, channels, callers, members, tuple(world.queues), epoch)
    return msgspec.structs.replace(taken, invites=tuple(_invites(world)))


def _invites(world: World) -> Iterator[InviteSeen]:
    """What the channels' variables say: of who rings somebody, and of who came."""
    for call in world.calls.values():
        for invite in call.invites:
            for tried in invite.tries:
                leg = world.channels.get(tried.leg) if tried.leg is not None else None
                came = leg is not None and leg.leg.answered_at is not None
                says = tried.leg if came else tried.by if tried.open else None
                # A channel of an agent's bears the last that it rang, long over, too.
                last = invite.by_leg == tried.by and not any(
                    later.by_leg == tried.by for later in call.invites[call.invites.index(invite) + 1 :]
                )
                told = {says, tried.by if last and tried is invite.tries[-1] else None}
                for uniqueid in sorted(each for each in told if each in world.channels):
                    yield InviteSeen(
                        uniqueid=uniqueid,
                        room=call.host or call.caller,
                        invite=invite.id,
                        line=tried.line,
                        by=invite.by,
                        department=invite.department,
                        purpose=invite.purpose,
                        mode=invite.mode.value,
                        code=tried.code,
                        number=tried.number,
                        left=tried.left,
                    )


def _where(channel: Channel) -> tuple[str, str]:
    """Context and extension. An agent who waits for a colleague's answer is where that one is dialled."""
    call, leg = channel.call, channel.leg
    if not leg.place and leg.answered_at is not None and call.invite_of(leg.uniqueid) is not None:
        return "zt-invited", "guest"
    if not leg.place:
        return ("zt-queue-hotline" if leg.uniqueid == call.caller else "zt-phone"), "go"
    if call.consult is not None and call.consult.by == leg.uniqueid and call.consult.ringing:
        return "zt-room-dial", call.consult.whom
    who = "caller" if leg.uniqueid == call.caller else "agent" if leg.uniqueid in call.offers else "guest"
    return f"zt-room-{who}", {Place.ROOM: "join", Place.SIDE: "side", Place.HOLD: "hold"}[leg.place]


def _application(channel: Channel) -> str:
    if channel.leg.role is Role.SERVICE:
        return ""
    if channel.uniqueid in channel.call.offers:
        return "AppQueue"
    return "Queue" if channel.uniqueid == channel.call.caller else "AppDial"


def without(taken: SnapshotTaken, *gone: Uniqueid) -> SnapshotTaken:
    """The same, but these channels have ended meanwhile."""
    channels = tuple(channel for channel in taken.channels if channel.uniqueid not in gone)
    callers = tuple(caller for caller in taken.callers if caller.uniqueid not in gone)
    return msgspec.structs.replace(taken, channels=channels, callers=callers)
