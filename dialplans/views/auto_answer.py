"""Phones that pick up by themselves what a queue offers. Pure."""

from collections.abc import Sequence
from typing import Any

from dialplans.people import key_of_phone
from telephony.directory.agents import Agent
from telephony.site.queues import Queue
from telephony.site.site import Site


def auto_answer(site: Site, agents: Sequence[Agent]) -> dict[str, Any]:
    """For auto.j2. Nothing where no queue has such a phone."""
    if not any(whose_answer(queue, agents) for queue in site.queues):
        return {"auto": None}
    return {
        "auto": {
            "headers": [_header(text) for text in site.agents.auto_answer_headers],
            "phones": [{"key": key_of_phone(agent.phone)} for agent in agents if agent.auto_answer],
            "tone": site.agents.auto_answer_tone,
        }
    }


def whose_answer(queue: Queue, agents: Sequence[Agent]) -> str:
    """The extension of zt-auto for this queue's offers; empty: all of its phones ring."""
    if queue.auto_answer == "agents":
        wanted = (agent for agent in agents if agent.auto_answer)
        return "wanted" if any(each.queue == queue.name for agent in wanted for each in agent.queues) else ""
    return "everybody" if queue.auto_answer == "everybody" else ""


def _header(text: str) -> dict[str, Any]:
    """``parts``: the value at its semicolons, which begin a comment in the dialplan and are written by the template."""
    name, _, value = text.partition(": ")
    return {"name": name, "parts": value.split(";")}
