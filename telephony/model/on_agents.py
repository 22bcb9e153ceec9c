"""Wrap-up and desktops: what the dialplan and our own gateways say of an agent beside app_queue."""

from telephony.model.changes import AgentTouched, PauseOver
from telephony.model.events import WrapUpBegan
from telephony.model.ids import Micros
from telephony.model.local import DeskTold, DesktopTold, WrapUpExtended
from telephony.model.pauses import DESKTOP_GONE, WRAP_UP
from telephony.model.queues import Agent
from telephony.model.seen import WrapUpSeen
from telephony.model.world import World

_LATEST = 24 * 3600 * 1_000_000
"""No wrap-up lasts longer, whatever AstDB holds."""


def wrap_up_began(world: World, event: WrapUpBegan) -> None:
    """Said before the phone counts as free; the pause that goes with it comes with the members' own events."""
    agent = world.agent(event.member)
    if agent is not None:
        agent.wrapup_mark = event.until
        _wrap_up(world, agent, event.until)


def wrap_up_extended(world: World, event: WrapUpExtended) -> None:
    agent = world.agents.get(event.member)
    if agent is not None and agent.wrapup_until is not None:
        _wrap_up(world, agent, event.until)


def _wrap_up(world: World, agent: Agent, until: Micros) -> None:
    until = min(until, Micros(world.now + _LATEST))
    if until == agent.wrapup_until:
        return
    agent.wrapup_until = until
    world.wrap_up(agent.member, until)
    world.emit(AgentTouched(world.now, agent.member))
    world.settle_agent(agent)


# --- desktops ---------------------------------------------------------------------------------------------


def desk_told(world: World, event: DeskTold) -> None:
    """Whether the agent signed in at a desktop."""
    known, agent = event.member in world.agents, world.agent(event.member)
    if agent is not None and not (known and agent.at_desk == event.at_desk):
        agent.at_desk = event.at_desk
        world.emit(AgentTouched(world.now, agent.member))
        _miss(world, agent)


def desktop_told(world: World, event: DesktopTold) -> None:
    """A gateway has a desktop of the agent's that answers, or has none any more. Another that has one contradicts."""
    known, agent = event.member in world.agents, world.agent(event.member)
    if agent is None:
        return
    before, agent.desktop = agent.desktop if known else None, event.present
    if agent.desktop and not world.desktops_heard:
        world.desktops_heard = True  # gateways are there again: who does not come back by now is gone
        for other in world.agents.values():
            _miss(world, other)
    _miss(world, agent)
    if before is not agent.desktop:
        world.emit(AgentTouched(world.now, agent.member))


def _miss(world: World, agent: Agent) -> None:
    """Nobody is missed before any desktop was heard of: while the gateways are away, that tells nothing of a desk."""
    if agent.at_desk and not agent.desktop and world.desktops_heard:
        if agent.member not in world.missing:
            world.miss(agent.member)
    else:
        world.missing.pop(agent.member, None)
        if agent.desktop and agent.pause_reason == DESKTOP_GONE:
            world.emit(PauseOver(world.now, agent.member, DESKTOP_GONE))


# --- a snapshot -------------------------------------------------------------------------------------------


def seen(world: World, wrap_ups: tuple[WrapUpSeen, ...]) -> None:
    """What the dialplan keeps of wrap-ups. Who is paused for one that is over, or not known, is let go."""
    phones = {each.phone: each for each in wrap_ups}
    for agent in list(world.agents.values()):
        agent.at_desk = agent.at_desk and bool(agent.memberships)
        if agent.wrapping:
            kept = next((phones[phone] for phone in agent.phones if phone in phones), None)
            if kept is not None:
                agent.wrapup_mark = kept.mark
            if kept is not None and kept.until > world.now:
                _wrap_up(world, agent, kept.until)
            else:
                world.emit(PauseOver(world.now, agent.member, WRAP_UP))
        _miss(world, agent)
