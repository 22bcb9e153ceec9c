"""Carries out the orders that have somebody rung for a call: in a talk apart, at once into the living call, in an
emergency.

The bridge begins each line, which the dialplan then brings to its end without us (dialplans/README.md, "Invitations").
"""

import secrets
import time
from collections.abc import Awaitable
from functools import partial

import structlog

from telephony.ami.actions import Action, Hangup, Originate
from telephony.conference.phases import Phase
from telephony.conference.table import Step
from telephony.control.commands import Reason
from telephony.control.handlers.calls import carried_out, from_own_phone
from telephony.control.handlers.looking import Look
from telephony.control.handlers.moving import Variables, agent_to, all_taken, tell
from telephony.control.handlers.rooms import back, merged
from telephony.control.orders import conference as orders
from telephony.control.orders.rooms import Consult
from telephony.control.reach import Done, Handlers, Reach
from telephony.control.refused import CommandRefused
from telephony.control.whereabouts import Whereabouts
from telephony.control.whom import EMERGENCY, Whom, codes_in, purpose_of
from telephony.directory.plan import Plan, Try, tries_text
from telephony.errors import AmiError
from telephony.model.calls import Call
from telephony.model.terms import InviteMode, Place

log = structlog.get_logger(__name__)

LINE = "zt-invite"
NOWHERE = "zt-lines"
"""For a line's half that does not ring, which nobody ever answers. Where there is an extension ``failed``, Asterisk
makes another channel for each line that ends."""
_LONGER_MS = 120_000
"""A line's end is the dialplan's to tell; only a line that has lost its way is ended by the PBX, so much later."""
_NORMAL = 16


def handlers(reach: Reach, look: Look, whom: Whom) -> Handlers:
    """For calls as ``reach.world`` has them."""
    return {
        Consult: partial(consult, reach, look, whom),
        orders.Invite: partial(invite, reach, look, whom),
        orders.CancelInvite: partial(cancel_invite, reach, look),
        orders.Emergency: partial(emergency, reach, look, whom),
    }


# --- a talk apart -----------------------------------------------------------------------------------------


async def consult(reach: Reach, look: Look, whom: Whom, order: Consult, within: float) -> Done:
    """Done once a phone is rung, or could not be. In order the agent's own channel rings them; several at once are rung
    by lines, while the agent waits aside."""
    until = time.monotonic() + within
    now = look(order.call, order.agent, Step.CONSULT, "one at a time can be consulted.")
    if now.phase is Phase.HOLD and now.guest is not None and now.guest.leg.place is Place.HOLD:
        raise CommandRefused(Reason.WRONG_STATE, "call: one at a time can be consulted, and one waits already.")
    plan = await whom.plan(order.to, order.agent, codes_in(now.call))
    token, before = new_invitation(), len(now.call.consults)

    def rung() -> bool:
        return len(now.call.consults) > before

    if len(plan.lines) == 1:
        variables = (("ZT_TRIES", tries_text(plan.lines[0])), ("ZT_TO", ""), *told_of(plan, token, purpose_of(plan)))
        await tell(reach, now.agent, (*variables, ("ZT_KEYED", "0")), within)
        action: Action = await agent_to(reach, now, "consult", within)
    else:
        await reach.act(await agent_to(reach, now, "wait", within), within)
        lines = lines_of(now, plan, InviteMode.SIDE, token, order)
        action = await _or_back(reach, now, _all_but_the_last(reach, lines, within), within)
    done = await carried_out(reach, action, rung, until - time.monotonic())
    return Done(seen=done.seen, invite=token)


async def _or_back(reach: Reach, now: Whereabouts, begun: Awaitable[Action], within: float) -> Action:
    """Who waits for lines of which one cannot be begun is back with the caller. Raises AmiError all the same."""
    try:
        return await begun
    except AmiError:
        await back(reach, now, within)
        raise


# --- at once into the call --------------------------------------------------------------------------------


async def invite(reach: Reach, look: Look, whom: Whom, order: orders.Invite, within: float) -> Done:
    """Done once a phone is rung, or could not be; agent and caller talk on, in the room."""
    until = time.monotonic() + within
    now = look(order.call, order.agent, Step.INVITE, "nobody can be called in now.")
    plan = await whom.plan(order.to, order.agent, codes_in(now.call))
    return await called_in(reach, now, plan, order, until)


async def called_in(
    reach: Reach, now: Whereabouts, plan: Plan, order: orders.Invite | orders.Emergency, until: float
) -> Done:
    """Have these rung; who answers first joins."""
    token = new_invitation()
    if now.phase is Phase.BRIDGE:
        await reach.act(await agent_to(reach, now, "join", until - time.monotonic()), until - time.monotonic())
    action = await _all_but_the_last(
        reach, lines_of(now, plan, InviteMode.ROOM, token, order), until - time.monotonic()
    )
    done = await carried_out(reach, action, lambda: now.call.invite(token) is not None, until - time.monotonic())
    return Done(seen=done.seen, invite=token)


