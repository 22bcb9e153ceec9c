"""Carries out the orders that move an agent, and whom they consult, between a call's rooms.

The first of them takes caller and agent out of the bridge in which they were connected; from then on the caller stays
and the others walk. Each is begun by one action, which the dialplan then ends or mends without us (dialplans/README.md,
"Rooms"); what it came to is seen in the events.
"""

import asyncio
from collections.abc import Callable
from functools import partial

from telephony.ami.actions import Action, ConfbridgeKick, Hangup, Redirect, Setvar
from telephony.conference.phases import WORDS, Phase
from telephony.control.commands import Reason
from telephony.control.handlers.calls import carried_out
from telephony.control.orders import rooms as orders
from telephony.control.reach import Done, Handlers, Reach
from telephony.control.refused import CommandRefused
from telephony.control.whereabouts import Whereabouts, is_gone, together, whereabouts
from telephony.errors import AmiActionFailed
from telephony.model.ids import MemberName
from telephony.model.terms import Place
from telephony.model.world import Channel
from telephony.outgoing import is_allowed

AGENT, CALLER, GUEST = "zt-room-agent", "zt-room-caller", "zt-room-guest"
_NORMAL = 16
_ALONE = (Phase.BRIDGE, Phase.ROOM)
_ASIDE = (Phase.CONSULT, Phase.SWAPPED)

Ready = Callable[[], bool]
Look = Callable[..., Whereabouts]
AnyRoomOrder = (
    orders.Hold
    | orders.Resume
    | orders.Consult
    | orders.CancelConsult
    | orders.CompleteTransfer
    | orders.Swap
    | orders.Merge
)


def handlers(reach: Reach, ready: Ready) -> Handlers:
    """``ready``: whether the PBX has rooms; a Redirect to a place that it has not would end the call."""

    def look(order: AnyRoomOrder, *phases: Phase, otherwise: str) -> Whereabouts:
        if not ready():
            raise CommandRefused(
                Reason.UNAVAILABLE, "The PBX's dialplan has no rooms: have it written anew (zhitong dialplan deploy)."
            )
        return _in_phase(whereabouts(reach, reach.call(order.call), order.agent), phases, otherwise)

    return {
        orders.Hold: partial(hold, reach, look),
        orders.Resume: partial(resume, reach, look),
        orders.Consult: partial(consult, reach, look),
        orders.CancelConsult: partial(cancel_consult, reach, look),
        orders.CompleteTransfer: partial(complete_transfer, reach, look),
        orders.Swap: partial(swap, reach, look),
        orders.Merge: partial(merge, reach, look),
    }


def _in_phase(now: Whereabouts, phases: tuple[Phase, ...], otherwise: str) -> Whereabouts:
    if now.phase not in phases:
        raise CommandRefused(Reason.WRONG_STATE, f"call: agent {now.agent.leg.party} {WORDS[now.phase]}; {otherwise}")
    return now


# --- hold -------------------------------------------------------------------------------------------------


async def hold(reach: Reach, look: Look, order: orders.Hold, within: float) -> Done:
    now = look(order, *_ALONE, Phase.SWAPPED, otherwise="only a talk with the caller alone can be held.")
    return await carried_out(reach, await agent_to(reach, now, "side", within), partial(_held, now), within)


def _held(now: Whereabouts) -> bool:
    return now.agent.leg.place is Place.SIDE and now.agent.bridge is not None and not now.agent.leg.partners


async def resume(reach: Reach, look: Look, order: orders.Resume, within: float) -> Done:
    """From a consult it is a swap: whom they consult waits."""
    now = look(order, Phase.HOLD, Phase.CONSULT, otherwise="there is no hold to end.")
    if now.phase is Phase.CONSULT:
        return await _to_the_caller(reach, now, within)
    return await carried_out(
        reach, Redirect(now.agent.name, AGENT, "back"), partial(together, now.agent, now.caller), within
    )


# --- consult ----------------------------------------------------------------------------------------------


async def consult(reach: Reach, look: Look, order: orders.Consult, within: float) -> Done:
    """Done once the other phone is rung, or could not be."""
    phases = (*_ALONE, Phase.HOLD, Phase.THREE)
    now = look(order, *phases, otherwise="one at a time can be consulted.")
    if now.phase is Phase.HOLD and now.guest is not None:
        raise CommandRefused(Reason.WRONG_STATE, "call: one at a time can be consulted, and one waits already.")
    await _check_number(reach, order.to, order.agent)
    await _tell(reach, within, (now.agent, "ZT_TO", order.to), (now.agent, "ZT_KEYED", "0"))
    before = len(now.call.consults)
    action = await agent_to(reach, now, "consult", within)
    return await carried_out(reach, action, lambda: len(now.call.consults) > before, within)


