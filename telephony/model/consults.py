"""What becomes of a consult: an agent, apart from the caller, has somebody rung to ask them.

And of the caller, whom the agent may leave to that one: an attended transfer, though no event of Asterisk's says so of
rooms.
"""

from telephony.model.calls import MAX_TRANSFERS, Call, Consult, Leg, Transfer
from telephony.model.changes import CallTransferred
from telephony.model.terms import Place
from telephony.model.world import World

COMPLETED, MERGED, CANCELLED, OVER = "completed", "merged", "cancelled", "over"
"""But for those who were not reached (then it is Asterisk's DIALSTATUS, in small letters): the agent left the caller to
the guest; all came together; it was given up while it rang; one of the two ended it."""


def begin(world: World, call: Call, consult: Consult) -> None:
    last = call.consult
    if last is not None and (last.by, last.whom, last.ringing) == (consult.by, consult.whom, True):
        return  # told twice
    if last is not None:
        end(world, last, OVER)
    if len(call.consults) < MAX_TRANSFERS:
        call.consults.append(consult)
    else:
        call.left_out += 1


def end(world: World, consult: Consult, result: str) -> None:
    consult.ended_at, consult.result = world.now, result


def guest_came(world: World, call: Call, guest: Leg) -> None:
    consult = call.consult
    if consult is not None and consult.answered_at is None:
        consult.guest, consult.answered_at = guest.uniqueid, world.now


def somebody_walked(world: World, call: Call) -> None:
    """Given up, if the agent is back while it rings; merged, if all are in the room."""
    consult = call.consult
    asking = call.legs.get(consult.by) if consult is not None else None
    if consult is None or asking is None or asking.place is not Place.ROOM:
        return
    guest = call.legs.get(consult.guest) if consult.guest is not None else None
    if guest is None:
        end(world, consult, CANCELLED)
    elif guest.place is Place.ROOM:
        end(world, consult, MERGED)


def left(world: World, call: Call, leg: Leg) -> None:
    """This leg has ended."""
    consult = call.consult
    if consult is not None and leg.uniqueid == consult.guest:
        end(world, consult, OVER)
    elif consult is not None and leg.uniqueid == consult.by:
        end(world, consult, CANCELLED if consult.ringing else OVER)
    hand_over(world, call)


def hand_over(world: World, call: Call) -> None:
    """The caller is with somebody whom an agent asked, and the agent has left for good: a transfer, made when they
    left."""
    consult, citizen = call.consults[-1] if call.consults else None, call.citizen
    by = call.legs.get(consult.by) if consult is not None else None
    if consult is None or citizen is None or by is None or by.ended_at is None:
        return
    if consult.guest is None or consult.guest not in citizen.partners:
        return
    if not any(known.by == by.uniqueid for known in call.transfers):
        consult.result = COMPLETED if consult.result == OVER else consult.result
        keep(world, call, Transfer("attended", by.ended_at, by.uniqueid, consult.whom, "", "Success"))


def keep(world: World, call: Call, transfer: Transfer) -> None:
    """The caller was handed on."""
    if any((known.by, known.at) == (transfer.by, transfer.at) for known in call.transfers):
        return  # told twice
    if len(call.transfers) < MAX_TRANSFERS:
        call.transfers.append(transfer)
        world.emit(CallTransferred(world.now, call.call_id, transfer.kind))
    else:
        call.left_out += 1
