"""A caller for whom the phone of one agent alone is rung first: whoever had them when they were cut off."""

from telephony.model.met import Kept, KeptTold
from telephony.model.on_queues import close_visit
from telephony.model.terms import VisitResult
from telephony.model.world import World

PASSED = "passed"


def told(world: World, event: KeptTold) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ZtSticky")
    if event.uniqueid != call.caller:
        return None
    if event.state != PASSED:
        if call.met.kept is None:
            call.met.kept = Kept(event.agent, event.queue, event.at)
    elif call.met.kept is not None and call.met.kept.until is None:
        call.met.kept.until = event.at
        here = (event.uniqueid, call.met.kept.queue)
        visit = next((visit for visit in reversed(call.visits) if (visit.uniqueid, visit.queue) == here), None)
        if visit is not None and visit.joined_at >= call.met.kept.at:
            close_visit(world, call, visit, VisitResult.TIMED_OUT)
    return None
