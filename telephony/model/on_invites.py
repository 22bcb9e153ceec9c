"""Events about invitations, and about what is said apart: what the dialplan says of them."""

from collections.abc import Collection, Iterable

from telephony.model import consults, inviting
from telephony.model.calls import MAX_INVITES, Call, Consult, Leg, PrivateFile
from telephony.model.ids import Micros, Uniqueid
from telephony.model.invites import Asked, Invite
from telephony.model.joins import bring_home
from telephony.model.room_events import ConsultTold, InviteTold, PrivateTold, VoiceMuted
from telephony.model.seen import ChannelSeen, InviteSeen
from telephony.model.standing import stand_all
from telephony.model.terms import InviteMode, Place
from telephony.model.world import Channel, World

RINGING, ANSWER = "RINGING", "ANSWER"
_MODES = frozenset(InviteMode)
_BEGAN = "began"
_UNNAMED = "consult-"
_ONLY = "1"
"""The line of a consult that the agent's own channel rings."""


def told(world: World, event: InviteTold) -> None:
    channel = world.channels.get(event.uniqueid)
    if channel is None:
        return world.stray(event.uniqueid, "ZtInvite")
    if event.mode not in _MODES:
        return world.anomaly("invitation", event.mode)
    bring_home(world, world.by_leg.get(event.room), channel.call)
    call = channel.call
    if event.status == RINGING:
        _rung(world, call, event)
    elif (invite := call.invite(event.invite)) is None:
        world.anomaly("invitation", "not begun")
    elif event.status == ANSWER:
        inviting.picked_up(world, call, invite, channel.leg, event.line, event.number)
    else:
        inviting.ended(world, call, invite, event.line, event.number, event.status.lower())
    consults.follow(world, call)
    stand_all(world, call)
    return None


def _rung(world: World, call: Call, event: InviteTold) -> None:
    mode = InviteMode(event.mode)
    agent = agent_leg(call, event.by)
    made = Invite(event.invite, event.by, world.now, mode, event.purpose, event.department)
    made.by_leg = agent.uniqueid if agent is not None else None
    asked = Asked(event.number, event.code, world.now, event.line, event.uniqueid, left=event.left)
    inviting.rung(call, made, asked)
    if mode is InviteMode.HAND_OVER:  # by their own channel, which has left the room for it
        call.room, call.legs[event.uniqueid].place = False, Place.NONE
    if mode is InviteMode.SIDE and agent is not None:
        consults.begin(world, call, Consult(agent.uniqueid, made.to or asked.to, world.now, invite=event.invite))


def agent_leg(call: Call, number: str) -> Leg | None:
    """The living leg of the agent of this number; the last of several."""
    for uniqueid, leg in reversed(call.legs.items()):
        offer = call.offers.get(uniqueid)
        own = (leg.agent or leg.party) if offer is None else offer.member
        if uniqueid in call.live and leg.person and own == number:
            return leg
    return None


def consulted(world: World, call: Call, leg: Leg, event: ConsultTold) -> str:
    """The agent at this leg has a number rung to ask, or it did not come. Returns the invitation's id."""
    invite_id = event.invite or _last_of(call, leg, event)
    invite = call.invite(invite_id)
    if event.status == RINGING:
        offer = call.offers.get(leg.uniqueid)
        by = offer.member if offer is not None else leg.agent or leg.party
        made = Invite(invite_id, by, world.now, InviteMode.SIDE, "", event.department, by_leg=leg.uniqueid)
        inviting.rung(call, made, Asked(event.number, event.code, world.now, _ONLY, leg.uniqueid, left=event.left))
    elif invite is not None:
        inviting.ended(world, call, invite, _ONLY, event.number, event.status.lower())
    return invite_id


def _last_of(call: Call, leg: Leg, event: ConsultTold) -> str:
    """Of a dialplan that names no invitations: each number is one."""
    own = [invite for invite in call.invites if invite.by_leg == leg.uniqueid and invite.id.startswith(_UNNAMED)]
    ringing = bool(own) and own[-1].ringing and own[-1].tries[-1].number == event.number
    again = bool(own) and (event.status != RINGING or ringing)
    return own[-1].id if again else f"{_UNNAMED}{len(call.invites) + 1}"