async def _all_but_the_last(reach: Reach, lines: list[Originate], within: float) -> Action:
    """Begin these lines; returns the last, which is still to be begun."""
    await all_taken(reach, lines[:-1], within)
    return lines[-1]


async def cancel_invite(reach: Reach, look: Look, order: orders.CancelInvite, within: float) -> Done:
    """End the lines that ring; where the agent waits for them aside, they are back with the caller."""
    now = look(order.call, order.agent, Step.CANCEL_INVITE, "nobody is being called in.")
    wanted = [each for each in now.call.invites if each.ringing and order.invite in ("", each.id)]
    if not wanted:
        raise CommandRefused(Reason.WRONG_STATE, "invite: nobody is being rung for it.")
    if now.phase is Phase.RINGING and any(each.mode is InviteMode.SIDE for each in wanted):
        await back(reach, now, within)
    ends = [Hangup(name, _NORMAL) for name in _lines_that_ring(reach, now, [each.id for each in wanted])]
    for action in ends[:-1]:
        await reach.act(action, within)

    def given_up() -> bool:
        return not any(each.ringing for each in wanted)

    if not ends:
        return Done(seen=await reach.outcomes.until(given_up, within))
    return await carried_out(reach, ends[-1], given_up, within)


def _lines_that_ring(reach: Reach, now: Whereabouts, wanted: list[str]) -> list[str]:
    """The names of these invitations' lines: of the halves that ring."""
    rings = {tried.by for each in now.call.invites if each.id in wanted for tried in each.tries}
    own = f"Local/{now.room}@{LINE}-"
    found = [channel for uniqueid in rings if uniqueid and (channel := reach.world.channels.get(uniqueid)) is not None]
    return sorted(channel.name for channel in found if channel.name.startswith(own))


# --- emergencies ------------------------------------------------------------------------------------------


async def emergency(reach: Reach, look: Look, whom: Whom, order: orders.Emergency, within: float) -> Done:
    """Into the living call, whatever the agent is about: who is aside comes to the caller meanwhile. Without a call the
    agent's own phone rings first."""
    until = time.monotonic() + within
    plan = whom.emergency(order.number)
    if not order.call:
        return await from_own_phone(reach, order.agent, ("zt-emergency", order.number), order.number, within)
    now = look(order.call, order.agent, Step.EMERGENCY, "it cannot be called into this call.")
    if (known := _called_already(now, order.number)) is not None:
        return Done(seen=True, invite=known)
    done = await called_in(reach, now, plan, order, until)
    try:
        await _to_the_caller(reach, now, until - time.monotonic())
    except (CommandRefused, AmiError) as error:  # it rings, and that is what was ordered
        log.info("nobody was brought to the caller for an emergency", call=now.call.call_id, reason=str(error))
    return done


async def _to_the_caller(reach: Reach, now: Whereabouts, within: float) -> None:
    """Who is aside. Raises AmiError, CommandRefused."""
    if now.phase is Phase.CONSULT:
        await merged(reach, now, within)
    elif now.phase in (Phase.HOLD, Phase.RINGING):
        await back(reach, now, within)


def _called_already(now: Whereabouts, number: str) -> str | None:
    """The invitation by which this emergency number rings for the call, or is in it."""
    for each in now.call.invites:
        if each.purpose == EMERGENCY and each.ended_at is None and any(tried.number == number for tried in each.tries):
            return each.id
    return None


# --- lines ------------------------------------------------------------------------------------------------


def new_invitation() -> str:
    """An invitation's id."""
    return secrets.token_hex(5)


def lines_of(
    now: Whereabouts, plan: Plan, mode: InviteMode, token: str, order: orders.Invite | orders.Emergency | Consult
) -> list[Originate]:
    """What begins each line of this plan. No line is ever in a conference: who answers walks there."""
    purpose = EMERGENCY if isinstance(order, orders.Emergency) else purpose_of(plan)
    variables = (
        ("ZT_CALL", now.room),
        ("ZT_CALLER", now.caller.name),
        ("ZT_MODE", mode.value),
        ("ZT_BY", order.agent),
        ("ZT_ABOUT", about(now.call)),
        *told_of(plan, token, purpose),
    )
    return [_line(now.room, str(number), tries, variables) for number, tries in enumerate(plan.lines, 1)]


def about(call: Call) -> str:
    """What the call is about, for whoever is told of it before they are connected: a topic's code, or nothing."""
    return next(iter(call.remarks.all_topics()), "")


def told_of(plan: Plan, token: str, purpose: str) -> Variables:
    """The variables that say of every line what it is for."""
    return (("ZT_INVITE", token), ("ZT_DEPARTMENT", plan.department), ("ZT_FOR", purpose))


def _line(room: str, name: str, tries: tuple[Try, ...], variables: Variables) -> Originate:
    return Originate(
        channel=f"Local/{room}@{LINE}/n",
        context=NOWHERE,
        exten="end",
        timeout=sum(each.seconds for each in tries) * 1_000 + _LONGER_MS,
        variables=(*variables, ("ZT_LINE", name), ("ZT_TRIES", tries_text(tries))),
    )
