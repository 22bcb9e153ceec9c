"""Carries out the orders about those who are in a conference: end or mute a leg, come back, hand the caller over."""

import time
from functools import partial

from telephony.ami.actions import (
    ConfbridgeMute,
    ConfbridgeUnmute,
    Hangup,
    Originate,
    Redirect,
)
from telephony.conference.table import Step
from telephony.control.commands import Reason
from telephony.control.handlers.calls import carried_out, let_go, new_uniqueid, ring_ms, transferred
from telephony.control.handlers.inviting import about, new_invitation, told_of
from telephony.control.handlers.looking import Look
from telephony.control.handlers.moving import AGENT, tell
from telephony.control.orders import conference as orders
from telephony.control.reach import Done, Handlers, Reach
from telephony.control.refused import CommandRefused
from telephony.control.whereabouts import Whereabouts, caller_of_room, guests, is_gone, together
from telephony.control.whom import PLAIN, Whom, purpose_of
from telephony.directory.plan import tries_text
from telephony.model.calls import Call
from telephony.model.counters import EARS
from telephony.model.ids import MemberName, Uniqueid
from telephony.model.terms import Place
from telephony.model.world import Channel

_NORMAL = 16
_MUTED = "GROUP(zt-muted)"
_AT_LEAST_S = 2.0


def handlers(reach: Reach, look: Look, whom: Whom) -> Handlers:
    """For calls as ``reach.world`` has them."""
    return {
        orders.Drop: partial(drop, reach, look),
        orders.Mute: partial(mute, reach, look),
        orders.Unmute: partial(unmute, reach, look),
        orders.Rejoin: partial(rejoin, reach, look),
        orders.HandOver: partial(hand_over, reach, look, whom),
    }


# --- a leg of somebody's ----------------------------------------------------------------------------------


def _guest(reach: Reach, now: Whereabouts, leg: Uniqueid) -> Channel:
    found = next((each for each in guests(reach.world, now.call) if each.uniqueid == leg), None)
    if found is None or found is now.agent:
        raise CommandRefused(Reason.BAD_VALUE, "leg: nobody who was asked into this call has this leg, or they left.")
    return found


async def drop(reach: Reach, look: Look, order: orders.Drop, within: float) -> Done:
    """Whoever is left alone by it the dialplan sees to, as when they hang up themselves."""
    now = look(order.call, order.agent, Step.DROP, "nobody else is in the call.")
    guest = _guest(reach, now, order.leg)
    return await carried_out(reach, Hangup(guest.name, _NORMAL), partial(is_gone, reach.world, guest.uniqueid), within)


async def mute(reach: Reach, look: Look, order: orders.Mute, within: float) -> Done:
    now = look(order.call, order.agent, Step.MUTE, "only who is in a conference can be muted.")
    guest = _in_the_room(_guest(reach, now, order.leg))
    # By this the dialplan knows whom to let be heard again when no agent is there any more who could.
    await tell(reach, guest, ((_MUTED, now.room),), within)
    return await carried_out(reach, ConfbridgeMute(now.room, guest.name), lambda: guest.leg.muted, within)


async def unmute(reach: Reach, look: Look, order: orders.Unmute, within: float) -> Done:
    now = look(order.call, order.agent, Step.UNMUTE, "only who is in a conference can be muted.")
    guest = _in_the_room(_guest(reach, now, order.leg))
    await tell(reach, guest, ((_MUTED, ""),), within)
    return await carried_out(reach, ConfbridgeUnmute(now.room, guest.name), lambda: not guest.leg.muted, within)


def _in_the_room(guest: Channel) -> Channel:
    if guest.leg.place is not Place.ROOM:
        raise CommandRefused(Reason.WRONG_STATE, "leg: they are not in the room with the caller at this moment.")
    return guest


# --- coming back ------------------------------------------------------------------------------------------


