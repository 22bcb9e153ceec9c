"""Queues, and the recording that they begin. Pure."""

from collections.abc import Sequence
from typing import Any

from dialplans.views.auto_answer import whose_answer
from dialplans.views.places import goes_to
from telephony.directory.agents import Agent
from telephony.site.dispatch import verdict
from telephony.site.queues import Queue
from telephony.site.site import Site


def queues(site: Site, agents: Sequence[Agent]) -> dict[str, Any]:
    """For queues.j2 and recording.j2. ``macro``: Queue() of Asterisk 20 has an argument more, before the last ones."""
    macro = site.pbx.version.startswith("20")
    return {
        "queues": [_queue_context(queue) | {"macro": macro} | _leg(queue, agents) for queue in site.queues],
        "told_wait": any(queue.expected_wait for queue in site.queues),
        "recording": _recording(site),
    }


def _queue_context(queue: Queue) -> dict[str, Any]:
    return {
        "name": queue.name,
        "number": queue.number,
        "music": queue.music,
        "max_wait": queue.max_wait_s or "",
        "told_wait": queue.expected_wait,
        "overflow": goes_to(queue.overflow),
        "wake": verdict(queue),
        "exits": [{"key": key, "goes_to": goes_to(text)} for key, text in sorted(queue.exits.items())],
    }


def _leg(queue: Queue, agents: Sequence[Agent]) -> dict[str, str]:
    """What is run on an agent's channel before it is rung (option b), where there is anything to do."""
    auto = whose_answer(queue, agents)
    place = f"zt-auto^{auto}" if auto else "zt-wrapup^leg" if queue.wrapup_s else ""
    return {"on_leg": f"b({place}^1({queue.name}^{queue.wrapup_s}))" if place else ""}


def _recording(site: Site) -> dict[str, str] | None:
    """Where recordings go. Without a folder of its own, below Asterisk's ``monitor``, as relative paths do."""
    if not site.recording.on:
        return None
    folder = site.recording.folder
    return {
        "folder": f"{folder.rstrip('/')}/" if folder else "",
        "notice": site.recording.notice,
    }
