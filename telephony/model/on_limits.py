"""Numbers that a supervisor has limited: whose call it is, tells the dialplan."""

from telephony.model.met import LimitTold
from telephony.model.world import World


def told(world: World, event: LimitTold) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ZtLimit")
    if event.uniqueid == call.caller:
        call.met.limited = event.how
    return None