async def rejoin(reach: Reach, look: Look, order: orders.Rejoin, within: float) -> Done:
    """Seen once the agent's phone has answered and is with the caller. It rings no longer than the order has, and no
    longer than there is a conference to come back to."""
    look.check_ready()
    call = reach.call(order.call)
    caller = _left_by(reach, call, order.agent)
    person = await reach.person(order.agent)
    reach.can_ring(order.agent)
    uniqueid = new_uniqueid(reach, EARS)
    variables = (("FORWARD_CONTEXT", "zt-forward"), ("__ZT_CALL", caller.uniqueid), ("__ZT_CALLER", caller.name))
    action = Originate(
        channel=f"PJSIP/{person.phone}",
        context=AGENT,
        exten="join",
        timeout=ring_ms(within),
        caller_id=f"<{order.agent}>",
        channel_id=uniqueid,
        variables=variables,
    )

    coming = _Coming(reach, uniqueid, caller)
    await carried_out(reach, action, coming.is_decided, within)
    if coming.is_there():
        return Done(seen=True)
    if (ringing := reach.world.channels.get(uniqueid)) is not None and not _is_in_room(reach, caller):
        await let_go(reach, ringing, _AT_LEAST_S)
    if coming.is_decided():
        raise CommandRefused(Reason.WRONG_STATE, "call: the phone was not answered, or the caller has gone meanwhile.")
    return Done(seen=False)


class _Coming:
    """An agent's phone that is rung to come back. Looked at again and again."""

    def __init__(self, reach: Reach, uniqueid: Uniqueid, caller: Channel) -> None:
        self._reach = reach
        self._uniqueid = uniqueid
        self._caller = caller
        self._rang = False

    def is_there(self) -> bool:
        own = self._reach.world.channels.get(self._uniqueid)
        return own is not None and together(own, self._caller)

    def is_decided(self) -> bool:
        """They are there, or will not be: the phone has declined, or there is nobody to come back to."""
        alive = self._uniqueid in self._reach.world.channels
        gone, self._rang = self._rang and not alive, self._rang or alive
        return self.is_there() or gone or not _is_in_room(self._reach, self._caller)


def _is_in_room(reach: Reach, caller: Channel) -> bool:
    return not is_gone(reach.world, caller.uniqueid) and caller.leg.place is Place.ROOM


def _left_by(reach: Reach, call: Call, agent: MemberName) -> Channel:
    """The caller of a conference that this agent had a part in and is in no longer. Who invited somebody is known from
    these, when the own leg had ended before we began. Raises CommandRefused."""
    own = [leg for leg in call.legs.values() if leg.party == agent and leg.answered_at is not None]
    if not own and agent not in {invite.by for invite in call.invites}:
        raise CommandRefused(Reason.WRONG_STATE, f"call: agent {agent} had no part in it.")
    if any(leg.uniqueid in call.live for leg in own):
        raise CommandRefused(Reason.WRONG_STATE, f"call: agent {agent} is in it.")
    caller = caller_of_room(reach.world, call)
    if caller is None or not _is_in_room(reach, caller) or not caller.leg.partners:
        raise CommandRefused(Reason.WRONG_STATE, "call: its caller is in no conference that one could come back to.")
    return caller


# --- handing over -----------------------------------------------------------------------------------------


async def hand_over(reach: Reach, look: Look, whom: Whom, order: orders.HandOver, within: float) -> Done:
    """The caller's own channel rings whom it is handed to, with music, and needs nobody else for it; the agent's leg
    ends at once."""
    until = time.monotonic() + within
    now = look(order.call, order.agent, Step.HAND_OVER, "end that first, then the caller can be handed over.")
    if now.guest is not None or not now.call.inbound:
        raise CommandRefused(Reason.WRONG_STATE, "call: only a caller who is with nobody else can be handed over.")
    plan = await whom.plan(order.to, order.agent)
    if purpose_of(plan) == PLAIN:  # no specialist: as by the phone's own transfer
        return await transferred(reach, now.call, now.agent, now.caller, order.to, until - time.monotonic())
    token = new_invitation()
    variables = (*told_of(plan, token, purpose_of(plan)), ("ZT_BY", order.agent))
    variables += (("ZT_TRIES", tries_text(plan.in_order())), ("ZT_ABOUT", about(now.call)))
    await tell(reach, now.caller, variables, within)
    action = Redirect(now.caller.name, "zt-hand-over", "tries", 1, now.agent.name, AGENT, "leave", 1)

    def handed() -> bool:
        return now.call.invite(token) is not None and is_gone(reach.world, now.agent.uniqueid)

    done = await carried_out(reach, action, handed, until - time.monotonic())
    return Done(seen=done.seen, invite=token)
