"""What the other files show: queues, phones, trunks, manager, music, logs. Pure, as ``dialplans.views``."""

from collections.abc import Collection, Sequence
from typing import Any

from dialplans.contract import (
    AMI_EVENTS,
    AMI_READ,
    AMI_WRITE,
    AMI_WRITE_MESSAGES,
    AMI_WRITE_TALK,
    CEL_EVENTS,
    KEPT_LINE,
)
from dialplans.modules import chosen
from dialplans.views.auto_answer import whose_answer
from dialplans.views.kept import can_be_kept
from dialplans.views.keyed import in_call
from telephony.config import Site
from telephony.directory.agents import Agent
from telephony.secrets import Secrets
from telephony.site.queues import Queue


def queues(site: Site, agents: Sequence[Agent]) -> dict[str, Any]:
    """For queues.conf. Members stand there only where an agent takes calls without signing in."""
    by_code = site.agents.sign_in == "code"
    listed = () if by_code else agents
    return {
        "by_code": by_code,
        "queues": [_queue(queue, listed) | _tone(site, queue, agents) for queue in site.queues],
        "kept": _lines(site, listed, agents),
        "recording": site.recording.on,
        "old_recorder": site.pbx.version.startswith("20"),  # has another, and that one is the default
    }


def _queue(queue: Queue, agents: Sequence[Agent]) -> dict[str, Any]:
    members = [
        {"phone": agent.phone, "number": agent.number, "penalty": each.penalty}
        for agent in agents
        for each in agent.queues
        if each.queue == queue.name
    ]
    return {name: getattr(queue, name) for name in queue.__struct_fields__} | {"members": members}


def _tone(site: Site, queue: Queue, agents: Sequence[Agent]) -> dict[str, bool]:
    return {"tone": site.agents.auto_answer_tone and bool(whose_answer(queue, agents))}


def _lines(site: Site, listed: Sequence[Agent], agents: Sequence[Agent]) -> list[dict[str, Any]]:
    """Of each queue that in which one agent's phone alone is rung: each agent is a penalty of their own."""
    if not site.sticky.on:
        return []
    known = [agent for agent in listed if can_be_kept(agent)]
    lines = [_queue(queue, known) | _tone(site, queue, agents) for queue in site.queues]
    for line in lines:
        line |= {"name": KEPT_LINE + line["name"], "timeout_s": site.sticky.ring_s}
        line["members"] = [member | {"penalty": member["number"]} for member in line["members"]]
    return lines


def manager(site: Site, secrets: Secrets) -> dict[str, Any]:
    """For manager.conf."""
    return {
        "ami": site.pbx.ami,
        "secret": secrets.ami,
        "read": ",".join(AMI_READ),
        "write": ",".join(write_classes(site)),
        "events": AMI_EVENTS,
    }


def write_classes(site: Site) -> tuple[str, ...]:
    """The classes of actions the AMI user of this site may do."""
    messages = (AMI_WRITE_MESSAGES,) if site.notice.on and site.notice.message else ()
    talk = (AMI_WRITE_TALK,) if any(profile.talk for profile in site.phone_profiles) else ()
    return (*AMI_WRITE, *messages, *talk)


def music(site: Site, *, whole: bool) -> dict[str, Any]:
    """For musiconhold.conf: one class for each that a queue names. An existing PBX has its ``default`` already."""
    names = sorted({"default", *(queue.music for queue in site.queues)} - (set() if whole else {"default"}))
    return {"classes": [{"name": name, "folder": music_folder(name)} for name in names]}


def music_folder(name: str) -> str:
    """Where a class of music lies, below Asterisk's data directory."""
    return "moh" if name == "default" else f"moh/{name}"


def asterisk(site: Site) -> dict[str, Any]:
    """For asterisk.conf."""
    return {
        "folders": site.pbx.folders,
        "systemname": site.pbx.systemname,
        "language": site.language,
        "deployed": site.pbx.deploy.folder is not None,
    }


def modules(site: Site, available: Collection[str] | None) -> dict[str, Any]:
    """For modules.conf."""
    return {"modules": chosen(site.pbx.version, available)}


def features(site: Site) -> dict[str, Any]:
    """For features.conf."""
    shown = [dict(zip(("name", "pressed", "on", "place"), each, strict=True)) for each in in_call(site)]
    return {"codes": site.feature_codes, "keys": shown}


def logs() -> dict[str, Any]:
    """For cel.conf."""
    return {"events": ",".join(CEL_EVENTS)}