def private_told(world: World, event: PrivateTold) -> None:
    """What is spoken apart has a recording of its own, from now on or until now."""
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ZtPrivate")
    file = next((known for known in call.private_files if known.path == event.recording), None)
    if file is None and event.state == _BEGAN and len(call.private_files) < MAX_INVITES:
        call.private_files.append(PrivateFile(event.recording, event.uniqueid, world.now))
    elif file is not None and event.state != _BEGAN and file.end is None:
        file.end, file.size = world.now, event.size
    return None


def muted(world: World, event: VoiceMuted) -> None:
    leg = world.leg_of(event.uniqueid)
    if leg is None:
        return world.stray(event.uniqueid, "ConfbridgeMute")
    leg.muted = event.muted and leg.place is not Place.NONE
    return None


# --- as a snapshot has it ---------------------------------------------------------------------------------

_WITH_US = (*(("zt-room-guest", exten) for exten in ("join", "side", "hold")),)
_BACK = (*(("zt-room-agent", exten) for exten in ("join", "back", "side", "wait", "pair")),)
"""Who came by an invitation, an agent who has come back among them. The ``consult`` of these rings somebody."""
_COMING = ("zt-room-guest", "zt-invited", "zt-room-pair")


def seen(world: World, found: Iterable[InviteSeen], channels: Iterable[ChannelSeen]) -> None:
    """What channels say of invitations of whose beginning, or end, nothing was heard."""
    places = {row.uniqueid: (row.context, row.exten) for row in channels}
    for row in found:
        channel = world.channels.get(row.uniqueid)
        if channel is None or row.mode not in _MODES:
            continue
        bring_home(world, world.by_leg.get(row.room), channel.call)
        place = places.get(row.uniqueid, ("", ""))
        if place in _BACK and not _is_of(channel, row.number):
            continue  # whom this agent had rung once: over, or told by those who ring or came
        if place in _BACK or place[0] in _COMING:
            _came(world, channel, row, in_a_room=place in (*_WITH_US, *_BACK))
        else:
            inviting.rung(channel.call, _invite(world, channel, row, world.now), _asked(row, world.now, row.uniqueid))
            _phones(world, channel, row)
        channel.call.invites.sort(key=lambda invite: invite.at)


def _is_of(channel: Channel, number: str) -> bool:
    """Whether the number is that of who is at this leg."""
    offer = channel.call.offers.get(channel.uniqueid)
    return number in (channel.leg.agent, channel.leg.party, None if offer is None else offer.member)


def _invite(world: World, channel: Channel, row: InviteSeen, at: Micros) -> Invite:
    agent = agent_leg(channel.call, row.by)
    by_leg = agent.uniqueid if agent is not None else None
    return Invite(row.invite, row.by, at, InviteMode(row.mode), row.purpose, row.department, by_leg)


def _asked(row: InviteSeen, at: Micros, by: Uniqueid | None) -> Asked:
    return Asked(row.number, row.code, at, row.line, by, left=row.left)


def _came(world: World, channel: Channel, row: InviteSeen, *, in_a_room: bool) -> None:
    call, leg = channel.call, channel.leg
    known = call.invite(row.invite)
    if known is None or known.tried(leg.uniqueid) is None:
        asked = _asked(row, leg.created_at, None)
        asked.leg = leg.uniqueid
        inviting.rung(call, _invite(world, channel, row, leg.created_at), asked)
    invite = call.invite(row.invite)
    if invite is not None and invite.guest is None:
        inviting.picked_up(world, call, invite, leg, row.line, row.number)
    if invite is not None and (in_a_room or leg.partners):
        inviting.joined(world, invite, leg)


def _phones(world: World, ringing: Channel, row: InviteSeen) -> None:
    """Whom this channel rings, or talks with: a caller who is handed over."""
    call = ringing.call
    for uniqueid in sorted(call.live):
        channel = world.channels.get(uniqueid)
        if channel is None or channel is ringing or channel.linkedid != ringing.linkedid:
            continue
        if channel.leg.answered_at is None:
            inviting.phone_made(world, call, channel)
        elif row.mode == InviteMode.HAND_OVER and ringing.uniqueid in channel.leg.partners:
            if (invite := call.invite(row.invite)) is not None and invite.guest is None and invite.tries:
                invite.tries[-1].leg = uniqueid
            _came(world, channel, row, in_a_room=True)


def muted_seen(world: World, muted: Collection[Uniqueid]) -> None:
    for uniqueid, channel in world.channels.items():
        channel.leg.muted = uniqueid in muted
