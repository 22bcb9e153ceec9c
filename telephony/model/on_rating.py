"""What the caller keyed of the agent who had ended the call."""

from telephony.model.met import RatingTold
from telephony.model.world import World

WORST, BEST = 1, 5


def told(world: World, event: RatingTold) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ZtRating")
    if event.uniqueid == call.caller:
        call.met.rating_asked, call.met.rated = True, event.agent
        if WORST <= event.value <= BEST:
            call.met.rating = event.value
    return None
