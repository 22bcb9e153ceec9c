"""Whether what waiting callers are told is true. ``where`` is a path in site.toml."""

from collections.abc import Iterator

from dialplans.checks.case import Case
from dialplans.checks.rule import Fault
from telephony.directory.agents import Agent


def untrue_positions(case: Case) -> Iterator[Fault]:
    """A place in a queue is true while nobody goes before it who is not in it.

    Within a queue app_queue keeps the order of arrival. But of two queues that share an agent the one of higher weight
    gets the agent first (app_queue.c, compare_weight): its callers go before whoever was told to be the next.
    """
    queues = case.site.queues
    members = {queue.name: {agent.number for agent in case.agents if _answers(agent, queue.name)} for queue in queues}
    for index, queue in enumerate(queues):
        ahead = [
            other.name
            for other in queues
            if queue.position and other.weight > queue.weight and members[other.name] & members[queue.name]
        ]
        if ahead:
            what = (
                f"callers of {', '.join(ahead)} go before those who are told their place (higher weight, same agents)."
            )
            remedy = "Give both the same weight, or set position = false."
            yield Fault(f"site.toml: queue[{index}].position", what, remedy)


def _answers(agent: Agent, queue: str) -> bool:
    return any(each.queue == queue for each in agent.queues)
