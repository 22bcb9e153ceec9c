"""Numbers that a supervisor has limited: whose call it is, tells the dialplan."""

from telephony.model.met import LimitTold
from telephony.model.world import World

LOW_PRIORITY, LOWER = "low-priority", -10
"""QUEUE_PRIO of who is limited so; dialplans.views.kept has the same, and a test holds them together."""


def told(world: World, event: LimitTold) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ZtLimit")
    if event.uniqueid == call.caller:
        call.met.limited = event.how
        if event.how == LOW_PRIORITY:
            call.priority = LOWER
    return None
