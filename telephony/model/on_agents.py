"""Wrap-up and desktops: what the dialplan and our own gateways say of an agent beside app_queue."""

from telephony.model.changes import AgentTouched, PauseOver
from telephony.model.events import WrapUpBegan
from telephony.model.ids import Micros
from telephony.model.local import DeskTold, DesktopTold, WrapUpExtended
from telephony.model.pauses import DESK_FAMILY, DESKTOP_GONE, WRAP_UP, WRAPUP_FAMILY
from telephony.model.queues import Agent
from telephony.model.seen import KeptSeen
from telephony.model.world import World

MAX_GATEWAYS = 50
"""That have a desktop of one agent (law 10)."""
_LATEST = 24 * 3600 * 1_000_000
"""No wrap-up lasts longer, whatever AstDB holds."""


def wrap_up_began(world: World, event: WrapUpBegan) -> None:
    """Said before the phone counts as free; the pause that goes with it comes with the members' own events."""
    agent = world.agent(event.member)
    if agent is not None:
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
    """A gateway has a desktop of the agent's that answers, or has none any more."""
    known, agent = event.member in world.agents, world.agent(event.member)
    if agent is None:
        return
    before = bool(agent.desktops) if known else None
    if not event.present:
        agent.desktops.pop(event.gateway, None)
    elif len(agent.desktops) < MAX_GATEWAYS:
        agent.desktops[event.gateway] = None
    if agent.desktops and not world.desktops_heard:
        world.desktops_heard = True  # gateways are there again: who does not come back by now is gone
        for other in world.agents.values():
            _miss(world, other)
    _miss(world, agent)
    if before is not bool(agent.desktops):
        world.emit(AgentTouched(world.now, agent.member))


def _miss(world: World, agent: Agent) -> None:
    """Nobody is missed before any desktop was heard of: while the gateways are away, that tells nothing of a desk."""
    if agent.at_desk and not agent.desktops and world.desktops_heard:
        if agent.member not in world.missing:
            world.miss(agent.member)
    else:
        world.missing.pop(agent.member, None)
        if agent.desktops and agent.pause_reason == DESKTOP_GONE:
            world.emit(PauseOver(world.now, agent.member, DESKTOP_GONE))


# --- a snapshot -------------------------------------------------------------------------------------------


def seen(world: World, kept: tuple[KeptSeen, ...]) -> None:
    """What AstDB holds of agents. Whoever is paused for a wrap-up that nothing is known of is let go."""
    phones = {entry.name: entry.value for entry in kept if entry.family == WRAPUP_FAMILY}
    desks = {entry.name for entry in kept if entry.family == DESK_FAMILY and entry.value}
    for agent in list(world.agents.values()):
        agent.at_desk = agent.member in desks or (agent.at_desk and bool(agent.desktops))
        if agent.wrapping:
            until = max((_until(phones.get(phone, "")) for phone in agent.phones), default=Micros(0))
            if until > world.now:
                _wrap_up(world, agent, until)
            else:
                world.emit(PauseOver(world.now, agent.member, WRAP_UP))
        _miss(world, agent)


def _until(text: str) -> Micros:
    return Micros(int(text) * 1_000) if text.isascii() and text.isdigit() and len(text) < 15 else Micros(0)