async def _check_number(reach: Reach, to: str, agent: MemberName) -> None:
    """An agent's number whose phone may be rung, or one outside that may be called. Raises CommandRefused."""
    if not (to.isascii() and to.removeprefix("+").isdigit() and 2 <= len(to) <= 20):
        raise CommandRefused(Reason.BAD_VALUE, "to: write a number of 2 to 20 digits, '+' may stand first.")
    if to == agent:
        raise CommandRefused(Reason.BAD_VALUE, "to: that is the agent who consults.")
    if await reach.agents.get(MemberName(to)) is not None:
        reach.can_ring(MemberName(to))
    elif not is_allowed(to, reach.site):
        raise CommandRefused(
            Reason.NOT_ALLOWED,
            "to: no agent has this number, and [outgoing] in site.toml does not allow to call it.",
        )


async def cancel_consult(reach: Reach, look: Look, order: orders.CancelConsult, within: float) -> Done:
    phases = (Phase.RINGING, *_ASIDE, Phase.THREE)
    now = look(order, *phases, otherwise="nobody is consulted.")
    if now.phase is Phase.RINGING:
        action: Action = Redirect(now.agent.name, AGENT, "back")
        return await carried_out(reach, action, partial(together, now.agent, now.caller), within)
    guest = _guest(now)

    def alone() -> bool:
        return is_gone(reach.world, guest.uniqueid) and together(now.agent, now.caller)

    return await carried_out(reach, Hangup(guest.name, _NORMAL), alone, within)


def _guest(now: Whereabouts) -> Channel:
    if now.guest is None:
        raise CommandRefused(Reason.WRONG_STATE, "call: the third is not here because of a consult.")
    return now.guest


async def complete_transfer(reach: Reach, look: Look, order: orders.CompleteTransfer, within: float) -> Done:
    """The dialplan brings whom they consult to the caller when the agent's leg ends."""
    now = look(order, *_ASIDE, Phase.THREE, otherwise="there is nobody yet to leave the caller to.")

    def handed_over() -> bool:
        return is_gone(reach.world, now.agent.uniqueid) and bool(now.caller.leg.partners)

    return await carried_out(reach, Hangup(now.agent.name, _NORMAL), handed_over, within)


# --- between two ------------------------------------------------------------------------------------------


async def swap(reach: Reach, look: Look, order: orders.Swap, within: float) -> Done:
    now = look(order, *_ASIDE, otherwise="there are no two to swap between.")
    if now.phase is Phase.CONSULT:
        return await _to_the_caller(reach, now, within)
    guest = _guest(now)
    action = _pair(now.agent, "side", guest, "side")
    return await carried_out(reach, action, partial(together, now.agent, guest), within)


async def _to_the_caller(reach: Reach, now: Whereabouts, within: float) -> Done:
    guest = _guest(now)

    def swapped() -> bool:
        return guest.leg.place is Place.HOLD and guest.bridge is not None and together(now.agent, now.caller)

    return await carried_out(reach, _pair(now.agent, "back", guest, "hold"), swapped, within)


async def merge(reach: Reach, look: Look, order: orders.Merge, within: float) -> Done:
    now = look(order, *_ASIDE, otherwise="there is nobody to bring together with the caller.")
    guest = _guest(now)
    kick, call_in = ConfbridgeKick(f"c{now.room}"), Redirect(guest.name, GUEST, "join")
    action: Action = kick if now.phase is Phase.CONSULT else call_in
    return await carried_out(reach, action, partial(together, now.agent, now.caller, guest), within)


# --- how they are moved -----------------------------------------------------------------------------------


def _pair(agent: Channel, place: str, guest: Channel, guest_place: str) -> Redirect:
    return Redirect(agent.name, AGENT, place, 1, guest.name, GUEST, guest_place, 1)


async def agent_to(reach: Reach, now: Whereabouts, place: str, within: float) -> Redirect:
    """What sends the agent there; the first time the caller goes into the room with it."""
    await prepared(reach, now, within)
    if now.phase is not Phase.BRIDGE:
        return Redirect(now.agent.name, AGENT, place)
    return Redirect(now.caller.name, CALLER, "join", 1, now.agent.name, AGENT, place, 1)


async def prepared(reach: Reach, now: Whereabouts, within: float) -> None:
    """Before the first step each must know the call's room, and the caller be counted as living."""
    await _tell(
        reach,
        within,
        (now.caller, "__ZT_CALL", now.room),
        (now.caller, "GROUP(zt-room-caller)", now.room),
        (now.agent, "__ZT_CALL", now.room),
        (now.agent, "__ZT_CALLER", now.caller.name),
    )


async def _tell(reach: Reach, within: float, *variables: tuple[Channel, str, str]) -> None:
    """Raises AmiError; AmiActionFailed when a channel is gone."""
    told = (reach.act(Setvar(name, value, channel.name), within) for channel, name, value in variables)
    for reply in await asyncio.gather(*told):
        if reply.failed:
            raise AmiActionFailed(reply.message)
