"""Where an agent stands with a call, as far as its facts tell: talking, holding, asking somebody, among three."""

from telephony.model.calls import Call, Leg
from telephony.model.machines import AgentInput
from telephony.model.terms import Place
from telephony.model.world import World


def standing(call: Call, leg: Leg) -> AgentInput:
    """Of the agent whose leg this is. On the way from one room to another nobody has left anybody."""
    if leg.place is Place.SIDE:
        asking = call.consult is not None and call.consult.by == leg.uniqueid
        return AgentInput.CONSULT if asking or leg.talking else AgentInput.HOLD
    if leg.talking and call.caller not in leg.partners and _of_the_caller(call, leg):
        return AgentInput.CONSULT if call.caller in call.live else AgentInput.CONNECT  # by the phone's own keys
    if leg.on_hold:
        return AgentInput.HOLD
    return AgentInput.CONFER if len(leg.partners) > 1 else AgentInput.CONNECT


def _of_the_caller(call: Call, leg: Leg) -> bool:
    """Whether the queue rang this leg for the caller; whom an agent asks through a queue, it rang for the agent."""
    offer = call.offers.get(leg.uniqueid)
    return offer is not None and offer.caller == call.caller


def stand(world: World, call: Call, leg: Leg) -> None:
    """Let the agent know whose leg this is, if one has it and talked on it."""
    offer = call.offers.get(leg.uniqueid)
    agent = world.agents.get(offer.member) if offer is not None else None
    if agent is not None and leg.uniqueid in agent.talking:
        agent.talking[leg.uniqueid] = standing(call, leg)
        world.settle_agent(agent)


def stand_all(world: World, call: Call) -> None:
    """Every agent of this call."""
    for uniqueid in call.offers:
        if uniqueid in call.live:
            stand(world, call, call.legs[uniqueid])
