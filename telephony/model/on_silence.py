"""Callers from whom nothing is heard after the answer."""

from telephony.model.changes import CallerHeard, CallTouched
from telephony.model.ids import Micros
from telephony.model.met import CallerListenedTo, CallerSpoke
from telephony.model.world import World


def listened_to(world: World, event: CallerListenedTo) -> None:
    call = world.calls.get(event.call_id)
    if call is not None and call.live and call.met.spoke is None:
        call.met.spoke = False
        world.listen(call.call_id, Micros(world.now + event.after))


def spoke(world: World, event: CallerSpoke) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ChannelTalkingStart")
    if event.uniqueid == call.caller and not call.met.spoke:
        call.met.spoke, call.met.silent = True, False
        world.listening.pop(call.call_id, None)
        world.emit(CallerHeard(world.now, call.call_id))
        world.emit(CallTouched(world.now, call.call_id))
    return None
