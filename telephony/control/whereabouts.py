"""Where the people of a call stand, as orders about its rooms need it: read from the world, never asked of the PBX."""

from dataclasses import dataclass

from telephony.conference.phases import TOLD, WORDS, Phase
from telephony.control.commands import Reason
from telephony.control.reach import Reach
from telephony.control.refused import CommandRefused
from telephony.model.calls import Call
from telephony.model.ids import MemberName, Uniqueid
from telephony.model.terms import Place
from telephony.model.world import Channel, World


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """``guest``: the consulted party, once it has answered and lives."""

    call: Call
    phase: Phase
    agent: Channel
    caller: Channel
    guest: Channel | None = None

    @property
    def room(self) -> str:
        """How the call's room is named."""
        return self.caller.uniqueid

    @property
    def words(self) -> str:
        """What the agent is about, as a refusal says it."""
        asked = self.call.consult
        invite = self.call.invite(asked.invite) if asked is not None else None
        answered = invite is not None and invite.guest is not None
        return TOLD if self.phase is Phase.RINGING and answered else WORDS[self.phase]


def whereabouts(reach: Reach, call: Call, agent: MemberName) -> Whereabouts:
    """Raises CommandRefused when the agent has no part in the call, or none that rooms are for."""
    own = reach.leg(call, agent)
    if own.leg.place is Place.NONE:
        return Whereabouts(call, Phase.BRIDGE, own, _partner(reach.world, call, own))
    caller = caller_of_room(reach.world, call, own)
    if caller is None:
        raise CommandRefused(Reason.WRONG_STATE, "call: its caller has hung up.")
    if caller is own:
        raise CommandRefused(Reason.WRONG_STATE, "call: whom it is for has not answered yet; hang up to end it.")
    guest = _guest(reach.world, call, own)
    return Whereabouts(call, _phase(call, own, guest), own, caller, guest)


def _partner(world: World, call: Call, own: Channel) -> Channel:
    """The one whom the agent talks with: of a call that came in, the caller."""
    partners = own.leg.partners
    if len(partners) > 1:
        raise CommandRefused(Reason.WRONG_STATE, "call: three talk by the phone's own keys, which go on working.")
    partner = world.channels.get(partners[0]) if partners else None
    if partner is None or (call.inbound and partner.uniqueid != call.caller):
        raise CommandRefused(Reason.WRONG_STATE, "call: the agent does not talk with the caller at this moment.")
    return partner


def caller_of_room(world: World, call: Call, agent: Channel | None = None) -> Channel | None:
    """Whose room it is: of a call that came in the caller; of one that an agent made, whoever the dialplan said, or was
    called first."""
    if call.inbound:
        return world.channels.get(call.caller)
    if call.host is not None:
        return world.channels.get(call.host)
    own = agent.uniqueid if agent is not None else call.caller
    others = [leg for leg in call.legs.values() if leg.person and leg.uniqueid not in (own, call.caller)]
    first = min(others, key=lambda leg: leg.created_at, default=None)
    return world.channels.get(first.uniqueid) if first is not None else None


def guests(world: World, call: Call) -> list[Channel]:
    """Those who were asked in or consulted, have answered and live; who came last stands last."""
    came = [(invite.answered_at or 0, invite.guest) for invite in call.invites if invite.guest is not None]
    came += [(consult.answered_at or 0, consult.guest) for consult in call.consults if consult.guest is not None]
    order = dict.fromkeys(uniqueid for _, uniqueid in sorted(came) if uniqueid not in (call.caller, call.host))
    return [channel for uniqueid in order if (channel := world.channels.get(uniqueid)) is not None]


def asked_by(call: Call, own: Channel) -> Uniqueid | None:
    """Whose guest this leg is: of an agent who asked them in, and lives; None: nobody's, or they were left the
    caller."""
    asked = [consult.by for consult in call.consults if consult.guest == own.uniqueid]
    asked += [by for each in call.invites if each.guest == own.uniqueid and (by := each.by_leg) is not None]
    return next((by for by in asked if by in call.live and by != own.uniqueid), None)


_PAIRED = (Place.SIDE, Place.HOLD)


def _guest(world: World, call: Call, own: Channel) -> Channel | None:
    """The one whom the agent asks, or has waiting; else who came last."""
    there = [channel for channel in guests(world, call) if channel is not own]
    apart = [channel for channel in there if channel.leg.place in _PAIRED]
    return next(reversed(apart or there), None)


def _phase(call: Call, own: Channel, guest: Channel | None) -> Phase:
    if own.leg.place is Place.ROOM:
        if guest is not None and guest.leg.place is Place.HOLD:
            return Phase.SWAPPED
        return Phase.THREE if len(own.leg.partners) > 1 else Phase.ROOM
    if guest is not None and guest.leg.place is Place.SIDE:
        return Phase.CONSULT
    asked = call.consult
    return Phase.RINGING if asked is not None and asked.ringing and asked.by == own.uniqueid else Phase.HOLD


def together(one: Channel, *others: Channel) -> bool:
    """Whether this one talks with each of the others."""
    return {other.uniqueid for other in others} <= set(one.leg.partners)


def is_gone(world: World, uniqueid: Uniqueid) -> bool:
    return uniqueid not in world.channels
