"""Carries out an agent's orders about their own calls that need no room: one phone, one step."""

import secrets
import time
from collections.abc import Callable
from functools import partial

import structlog

from telephony.ami.actions import Action, BlindTransfer, Hangup, Originate, PjsipNotify, Redirect, Setvar
from telephony.control.commands import Reason
from telephony.control.orders import calls as orders
from telephony.control.reach import Done, Handlers, Reach
from telephony.control.refused import CommandRefused
from telephony.control.whereabouts import asked_by
from telephony.errors import AmiError
from telephony.model.calls import Call
from telephony.model.counters import CALLS_OUT
from telephony.model.ids import MICROS_PER_SECOND, MemberName, Uniqueid
from telephony.model.names import party_of
from telephony.model.world import Channel
from telephony.outgoing import is_allowed

log = structlog.get_logger(__name__)

AGENT_RING_MS = 30_000
DECLINED = 21
"""Q.850, call rejected: what the model takes for a refusal by the phone."""
_NORMAL = 16
_AHEAD_S, _LEAST_RING_MS = 0.5, 1_000
_AT_LEAST_S = 2.0
"""For the end of an order whose deadline is near."""


def handlers(reach: Reach) -> Handlers:
    """For calls as ``reach.world`` has them."""
    return {
        orders.PickUp: partial(pick_up, reach),
        orders.Decline: partial(decline, reach),
        orders.HangUp: partial(hang_up, reach),
        orders.BlindTransfer: partial(blind_transfer, reach),
        orders.CallOut: partial(call_out, reach),
    }


def new_uniqueid(reach: Reach, counters: range) -> Uniqueid:
    """A name for a channel that we have the PBX make (``telephony.model.counters``)."""
    counter = secrets.choice(counters)
    return Uniqueid(f"{reach.site.pbx.systemname}-{reach.world.now // MICROS_PER_SECOND}.{counter}")


def ring_ms(within: float) -> int:
    """How long a phone rings that must not ring longer than its order has."""
    return min(AGENT_RING_MS, max(_LEAST_RING_MS, round(1_000 * (within - _AHEAD_S))))


async def carried_out(reach: Reach, action: Action, seen: Callable[[], bool], within: float) -> Done:
    """Send one action and wait for its effect, both within so many seconds. Raises AmiError as the PBX does."""
    until = time.monotonic() + within
    await reach.act(action, within)
    return Done(seen=await reach.outcomes.until(seen, max(0.0, until - time.monotonic())))


async def let_go(reach: Reach, channel: Channel, within: float) -> None:
    """End this channel, as the last step of an order whose effect has been seen. That it has just gone by itself is as
    good, and a PBX that refuses now does not undo the order."""
    try:
        await reach.act(Hangup(channel.name, _NORMAL), within)
    except AmiError as error:
        log.info("a channel was not there to be ended", channel=channel.name, reason=str(error))


# --- what rings -------------------------------------------------------------------------------------------


def _ringing(reach: Reach, call: Call, agent: MemberName) -> Channel:
    """The agent's phone that rings for this call: offered by the queue, handed on to, or asked."""
    ringing = {offer.uniqueid for offer in call.open_offers() if offer.member == agent}
    ringing |= {uniqueid for uniqueid in call.live if call.legs[uniqueid].agent == agent}
    for uniqueid in sorted(ringing):
        channel = reach.world.channels.get(uniqueid)
        if channel is not None and channel.leg.answered_at is None:
            return channel
    raise CommandRefused(Reason.WRONG_STATE, f"call: it does not ring at agent {agent}'s phone.")


async def pick_up(reach: Reach, order: orders.PickUp, within: float) -> Done:
    """The phone is told to answer; one that does not know how goes on ringing, and ``seen`` is false."""
    ringing = _ringing(reach, reach.call(order.call), order.agent)
    person = await reach.person(order.agent)
    if not reach.site.profile_named(person.profile).talk:
        raise CommandRefused(
            Reason.NOT_ALLOWED,
            "call: this phone cannot be told to answer: [[phone_profile]] talk in site.toml says which can.",
        )
    action = PjsipNotify(ringing.name, "talk")
    return await carried_out(reach, action, lambda: ringing.leg.answered_at is not None, within)


async def decline(reach: Reach, order: orders.Decline, within: float) -> Done:
    ringing = _ringing(reach, reach.call(order.call), order.agent)
    return await carried_out(reach, Hangup(ringing.name, DECLINED), partial(_is_gone, reach, ringing.uniqueid), within)


# --- what is under way ------------------------------------------------------------------------------------


async def hang_up(reach: Reach, order: orders.HangUp, within: float) -> Done:
    leg = reach.leg(reach.call(order.call), order.agent)
    return await carried_out(reach, Hangup(leg.name, _NORMAL), partial(_is_gone, reach, leg.uniqueid), within)


