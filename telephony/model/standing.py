"""Where an agent stands with a call, as far as its facts tell: talking, holding, asking somebody, among three."""

from telephony.model.calls import Call, Leg
from telephony.model.changes import CallTouched
from telephony.model.counters import is_ear
from telephony.model.machines import AgentInput
from telephony.model.names import party_of, trunk_of
from telephony.model.queues import Agent
from telephony.model.terms import Direction, Place, Role
from telephony.model.world import World

_SIDE, _OUTBOUND = Place.SIDE, Direction.OUTBOUND
_NOT_AT_WORK = (Role.SERVICE, Role.SUPERVISOR)
_CONNECT, _CONFER = AgentInput.CONNECT, AgentInput.CONFER


def standing(call: Call, leg: Leg) -> AgentInput:
    """Of the agent whose leg this is. On the way from one room to another nobody has left anybody."""
    if leg.place is _SIDE:
        asking = call.consult is not None and call.consult.by == leg.uniqueid
        return AgentInput.CONSULT if asking or leg.talking else AgentInput.HOLD
    partners = leg.partners
    if partners and call.caller not in partners and _of_the_caller(call, leg):
        return AgentInput.CONSULT if call.caller in call.live else AgentInput.CONNECT  # by the phone's own keys
    if leg.on_hold:
        return AgentInput.HOLD
    return _CONFER if len(partners) > 1 else _CONNECT


def _of_the_caller(call: Call, leg: Leg) -> bool:
    """Whether the queue rang this leg for the caller; whom an agent asks through a queue, it rang for the agent."""
    offer = call.offers.get(leg.uniqueid)
    return offer is not None and offer.caller == call.caller


def agent_of(world: World, call: Call, leg: Leg) -> Agent | None:
    """Who is at this leg: whom the queue rang for it; or whose phone it is, where a citizen was handed on to them, they
    are asked, or called out themselves. A supervisor's ear, and an agent who calls the hotline, are at no call's."""
    offer = call.offers.get(leg.uniqueid)
    if offer is not None:
        return world.agents.get(offer.member)
    if leg.agent is None and _is_at_work(call, leg):
        leg.agent = world.phones.get(party_of(leg.name))
    return None if leg.agent is None else world.agents.get(leg.agent)


def _is_at_work(call: Call, leg: Leg) -> bool:
    if leg.uniqueid == call.caller:
        at_work = call.direction is _OUTBOUND and not is_ear(leg.uniqueid)
    else:
        at_work = call.of_a_citizen
    return at_work and leg.role not in _NOT_AT_WORK and not trunk_of(leg.name)


def ring(world: World, call: Call, leg: Leg) -> None:
    """Somebody dials this phone, for a citizen or to ask."""
    if leg.uniqueid in call.offers or leg.uniqueid == call.caller or leg.answered_at is not None:
        return
    agent = agent_of(world, call, leg)
    if agent is not None and leg.uniqueid not in agent.offers:
        agent.offers[leg.uniqueid] = None
        world.settle_agent(agent)
        world.emit(CallTouched(world.now, call.call_id))


def engage(world: World, call: Call, leg: Leg) -> None:
    """Who was not rung by the queue for this leg talks all the same."""
    agent = agent_of(world, call, leg)
    if agent is not None:
        agent.talking[leg.uniqueid] = standing(call, leg)
        world.settle_agent(agent)


def stand(world: World, call: Call, leg: Leg) -> None:
    """Let the agent know whose leg this is, if one has it and talked on it."""
    agent = agent_of(world, call, leg)
    if agent is not None and leg.uniqueid in agent.talking:
        agent.talking[leg.uniqueid] = standing(call, leg)
        world.settle_agent(agent)


def stand_all(world: World, call: Call) -> None:
    """Every agent of this call."""
    for uniqueid in list(call.live):
        if (leg := call.legs.get(uniqueid)) is not None:
            stand(world, call, leg)
