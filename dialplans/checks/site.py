"""What is wrong with a site and its agents before anything is rendered. ``where`` is a path in site.toml."""

from collections.abc import Iterator

from dialplans.checks.case import Case
from dialplans.checks.rule import Fault
from dialplans.people import agent_problems
from telephony.config import contradictions


def contradicting(case: Case) -> Iterator[Fault]:
    """Keys that contradict each other. ``read_site`` refuses such a site: here they are of one made otherwise."""
    for problem in contradictions(case.site):
        path, _, words = problem.partition(": ")
        yield Fault(f"site.toml: {path}", words, "")


def people(case: Case) -> Iterator[Fault]:
    for problem in agent_problems(case.site, case.agents):
        yield Fault("agents", problem, "")


def agent_targets(case: Case) -> Iterator[Fault]:
    """Exits and overflows to an agent who is not in the list."""
    numbers = {agent.number for agent in case.agents}
    for index, queue in enumerate(case.site.queues):
        named = {f"exits.{key}": target for key, target in queue.exits.items()} | {"overflow": queue.overflow}
        for key, target in named.items():
            if target.startswith("agent:") and target[6:] not in numbers:
                where = f"site.toml: queue[{index}].{key}"
                yield Fault(where, f"there is no agent {target[6:]}.", "Name one of the list, or another target.")


def deaf_announcements(case: Case) -> Iterator[Fault]:
    """A position told to a caller who cannot hear it still holds up the agent for whom it is their turn."""
    deaf = [trunk.name for trunk in case.site.trunks if trunk.answer == "at-agent" and not trunk.early_media]
    for index, queue in enumerate(case.site.queues):
        if queue.position and deaf:
            what = f"callers of trunk {', '.join(deaf)} hear nothing before the answer, yet wait through each message."
            remedy = "Set answer = 'at-entry' or early_media = true there, or position = false here."
            yield Fault(f"site.toml: queue[{index}].position", what, remedy)


def lonely_queues(case: Case) -> Iterator[Fault]:
    served = {each.queue for agent in case.agents for each in agent.queues}
    for index, queue in enumerate(case.site.queues):
        if case.agents and queue.name not in served:
            what = f"no agent answers queue {queue.name!r}: every caller of it goes on to its overflow."
            yield Fault(f"site.toml: queue[{index}]", what, "Give it agents, or take it out.")


def untold_recording(case: Case) -> Iterator[Fault]:
    """Calls are recorded, and nobody tells the caller."""
    if case.site.recording.on and not case.site.notice.on:
        what = "calls are recorded, and callers are not told."
        yield Fault(
            "site.toml: recording.on", what, "Set [notice] on = true, unless your law or your carrier sees to it."
        )
