"""Rooms: for a hold, a consult or a conference caller and agent leave the queue's bridge. The caller then stays in a
room of the call's own, with music while alone in it; the others walk between it and a room at its side.

Who talks with whom is told by bridges, there as everywhere. Told here is where a leg stands, which alone sets holding
apart from being left, and whom an agent asks.
"""

from collections.abc import Iterable

from telephony.model import consults, on_invites
from telephony.model.calls import REQUEUE, Call, Consult, Leg, Transfer
from telephony.model.changes import CallAnswered
from telephony.model.ids import CallId, Uniqueid
from telephony.model.joins import bring_home
from telephony.model.machines import CallInput, OfferInput
from telephony.model.on_bridges import conversation
from telephony.model.on_invites import RINGING
from telephony.model.room_events import ConsultTold, Requeued, Walked
from telephony.model.seen import ChannelSeen
from telephony.model.standing import stand_all, standing
from telephony.model.terms import InviteMode, Place
from telephony.model.world import Channel, World

GUEST = "guest"
_PLACES = frozenset(Place)


def walked(world: World, event: Walked) -> None:
    channel = world.channels.get(event.uniqueid)
    if channel is None:
        return world.stray(event.uniqueid, "ZtRoom")
    if event.place not in _PLACES:
        return world.anomaly("place", event.place)
    bring_home(world, world.by_leg.get(event.room), channel.call)
    if event.room in channel.call.legs:
        channel.call.host = event.room
    goes_to(world, channel, Place(event.place), guest=event.role == GUEST)
    return None


def goes_to(world: World, channel: Channel, place: Place, *, guest: bool) -> None:
    """The channel, and whoever is behind it where it is a Local one's half, stands there now."""
    call = channel.call
    call.room = True
    world.rooms[call.call_id] = None
    people = [channel.leg, *(other.leg for other in _behind(world, channel))]
    for leg in people:
        leg.place = place
    if guest and place is Place.SIDE:
        consults.guest_came(world, call, next((leg for leg in people if leg.person), channel.leg))
    consults.somebody_walked(world, call)
    stand_all(world, call)


def _behind(world: World, channel: Channel) -> list[Channel]:
    """Those who talk through this half of a Local channel."""
    half = world.channels.get(channel.other_half) if channel.other_half is not None else None
    if channel.leg.person or half is None or half.bridge is None:
        return []
    members = world.bridges[half.bridge].members
    return [other for other in conversation(world, half.bridge) if other.leg.person and other.uniqueid in members]


def consult_told(world: World, event: ConsultTold) -> None:
    channel = world.channels.get(event.uniqueid)
    if channel is None:
        return world.stray(event.uniqueid, "ZtConsult")
    call, leg = channel.call, channel.leg
    invite = on_invites.consulted(world, call, leg, event)
    if event.status == RINGING:
        call.room, leg.place = True, Place.SIDE
        world.rooms[call.call_id] = None
        consults.begin(world, call, Consult(leg.uniqueid, event.number, world.now, invite=invite))
    consults.follow(world, call)
    stand_all(world, call)
    return None


def requeued(world: World, event: Requeued) -> None:
    """What comes next is a stay in a queue like any other: into which, it tells (``on_queues.join_queue``)."""
    channel = world.channels.get(event.uniqueid)
    if channel is None:
        return world.stray(event.uniqueid, "ZtRequeue")
    call = channel.call
    call.room, channel.leg.place = False, Place.NONE
    consults.keep(world, call, Transfer(REQUEUE, event.at, _last_agent(call), "", "", "Success"))
    return None


def _last_agent(call: Call) -> Uniqueid:
    """Whose caller it was."""
    citizen = call.citizen
    met = [uniqueid for span in (citizen.spans if citizen is not None else ()) for uniqueid in span.partners]
    return next((uniqueid for uniqueid in reversed(met) if uniqueid in call.offers), Uniqueid(""))


# --- as a snapshot has it ---------------------------------------------------------------------------------

