"""What pjsip.conf and rtp.conf show: transports, trunks and phones. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from telephony.directory.agents import Agent
from telephony.errors import ConfigError
from telephony.secrets import Secrets
from telephony.site.sip import STANDARD_PROFILE, PhoneProfile, Sip, Trunk
from telephony.site.site import Site

OPUS_MODULES = frozenset({"codec_opus_open_source", "codec_opus"})
"""Without one of them Asterisk passes Opus on and understands none of it: a recording of such a call is silent, and so
is music."""

_PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}


def pjsip(
    site: Site,
    agents: Sequence[Agent],
    secrets: Secrets,
    contacts: Mapping[str, str],
    modules: Collection[str] | None = None,
) -> dict[str, Any]:
    """For pjsip.conf. ``modules`` are those the PBX has, if somebody looked. Raises ``ConfigError`` when a phone or a
    trunk that registers has no password, or a phone has no profile."""
    opus = bool(OPUS_MODULES & set(modules or ()))
    return {
        "sip": site.sip,
        "transports": [_transport(site.sip, name) for name in site.sip.transports],
        "language": site.language,
        "trunks": [_trunk(site, trunk, secrets, opus=opus) for trunk in site.trunks],
        "profiles": [
            {"name": profile.name, **_media(site.sip, profile, opus=opus)}
            for profile in site.phone_profiles or (STANDARD_PROFILE,)
        ],
        "phones": [_phone(site, agent, secrets, contacts.get(agent.phone)) for agent in agents],
    }


def _transport(sip: Sip, name: str) -> dict[str, Any]:
    port = sip.tls_port if name == "tls" else sip.port
    host = f"[{sip.bind}]" if ":" in sip.bind and not sip.bind.startswith("[") else sip.bind
    return {
        "name": name,
        "bind": f"{host}:{port}",
        "tls": name == "tls",
        "external": sip.external_address,
        "local_nets": sip.local_nets if sip.external_address else (),
    }


def _media(sip: Sip, kind: Trunk | PhoneProfile, *, opus: bool) -> dict[str, Any]:
    """What of an endpoint a trunk or a profile may say for itself."""

    def said(key: str) -> Any:
        own = getattr(kind, key)
        return getattr(sip, key) if own is None else own

    known = [codec for codec in kind.codecs or sip.codecs if opus or codec != "opus"]
    return {
        "codecs": ",".join(known or kind.codecs or sip.codecs),
        "srtp": kind.srtp,
        "dtmf": said("dtmf"),
        "rtp_timeout": said("rtp_timeout_s"),
        "rtp_timeout_hold": said("rtp_timeout_hold_s"),
        "timers": said("timers"),
        "qualify_s": said("qualify_s"),
    }


def _trunk(site: Site, trunk: Trunk, secrets: Secrets, *, opus: bool) -> dict[str, Any]:
    servers = [_server(trunk, host) for host in trunk.hosts if "/" not in host] or [_server(trunk, trunk.hosts[0])]
    if trunk.register and trunk.name not in secrets.trunks:
        raise ConfigError(
            f'trunk {trunk.name!r} registers, but the secrets file has no password for it. Add under [trunks]: "'
            f'{trunk.name}" = "the carrier\'s password"'
        )
    return {
        "name": trunk.name,
        "transport": trunk.transport,
        "servers": servers,
        "matches": trunk.hosts,
        "from_domain": trunk.from_domain,
        "from_user": trunk.from_user,
        "send_pai": trunk.send_pai,
        "register": trunk.register,
        "username": trunk.username,
        "contact_user": site.numbers_of(trunk)[0],
        "password": secrets.trunks.get(trunk.name),
        **_media(site.sip, trunk, opus=opus),
    }


def _server(trunk: Trunk, listed: str) -> str:
    """``host:port`` of one of the trunk's hosts, to which we register and send calls."""
    host, port = listed.partition("/")[0], trunk.port or _PORTS.get(trunk.transport, 5060)
    bare_v6 = host.count(":") > 1 and not host.startswith("[")
    if bare_v6:
        return f"[{host}]:{port}"
    has_port = host.rpartition("]")[2].startswith(":") if host.startswith("[") else ":" in host
    return host if has_port else f"{host}:{port}"


def _phone(site: Site, agent: Agent, secrets: Secrets, contact: str | None) -> dict[str, Any]:
    if agent.phone not in secrets.phones:
        raise ConfigError(f"phone {agent.phone!r} has no password in the secrets file: run ensure_secrets for it first")
    return {
        "name": agent.phone,
        "number": agent.number,
        "title": agent.name or agent.number,
        "password": secrets.phones[agent.phone],
        "contact": contact,
        "profile": site.profile_named(agent.profile).name,
    }
