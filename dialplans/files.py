"""What the other files show: queues, phones, trunks, manager, music, logs. Pure, as ``dialplans.view``."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from dialplans.contract import (
    AMI_EVENTS,
    AMI_READ,
    AMI_WRITE,
    CEL_EVENTS,
    RECORD_AGAIN_KEY,
    RECORDING_FEATURES,
)
from dialplans.modules import chosen
from telephony.config import Queue, Site, Trunk
from telephony.directory.agents import Agent
from telephony.errors import ConfigError
from telephony.secrets import Secrets

QUALIFY_S = 60
"""How often a registered phone is asked whether it is there."""


def queues(site: Site, agents: Sequence[Agent]) -> dict[str, Any]:
    """For queues.conf. Members stand there only where an agent takes calls without signing in."""
    by_code = site.agents.sign_in == "code"
    listed = () if by_code else agents
    return {
        "by_code": by_code,
        "queues": [_queue(queue, listed) for queue in site.queues],
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


def pjsip(site: Site, agents: Sequence[Agent], secrets: Secrets, contacts: Mapping[str, str]) -> dict[str, Any]:
    """For pjsip.conf. Raises ``ConfigError`` when a phone or a trunk that registers has no password."""
    return {
        "sip": site.sip,
        "codecs": ",".join(site.sip.codecs),
        "language": site.language,
        "qualify_s": QUALIFY_S,
        "trunks": [_trunk(site, trunk, secrets) for trunk in site.trunks],
        "phones": [_phone(agent, secrets, contacts.get(agent.phone)) for agent in agents],
    }


def _trunk(site: Site, trunk: Trunk, secrets: Secrets) -> dict[str, Any]:
    server = _server(trunk)
    if trunk.register and trunk.name not in secrets.trunks:
        raise ConfigError(
            f'trunk {trunk.name!r} registers, but the secrets file has no password for it. Add under [trunks]: "'
            f'{trunk.name}" = "the carrier\'s password"'
        )
    return {
        "name": trunk.name,
        "codecs": ",".join(trunk.codecs or site.sip.codecs),
        "contact": f"sip:{server}",
        "server": server,
        "matches": trunk.hosts,
        "from_domain": trunk.from_domain,
        "from_user": trunk.from_user,
        "register": trunk.register,
        "username": trunk.username,
        "contact_user": site.numbers_of(trunk)[0],
        "password": secrets.trunks.get(trunk.name),
    }


def _server(trunk: Trunk) -> str:
    """``host:port`` of the trunk's first host, to which we register and send calls."""
    host = trunk.hosts[0].partition("/")[0]
    bare_v6 = host.count(":") > 1 and not host.startswith("[")
    if bare_v6:
        return f"[{host}]:{trunk.port}"
    has_port = host.rpartition("]")[2].startswith(":") if host.startswith("[") else ":" in host
    return host if has_port else f"{host}:{trunk.port}"


def _phone(agent: Agent, secrets: Secrets, contact: str | None) -> dict[str, Any]:
    if agent.phone not in secrets.phones:
        raise ConfigError(f"phone {agent.phone!r} has no password in the secrets file: run ensure_secrets for it first")
    return {
        "name": agent.phone,
        "number": agent.number,
        "title": agent.name or agent.number,
        "password": secrets.phones[agent.phone],
        "contact": contact,
    }


def manager(site: Site, secrets: Secrets) -> dict[str, Any]:
    """For manager.conf."""
    return {
        "ami": site.pbx.ami,
        "secret": secrets.ami,
        "read": ",".join(AMI_READ),
        "write": ",".join(AMI_WRITE),
        "events": AMI_EVENTS,
    }


def music(site: Site, *, whole: bool) -> dict[str, Any]:
    """For musiconhold.conf: one class for each that a queue names. An existing PBX has its ``default`` already."""
    names = sorted({"default", *(queue.music for queue in site.queues)} - (set() if whole else {"default"}))
    return {"classes": [{"name": name, "folder": music_folder(name)} for name in names]}


def music_folder(name: str) -> str:
    """Where a class of music lies, below Asterisk's data directory."""
    return "moh" if name == "default" else f"moh/{name}"


def asterisk(site: Site) -> dict[str, Any]:
    """For asterisk.conf."""
    return {"folders": site.pbx.folders, "systemname": site.pbx.systemname, "language": site.language}


def modules(site: Site, available: Collection[str] | None) -> dict[str, Any]:
    """For modules.conf."""
    return {"modules": chosen(site.pbx.version, available)}


def features(site: Site) -> dict[str, Any]:
    """For features.conf."""
    codes = site.feature_codes
    keys = {"zt-pause": codes.record_pause, "zt-resume": codes.record_resume, "zt-again": RECORD_AGAIN_KEY}
    shown = [
        {"name": name, "pressed": keys[name], "on": channel, "exten": exten}
        for name, channel, exten in RECORDING_FEATURES
    ]
    return {"codes": codes, "recording": shown if site.recording.on else []}


def logs() -> dict[str, Any]:
    """For cel.conf."""
    return {"events": ",".join(CEL_EVENTS)}
