"""What supervisors do with calls: hear them, move callers who wait; and callers sent on from a room."""

from telephony.model.calls import MAX_TRANSFERS, Call, Listening, Transfer
from telephony.model.changes import CallTouched
from telephony.model.consults import keep
from telephony.model.on_desk import help_came
from telephony.model.said_by_us import CallerMoved, CallerSent, SpyTold
from telephony.model.terms import Place, Role
from telephony.model.world import World

ENDED = "ended"
_SPEAKS = ("whisper", "barge")


def spied(world: World, event: SpyTold) -> None:
    """The supervisor's own channel is no call; the call that is heard bears the stretch."""
    own = world.by_leg.get(event.uniqueid)
    if own is None:
        return world.stray(event.uniqueid, "ZtSpy")
    heard = world.by_leg.get(event.spied)
    if own is not heard:
        own.listens = True
        own.legs[event.uniqueid].role = Role.SUPERVISOR
    if heard is not None:
        _hear(world, heard, event)
    return None


def _hear(world: World, heard: Call, event: SpyTold) -> None:
    last = next((known for known in reversed(heard.heard_by) if known.by == event.agent), None)
    if last is not None and last.end is None:
        if last.mode == event.mode:
            return  # told twice
        last.end = event.at
    if event.mode in _SPEAKS:
        help_came(world, event.spied)
    if event.mode != ENDED:
        if len(heard.heard_by) < MAX_TRANSFERS:
            heard.heard_by.append(Listening(event.at, event.agent, event.mode))
        else:
            heard.left_out += 1
    world.emit(CallTouched(world.now, heard.call_id))


def moved(world: World, event: CallerMoved) -> None:
    call, queue = world.by_leg.get(event.uniqueid), world.queues.get(event.queue)
    if call is None or queue is None:
        return
    entry = next((waiting for waiting in queue.waiting if waiting.uniqueid == event.uniqueid), None)
    if entry is None:
        return
    call.priority = event.priority
    queue.waiting.remove(entry)
    queue.waiting.insert(0, entry)
    world.queue_changed(queue)
    world.emit(CallTouched(world.now, call.call_id))


def sent(world: World, event: CallerSent) -> None:
    """A blind transfer, of which only our dialplan tells."""
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ZtSent")
    by = next((uniqueid for uniqueid, leg in reversed(call.legs.items()) if leg.party == event.by), event.uniqueid)
    call.room, call.legs[event.uniqueid].place = False, Place.NONE
    transfer = Transfer("blind", event.at, by, event.to, "zt-transfer", "Success")
    keep(world, call, transfer)
    return None
