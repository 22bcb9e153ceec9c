"""Carries out the orders that move an agent, and whom they consult, between a call's rooms.

The first of them takes caller and agent out of the bridge in which they were connected; from then on the caller stays
and the others walk. Each is begun by one action, which the dialplan then ends or mends without us (dialplans/README.md,
"Rooms"); what it came to is seen in the events. Whom a consult rings: ``telephony.control.handlers.inviting``.
"""

from functools import partial

from telephony.ami.actions import Action, ConfbridgeKick, Hangup, Redirect
from telephony.conference.phases import Phase
from telephony.conference.table import Step
from telephony.control.commands import Reason
from telephony.control.handlers.calls import carried_out
from telephony.control.handlers.looking import Look
from telephony.control.handlers.moving import AGENT, GUEST, agent_to, pair
from telephony.control.orders import rooms as orders
from telephony.control.reach import Done, Handlers, Reach
from telephony.control.refused import CommandRefused
from telephony.control.whereabouts import Whereabouts, is_gone, together
from telephony.model.terms import Place
from telephony.model.world import Channel

_NORMAL = 16


def handlers(reach: Reach, look: Look) -> Handlers:
    """For calls as ``reach.world`` has them."""
    return {
        orders.Hold: partial(hold, reach, look),
        orders.Resume: partial(resume, reach, look),
        orders.CancelConsult: partial(cancel_consult, reach, look),
        orders.CompleteTransfer: partial(complete_transfer, reach, look),
        orders.Swap: partial(swap, reach, look),
        orders.Merge: partial(merge, reach, look),
    }


# --- hold -------------------------------------------------------------------------------------------------


async def hold(reach: Reach, look: Look, order: orders.Hold, within: float) -> Done:
    now = look(order.call, order.agent, Step.HOLD, "only a talk with the caller alone can be held.")
    return await carried_out(reach, await agent_to(reach, now, "side", within), partial(_held, now), within)


def _held(now: Whereabouts) -> bool:
    return now.agent.leg.place is Place.SIDE and now.agent.bridge is not None and not now.agent.leg.partners


async def resume(reach: Reach, look: Look, order: orders.Resume, within: float) -> Done:
    """From a consult it is a swap: whom they consult waits."""
    now = look(order.call, order.agent, Step.RESUME, "there is no hold to end.")
    if now.phase is Phase.CONSULT:
        return await _to_the_caller(reach, now, within)
    return await back(reach, now, within)


async def back(reach: Reach, now: Whereabouts, within: float) -> Done:
    """The agent, who is aside, to the caller."""
    action = Redirect(now.agent.name, AGENT, "back")
    return await carried_out(reach, action, partial(together, now.agent, now.caller), within)


# --- who is consulted -------------------------------------------------------------------------------------


async def cancel_consult(reach: Reach, look: Look, order: orders.CancelConsult, within: float) -> Done:
    """While it rings the dialplan gives up whom it rings, as the agent comes back."""
    now = look(order.call, order.agent, Step.CANCEL, "nobody is consulted.")
    if now.phase is Phase.RINGING:
        return await back(reach, now, within)
    guest = _guest(now)

    def alone() -> bool:
        return is_gone(reach.world, guest.uniqueid) and together(now.agent, now.caller)

    return await carried_out(reach, Hangup(guest.name, _NORMAL), alone, within)


def _guest(now: Whereabouts) -> Channel:
    if now.guest is None:
        raise CommandRefused(Reason.WRONG_STATE, "call: the third is not here because of a consult.")
    return now.guest


async def complete_transfer(reach: Reach, look: Look, order: orders.CompleteTransfer, within: float) -> Done:
    """The agent leaves. The dialplan brings whom they consult to the caller when the agent's leg ends."""
    now = look(order.call, order.agent, Step.COMPLETE, "there is nobody yet to leave the caller to.")

    def handed_over() -> bool:
        return is_gone(reach.world, now.agent.uniqueid) and bool(now.caller.leg.partners)

    return await carried_out(reach, Hangup(now.agent.name, _NORMAL), handed_over, within)


# --- between two ------------------------------------------------------------------------------------------


async def swap(reach: Reach, look: Look, order: orders.Swap, within: float) -> Done:
    now = look(order.call, order.agent, Step.SWAP, "there are no two to swap between.")
    if now.phase is Phase.CONSULT:
        return await _to_the_caller(reach, now, within)
    guest = _guest(now)
    action = pair(now.agent, "side", guest, "side")
    return await carried_out(reach, action, partial(together, now.agent, guest), within)


async def _to_the_caller(reach: Reach, now: Whereabouts, within: float) -> Done:
    guest = _guest(now)

    def swapped() -> bool:
        return guest.leg.place is Place.HOLD and guest.bridge is not None and together(now.agent, now.caller)

    return await carried_out(reach, pair(now.agent, "back", guest, "hold"), swapped, within)


async def merge(reach: Reach, look: Look, order: orders.Merge, within: float) -> Done:
    now = look(order.call, order.agent, Step.MERGE, "there is nobody to bring together with the caller.")
    return await merged(reach, now, within)


async def merged(reach: Reach, now: Whereabouts, within: float) -> Done:
    """All into the room: the agent and whom they consult, or have waiting."""
    guest = _guest(now)
    if now.phase is Phase.HOLD and guest.leg.place is not Place.HOLD:
        raise CommandRefused(Reason.WRONG_STATE, "call: nobody waits to be brought together with the caller.")
    actions: dict[Phase, Action] = {
        Phase.CONSULT: ConfbridgeKick(f"c{now.room}"),
        Phase.HOLD: pair(now.agent, "back", guest, "join"),
        Phase.SWAPPED: Redirect(guest.name, GUEST, "join"),
    }
    return await carried_out(reach, actions[now.phase], partial(together, now.agent, now.caller, guest), within)