def _is_gone(reach: Reach, uniqueid: Uniqueid) -> bool:
    return uniqueid not in reach.world.channels


async def blind_transfer(reach: Reach, order: orders.BlindTransfer, within: float) -> Done:
    """In the queue's bridge as the phone's own transfer; in a room the caller is sent and the agent's leg ends."""
    call = reach.call(order.call)
    leg = reach.leg(call, order.agent)
    caller = reach.caller(call)
    to = await _target(reach, order.to, order.agent)
    if asked_by(call, leg) is not None:
        raise CommandRefused(Reason.WRONG_STATE, "call: only who asked the agent into it may send its caller on.")
    if leg is caller:
        raise CommandRefused(Reason.WRONG_STATE, "call: an agent who called out transfers with the phone's own keys.")
    if caller.uniqueid not in leg.leg.partners:
        raise CommandRefused(Reason.WRONG_STATE, "call: the agent does not talk with the caller at this moment.")
    return await transferred(reach, call, leg, caller, to, within)


async def transferred(reach: Reach, call: Call, leg: Channel, caller: Channel, to: str, within: float) -> Done:
    """The caller goes to an extension of ``zt-transfer``, the agent's leg ends. Raises AmiError."""
    until, before = time.monotonic() + within, len(call.transfers)

    def sent() -> bool:
        return len(call.transfers) > before

    if len(leg.leg.partners) == 1 and not leg.leg.place:
        return await carried_out(reach, BlindTransfer(leg.name, "zt-transfer", to), sent, within)
    for name, value in (("BY", leg.leg.party), ("PHONE", party_of(leg.name)), ("TO", to)):
        await reach.act(Setvar(f"ZT_SENT_{name}", value, caller.name), within)
    done = await carried_out(reach, Redirect(caller.name, "zt-sent", "s"), sent, until - time.monotonic())
    await let_go(reach, leg, max(_AT_LEAST_S, until - time.monotonic()))
    return done


async def _target(reach: Reach, to: str, agent: MemberName) -> str:
    """The extension of ``zt-transfer`` for an agent's number, a queue's number or name, or a number outside that may be
    called. Raises CommandRefused."""
    for queue in reach.site.queues:
        if to in (queue.name, queue.number):
            return queue.number or f"queue-{queue.name}"
    if not (to.isascii() and to.lstrip("+").isdigit() and 2 <= len(to) <= 20):
        known = ", ".join(queue.name for queue in reach.site.queues)
        why = f"to: write a number of 2 to 20 digits ('+' may stand first), or the name of a queue: {known}."
        raise CommandRefused(Reason.BAD_VALUE, why)
    if to == agent:
        raise CommandRefused(Reason.BAD_VALUE, "to: that is the agent who transfers.")
    if await reach.agents.get(MemberName(to)) is None and not is_allowed(to, reach.site):
        why = "to: no agent and no queue has this number, and [outgoing] in site.toml does not allow to call it."
        raise CommandRefused(Reason.NOT_ALLOWED, why)
    return to


# --- out --------------------------------------------------------------------------------------------------


async def call_out(reach: Reach, order: orders.CallOut, within: float) -> Done:
    """Accepted and seen once the agent's phone rings; the call's id is in the answer."""
    number = order.number
    if not (number.isascii() and number.lstrip("+").isdigit() and 3 <= len(number) <= 20):
        raise CommandRefused(Reason.BAD_VALUE, "number: write 3 to 20 digits, '+' may stand first.")
    if not is_allowed(number, reach.site):
        raise CommandRefused(Reason.NOT_ALLOWED, "number: [outgoing] in site.toml does not allow to call it.")
    return await from_own_phone(reach, order.agent, ("zt-phone", number), number, within)


async def from_own_phone(
    reach: Reach,
    agent: MemberName,
    place: tuple[str, str],
    shown: str,
    within: float,
    variables: tuple[tuple[str, str], ...] = (),
) -> Done:
    """A call that begins with the agent's own phone, which shows a number and goes on to a context and an extension.
    Done once it rings; the call's id is in the answer. Raises CommandRefused, AmiError, StoreError."""
    person = await reach.person(agent)
    reach.can_ring(agent)
    uniqueid = new_uniqueid(reach, CALLS_OUT)
    action = Originate(
        channel=f"PJSIP/{person.phone}",
        context=place[0],
        exten=place[1],
        timeout=AGENT_RING_MS,
        caller_id=f"<{shown}>",
        channel_id=uniqueid,
        variables=(("FORWARD_CONTEXT", "zt-forward"), *variables),
    )
    done = await carried_out(reach, action, lambda: uniqueid in reach.world.by_leg, within)
    call = reach.world.by_leg.get(uniqueid)
    return Done(seen=done.seen, call=call.call_id if call is not None else "")