_WAY = "zt-room-"
_ROOMS = {
    **{(f"{_WAY}caller", exten): Place.ROOM for exten in ("join", "pause", "again")},
    (f"{_WAY}agent", "join"): Place.ROOM,
    (f"{_WAY}agent", "back"): Place.ROOM,
    **{(f"{_WAY}agent", exten): Place.SIDE for exten in ("side", "wait", "pair", "consult", "keys")},
    (f"{_WAY}guest", "join"): Place.ROOM,
    (f"{_WAY}guest", "side"): Place.SIDE,
    (f"{_WAY}guest", "hold"): Place.HOLD,
}
"""Where in the dialplan a channel is tells where it stands."""
_CALLER, _DIAL, _OUT = f"{_WAY}caller", f"{_WAY}dial", "zt-out"


def seen(world: World, found: Iterable[ChannelSeen]) -> None:
    """Where a channel is in the dialplan tells all of it, whoever looks."""
    calls: dict[CallId, Call] = {}
    for row in found:
        channel = world.channels.get(row.uniqueid)
        if channel is None:
            continue
        place = _ROOMS.get((row.context, row.exten), _asking(channel, row))
        if place and row.context == _CALLER:
            channel.call.host = row.uniqueid
        if place or channel.leg.place:
            calls[channel.call.call_id] = channel.call
            for leg in (channel.leg, *(other.leg for other in _behind(world, channel))):
                leg.place = place
    world.rooms |= dict.fromkeys(calls)
    for call in calls.values():
        _consult_seen(world, call)
        _answer_seen(world, call)
        call.room = any(call.legs[uniqueid].place for uniqueid in call.live)
        consults.somebody_walked(world, call)
        stand_all(world, call)


def _asking(channel: Channel, row: ChannelSeen) -> Place:
    """An agent's own channel dials nobody but whom they ask: within the house, or through a trunk. A line dials whom it
    invites, and a caller's channel to whom the caller is handed over."""
    call, uniqueid = channel.call, channel.uniqueid
    if not channel.leg.person or (call.inbound and uniqueid == call.caller):
        return Place.NONE
    dials = row.context == _DIAL or (row.context == _OUT and _is_agents(call, uniqueid))
    return Place.SIDE if dials else Place.NONE


def _is_agents(call: Call, uniqueid: Uniqueid) -> bool:
    """Whom the queue rang for the caller, or who invites."""
    return uniqueid in call.offers or any(invite.by_leg == uniqueid for invite in call.invites)


def _consult_seen(world: World, call: Call) -> None:
    """An agent with somebody aside, or who rings; or in the room, while that one waits."""
    live = [call.legs[uniqueid] for uniqueid in call.live if call.legs[uniqueid].person]
    agents = [leg for leg in live if leg.place and _is_agents(call, leg.uniqueid)]
    asking = next((leg for leg in agents if leg.place is Place.SIDE), agents[0] if agents else None)
    others = [leg for leg in live if not _is_agents(call, leg.uniqueid) and leg is not call.citizen]
    guest = next((leg for leg in others if leg.place in (Place.SIDE, Place.HOLD)), None)
    ringing = next((leg for leg in others if not leg.place and leg.answered_at is None and _aside(call, leg)), None)
    asked = guest or (ringing if asking is not None and asking.place is Place.SIDE else None)
    if asking is None or asked is None:
        return
    if call.consult is None:
        invite = call.invite_of(asked.uniqueid)
        whom, name = (asked.party, "") if invite is None else (invite.to, invite.id)
        consults.begin(world, call, Consult(asking.uniqueid, whom, asked.created_at, invite=name))
    if guest is not None:
        consults.guest_came(world, call, guest)


def _aside(call: Call, leg: Leg) -> bool:
    """Who is rung to join at once is not asked apart."""
    invite = call.invite_of(leg.uniqueid)
    return invite is None or invite.mode is InviteMode.SIDE


def _answer_seen(world: World, call: Call) -> None:
    """Who is in a room was in talk with the caller before, though nobody may be with them now."""
    for offer in [offer for offer in call.offers.values() if offer.uniqueid in call.live]:
        leg = call.legs[offer.uniqueid]
        if leg.place and offer.open:
            if (agent := world.agents.get(offer.member)) is not None:
                agent.talking[leg.uniqueid] = standing(call, leg)
            world.turn_offer(call, offer, OfferInput.BRIDGE)
        if leg.place and call.answered_at is None:
            call.answered_at, call.answered_by = world.now, offer.uniqueid
            world.emit(CallAnswered(world.now, call.call_id, offer.member))
            world.turn_call(call, CallInput.CONNECT)
            world.turn_call(call, CallInput.PART)
