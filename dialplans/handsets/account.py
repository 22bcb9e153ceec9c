"""What a phone must know to be an agent's: the one source of sheets, QR codes and provisioning files. Pure."""

import msgspec

from telephony.directory.agents import Agent
from telephony.errors import ConfigError
from telephony.secrets import Secrets
from telephony.site.sip import Sip
from telephony.site.site import Site

_ANY = frozenset({"0.0.0.0", "::"})  # noqa: S104 - what no phone can call


class Key(msgspec.Struct, frozen=True):
    """A key of the phone. ``dialled``: from the idle phone; else it is sent as DTMF within a call."""

    title: str
    english: str
    code: str
    dialled: bool = True


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One agent's SIP account as a phone needs it. Its repr shows no password."""

    number: str
    name: str
    user: str  # of the SIP account; also the name by which the phone authenticates
    password: str
    server: str
    port: int
    transport: str  # udp, tcp, tls
    srtp: str  # no, optional, required
    codecs: tuple[str, ...]
    dtmf: str  # rfc4733, info, inband, auto
    language: str
    time_zone: str
    ntp: str
    keys: tuple[Key, ...]
    auto_answer: bool = False  # the PBX may ask it to pick up by itself

    def __repr__(self) -> str:
        return f"Account({self.number!r}, {self.server}:{self.port}/{self.transport}, password=…)"

    @property
    def address(self) -> str:
        """``host:port``, as it stands in a URI: an IPv6 address in brackets."""
        return f"{bracketed(self.server)}:{self.port}"


def bracketed(host: str) -> str:
    """A host as a URI has it (RFC 3986)."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def account_of(site: Site, agent: Agent, secrets: Secrets) -> Account:
    """The account of this agent's phone. Raises ``ConfigError`` where the site names no server that phones can reach,
    or the phone has no password yet."""
    if agent.phone not in secrets.phones:
        raise ConfigError(f"phone {agent.phone} has no password yet: `zhitong dialplan render` makes one")
    profile = site.profile_named(agent.profile)
    return Account(
        number=agent.number,
        name=agent.name,
        user=agent.phone,
        password=secrets.phones[agent.phone],
        server=server_of(site),
        port=_port(site.sip, profile.transport),
        transport=profile.transport,
        srtp=profile.srtp,
        codecs=profile.codecs or site.sip.codecs,
        dtmf=profile.dtmf or site.sip.dtmf,
        language=site.language,
        time_zone=site.time_zone,
        ntp=site.phones.ntp,
        keys=_keys(site),
        auto_answer=_is_asked(site, agent),
    )


def _is_asked(site: Site, agent: Agent) -> bool:
    """Whether any queue of the agent's has the phone pick up by itself."""
    own = {each.queue for each in agent.queues}
    asks = {"everybody": True, "agents": agent.auto_answer, "nobody": False}
    return any(asks[queue.auto_answer] for queue in site.queues if queue.name in own)


def server_of(site: Site) -> str:
    """Where phones register. Raises ``ConfigError`` when the site does not say."""
    if site.phones.server:
        return site.phones.server
    if site.sip.bind in _ANY:
        raise ConfigError(
            "site.toml does not say where phones reach the PBX: add [phones] server, its name or address in the "
            "phones' network"
        )
    return site.sip.bind


def _port(sip: Sip, transport: str) -> int:
    return sip.tls_port if transport == "tls" else sip.port


def _keys(site: Site) -> tuple[Key, ...]:
    codes = site.feature_codes
    keys = (
        Key("签入", "Sign in", codes.sign_in),
        Key("签出", "Sign out", codes.sign_out),
        Key("小休", "Pause", codes.pause),
        Key("恢复", "Unpause", codes.unpause),
    )
    if not site.recording.on:
        return keys
    return (
        *keys,
        Key("暂停录音", "Stop rec", codes.record_pause, dialled=False),
        Key("继续录音", "Record", codes.record_resume, dialled=False),
    )
