"""Carries out orders that put down what people say of a call, and those that ask for help."""

from functools import partial

from telephony.control.commands import Reason
from telephony.control.orders import remarks as orders
from telephony.control.reach import Done, Handlers, Reach
from telephony.control.refused import CommandRefused
from telephony.control.remarker import Remarker, Said
from telephony.model.ids import Micros
from telephony.model.local import HelpAsked
from telephony.model.machines import AgentState
from telephony.remarks import topics
from telephony.remarks.remark import Mark, Resolution, unfit

HELP_LIMIT = 200
"""Characters of what is said with a cry for help."""


def handlers(reach: Reach, remarker: Remarker) -> Handlers:
    """For calls of now and of before, and for the agents that the queues know."""
    return {
        orders.Note: partial(note, remarker),
        orders.Dispose: partial(dispose, reach, remarker),
        orders.Mark: partial(mark, remarker),
        orders.Resolve: partial(resolve, remarker),
        orders.AskHelp: partial(ask_help, reach),
    }


async def note(remarker: Remarker, order: orders.Note, within: float) -> Done:
    """Kept as it was given; an empty one takes the note back."""
    _fit("text", unfit(order.text))
    return await remarker.put(order, Said(note=order.text), within)


async def dispose(reach: Reach, remarker: Remarker, order: orders.Dispose, within: float) -> Done:
    """Without topics, and without a word on how it ended, it takes back what was said before."""
    _fit("topics", topics.refusal(order.topics, reach.site.topics))
    said = Said(topics=tuple(dict.fromkeys(order.topics)), answered=order.answered)
    return await remarker.put(order, said, within)


async def mark(remarker: Remarker, order: orders.Mark, within: float) -> Done:
    if order.mark not in ("", *Mark):
        _fit("mark", f"must be one of {', '.join(Mark)}, or empty to take the mark back.")
    return await remarker.put(order, Said(mark=order.mark), within)


async def resolve(remarker: Remarker, order: orders.Resolve, within: float) -> Done:
    """Of each agent the last word holds; of the call that of who spoke last."""
    said = Resolution.YES if order.resolved else Resolution.NO
    return await remarker.put(order, Said(resolved=Resolution.TAKEN_BACK if order.resolved is None else said), within)


async def ask_help(reach: Reach, order: orders.AskHelp, within: float) -> Done:
    """Not kept on disk: it is of this moment alone, and an agent who is still in need after a restart asks again."""
    _fit("text", unfit(order.text, limit=HELP_LIMIT, lines=False))
    agent = reach.member(order.agent)
    if order.wanted and agent.state is AgentState.SIGNED_OUT:
        raise CommandRefused(Reason.WRONG_STATE, f"agent: {order.agent} is signed in to no queue.")
    text = order.text if order.wanted else None
    reach.deliver(HelpAsked(Micros(reach.world.now), order.agent, text))
    return Done(seen=await reach.outcomes.until(lambda: agent.help == text, within))


def _fit(field: str, why: str) -> None:
    if why:
        raise CommandRefused(Reason.BAD_VALUE, f"{field}: {why}")
