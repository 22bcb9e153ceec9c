"""What pjsip.conf shows: trunks and phones. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from telephony.directory.agents import Agent
from telephony.errors import ConfigError
from telephony.secrets import Secrets
from telephony.site.sip import Trunk
from telephony.site.site import Site

QUALIFY_S = 60
"""How often a registered phone is asked whether it is there."""


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
        "send_pai": trunk.send_pai,
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
