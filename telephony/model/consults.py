"""What becomes of a consult: an agent, apart from the caller, has somebody rung to ask them.

And of the caller, whom the agent may leave to that one: an attended transfer, though no event of Asterisk's says so of
rooms.
"""

from telephony.model import inviting
from telephony.model.calls import MAX_TRANSFERS, Call, Consult, Leg, Transfer
from telephony.model.changes import CallTransferred
from telephony.model.invites import Invite
from telephony.model.terms import InviteMode, InviteState, Place
from telephony.model.world import World

COMPLETED, MERGED, CANCELLED, OVER = "completed", "merged", "cancelled", "over"
"""But for those who were not reached (then it is Asterisk's DIALSTATUS, in small letters): the agent left the caller to
the guest; all came together; it was given up while it rang; one of the two ended it."""


def begin(world: World, call: Call, consult: Consult) -> None:
    last = call.consult or _given_up_too_soon(call, consult)
    if last is not None and (last.by, last.whom, last.ringing) == (consult.by, consult.whom, True):
        return  # told twice
    if last is not None and consult.invite and (last.by, last.invite) == (consult.by, consult.invite):
        last.whom, last.ended_at, last.result = consult.whom, None, ""  # the next number of the same invitation
        return
    if last is not None:
        end(world, last, OVER)
    if len(call.consults) < MAX_TRANSFERS:
        call.consults.append(consult)
    else:
        call.left_out += 1


def _given_up_too_soon(call: Call, consult: Consult) -> Consult | None:
    """All lines that had spoken until now had failed, and there is another."""
    last = call.consults[-1] if call.consults else None
    return last if last is not None and last.guest is None and last.invite == consult.invite != "" else None


def end(world: World, consult: Consult, result: str) -> None:
    consult.ended_at, consult.result = world.now, result


def guest_came(world: World, call: Call, guest: Leg) -> None:
    consult = call.consult
    if consult is not None and consult.answered_at is None:
        consult.guest, consult.answered_at = guest.uniqueid, world.now
        if (invite := call.invite(consult.invite)) is not None:
            inviting.came(world, call, invite, guest)


def somebody_walked(world: World, call: Call) -> None:
    """Given up, if the agent is back while it rings; merged, if all are in the room."""
    consult = call.consult
    asking = call.legs.get(consult.by) if consult is not None else None
    if consult is None or asking is None or asking.place is not Place.ROOM:
        return
    guest = call.legs.get(consult.guest) if consult.guest is not None else None
    if guest is None:
        end(world, consult, CANCELLED)
        inviting.given_up(world, call, consult.invite, consult.by)
    elif guest.place is Place.ROOM:
        end(world, consult, MERGED)


def follow(world: World, call: Call) -> None:
    """A consult whose invitation came to nothing is over."""
    consult = call.consults[-1] if call.consults else None
    invite = call.invite(consult.invite) if consult is not None and consult.answered_at is None else None
    if consult is None or invite is None or invite.ended_at is None:
        return
    if consult.ended_at is None:
        end(world, consult, _why_nobody_came(invite))
    elif consult.result == CANCELLED and _why_nobody_came(invite) == OVER:  # the agent is back before it is told
        consult.result = OVER


def _why_nobody_came(invite: Invite) -> str:
    if invite.state is InviteState.CANCELLED:
        return CANCELLED
    if invite.answered is not None:  # who hung up before the two talked
        return OVER
    return invite.tries[-1].status if invite.tries else ""


def left(world: World, call: Call, leg: Leg) -> None:
    """This leg has ended."""
    inviting.left(world, call, leg)
    consult = call.consult
    if consult is not None and leg.uniqueid == consult.guest:
        end(world, consult, OVER)
    elif consult is not None and leg.uniqueid == consult.by:
        end(world, consult, CANCELLED if consult.ringing else OVER)
    follow(world, call)
    hand_over(world, call)


def met(world: World, call: Call) -> None:
    """Somebody talks with somebody else than before: it may be who was asked, for whom a phone's own keys say no more.
    Or the agent hung up in the instant in which they answered."""
    consult = call.consults[-1] if call.consults else None
    invite = call.invite(consult.invite) if consult is not None and consult.answered_at is None else None
    if consult is not None and invite is not None and invite.state is InviteState.JOINED:
        consult.guest, consult.answered_at = invite.guest, invite.answered_at
        consult.result = OVER if consult.ended_at is not None else ""
    with_caller = {*call.citizen.partners} if call.citizen is not None else set()
    if call.consult is not None and {call.consult.by, call.consult.guest} <= with_caller:
        end(world, call.consult, MERGED)
    hand_over(world, call)


def hand_over(world: World, call: Call) -> None:
    """The caller is with somebody whom an agent asked or invited, and that agent has left for good: a transfer, made
    when they left."""
    citizen, last = call.citizen, call.consults[-1] if call.consults else None
    asked = [(last.by, last.guest, last.whom)] if last is not None else []
    joined = [invite for invite in call.invites if invite.mode is InviteMode.ROOM]
    for by, guest, to in [*asked, *((invite.by_leg, invite.guest, invite.to) for invite in joined)]:
        agent = call.legs.get(by) if by is not None else None
        if citizen is None or agent is None or agent.ended_at is None or guest not in citizen.partners:
            continue
        if last is not None and (last.by, last.guest, last.result) == (by, guest, OVER):
            last.result = COMPLETED
        if any(known.by == agent.uniqueid for known in call.transfers):
            continue
        keep(world, call, Transfer("attended", agent.ended_at, agent.uniqueid, to, "", "Success"))


def keep(world: World, call: Call, transfer: Transfer) -> None:
    """The caller was handed on."""
    if any((known.by, known.at) == (transfer.by, transfer.at) for known in call.transfers):
        return  # told twice
    if len(call.transfers) < MAX_TRANSFERS:
        call.transfers.append(transfer)
        world.emit(CallTransferred(world.now, call.call_id, transfer.kind))
    else:
        call.left_out += 1
