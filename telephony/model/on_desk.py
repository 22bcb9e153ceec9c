"""What people at their desks say: of a call, and that they want help. And what we have looked up of a caller."""

from telephony.model.calls import Call
from telephony.model.changes import AgentTouched, CallTouched
from telephony.model.ids import CallId, Uniqueid
from telephony.model.local import CallerKnown, CallRemarked, HelpAsked
from telephony.model.world import World

MAX_WRITERS = 100
"""Who may have put something down of one call, in the model; all of it is on record."""


def remarked(world: World, event: CallRemarked) -> None:
    """Of a call that is over nothing is shown any more: then it is on record alone."""
    call = _call(world, event.call_id)
    if call is None or (event.who not in call.remarks.writers and len(call.remarks.writers) >= MAX_WRITERS):
        return
    call.remarks.say(event.who, event.note, event.topics, event.mark, event.resolved, again=event.again)
    world.emit(CallTouched(world.now, call.call_id))


def caller_known(world: World, event: CallerKnown) -> None:
    call = _call(world, event.call_id)
    if call is not None and call.known != event.known:
        call.known = event.known
        world.emit(CallTouched(world.now, call.call_id))


def help_asked(world: World, event: HelpAsked) -> None:
    agent = world.agents.get(event.member)
    if agent is not None and agent.help != event.text:
        agent.help = event.text
        world.emit(AgentTouched(world.now, agent.member))


def help_came(world: World, leg: Uniqueid) -> None:
    """Somebody speaks to the agent whose leg this is."""
    agent = next((agent for agent in world.agents.values() if leg in agent.talking and agent.help is not None), None)
    if agent is not None:
        agent.help = None
        world.emit(AgentTouched(world.now, agent.member))


def _call(world: World, call_id: CallId) -> Call | None:
    """By its own id, or that of a call that was joined into it."""
    found = world.calls.get(call_id)
    return found or next((call for call in world.calls.values() if call_id in call.aliases), None)
