"""The site: one frozen struct, read once from ``site.toml``.

A key that is unknown or wrong is a ``ConfigError`` that names it by its path, counted from 0 as in
``queue[2].timeout_s``, and says what is allowed. What a text may hold stands in ``telephony.texts``.
"""

import datetime
import ipaddress
import re
import zoneinfo
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import field

from telephony.errors import ConfigError
from telephony.texts import (
    Account,
    AgentUrl,
    AnswerPolicy,
    Codec,
    Count,
    FeatureCode,
    Folder,
    Host,
    Key,
    Language,
    Number,
    Port,
    Seconds,
    Sound,
    Span,
    Strategy,
    SystemName,
    TargetText,
    Title,
    Version,
    Word,
    target_of,
    whole,
)
from telephony.toml import parse, read_text


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of site.toml: frozen, and strict about its keys."""


# --- the PBX ------------------------------------------------------------------------------------------------


class Ami(_Table, frozen=True):
    """Asterisk's manager interface: we connect to ``host:port``; Asterisk listens on ``bind``."""

    host: Host = "127.0.0.1"
    port: Port = 5038
    bind: Host = "127.0.0.1"
    user: Word = "zhitong"
    permit: tuple[Host, ...] = ("127.0.0.1/32",)
    tls: bool = False
    tls_cert: Folder = "/etc/asterisk/keys/asterisk.pem"
    tls_key: Folder = "/etc/asterisk/keys/asterisk.key"


class Folders(_Table, frozen=True):
    """Asterisk's own directories, as Debian lays them."""

    etc: Folder = "/etc/asterisk"
    modules: Folder = "/usr/lib/x86_64-linux-gnu/asterisk/modules"
    varlib: Folder = "/var/lib/asterisk"
    data: Folder = "/usr/share/asterisk"
    spool: Folder = "/var/spool/asterisk"
    run: Folder = "/var/run/asterisk"
    log: Folder = "/var/log/asterisk"


class JournalAgent(_Table, frozen=True):
    """The journal agent beside a PBX on another machine. ``url`` None: the bridge reads the logs in ``Folders.log``
    itself. ``tls_cert`` is the agent's certificate, the only one that is trusted; its token stands in secrets.toml."""

    url: AgentUrl | None = None
    tls_cert: Folder = "/etc/zhitong/journal-agent.crt"


class Pbx(_Table, frozen=True):
    """One Asterisk. ``systemname`` prefixes all its ids, so it never changes once records exist."""

    systemname: SystemName = "pbx1"
    version: Version = "22"
    ami: Ami = Ami()
    folders: Folders = Folders()
    journal: JournalAgent = JournalAgent()


class Sip(_Table, frozen=True):
    """Where Asterisk listens for SIP, and its RTP ports. A call takes two or three legs of two ports each."""

    bind: Host = "0.0.0.0"  # noqa: S104 - the phones are on other machines
    port: Port = 5060
    rtp_start: Port = 10_000
    rtp_end: Port = 20_000
    codecs: tuple[Codec, ...] = ("alaw", "ulaw")


class Trunk(_Table, frozen=True):
    """A line to a carrier. Its calls are known by where they come from: ``hosts``, ``address[:port][/bits]``.

    ``answer``: the caller's 200 OK is sent when the agent answers (``at-agent``) or as soon as the call
    enters (``at-entry``). ``early_media``: the carrier lets the caller hear us before the answer, so that a
    waiting caller gets music and not the ring-back tone.
    """

    name: Word
    hosts: tuple[Host, ...]
    numbers: tuple[Number, ...] = ()  # dialled numbers that mean the hotline; empty: those of ``Site.hotline``
    queue: Word | None = None  # None: the first queue
    answer: AnswerPolicy = "at-agent"
    early_media: bool = False
    port: Port = 5060
    codecs: tuple[Codec, ...] = ()  # empty: those of ``Sip``
    from_domain: Host | None = None
    from_user: Account | None = None
    register: bool = False  # we register with the carrier; the password stands in secrets.toml
    username: Account | None = None


# --- queues and what surrounds them -----------------------------------------------------------------------


class Queue(_Table, frozen=True):
    """One waiting line. ``name`` is for Asterisk and for records, ``title`` for people."""

    name: Word
    title: Title = ""
    number: Number | None = None  # what an agent dials to transfer a caller into it
    strategy: Strategy = "leastrecent"
    timeout_s: Annotated[int, whole(1, 300, "whole seconds")] = 20  # how long one offer rings
    retry_s: Annotated[int, whole(1, 60, "whole seconds")] = 1
    max_wait_s: Seconds = 600  # 0: for ever
    wrapup_s: Seconds = 0
    weight: Count = 0
    max_callers: Count = 0  # 0: no limit
    join_empty: bool = False  # may a caller join when no member's phone can be reached?
    leave_empty: bool = True  # must a waiting caller leave when no member's phone can be reached any more?
    music: Word = "default"
    position: bool = False  # tell waiting callers their place
    position_every_s: Annotated[int, whole(10, 3600, "whole seconds")] = 30
    exits: dict[Key, TargetText] = {}
    overflow: TargetText = "hangup"  # after max_wait_s, full, empty


class Recording(_Table, frozen=True):
    """Calls are recorded from the bridge with the agent on. No ``folder``: ``monitor`` in Asterisk's spool.

    ``keep_days`` has no default: whoever records must say for how long (days of 24 h from the call's end).
    ``notice``: what callers are told of it, ``none`` or a name of the site's own; stamped in each record.
    """

    on: bool = False
    folder: Folder | None = None
    keep_days: Annotated[int, whole(1, 36_500, "whole days")] | None = None
    notice: Word = "none"
    pause_max_s: Annotated[int, whole(10, 3600, "whole seconds")] = 180  # then a pause ends by itself


class Prompts(_Table, frozen=True):
    """Sounds the dialplan plays. The defaults are placeholders from Asterisk's own English set."""

    closed: Sound = "ss-noservice"
    no_agent: Sound = "ss-noservice"
    full: Sound = "ss-noservice"
    waited: Sound = "ss-noservice"
    goodbye: Sound = "vm-goodbye"
    signed_in: Sound = "agent-loginok"
    signed_out: Sound = "agent-loggedoff"
    paused: Sound = "beep"
    unpaused: Sound = "beep"
    failed: Sound = "beeperr"


class Opening(_Table, frozen=True):
    """When the hotline is open, in the site's zone. A weekday left out is closed; no table at all: always."""

    mon: tuple[Span, ...] = ()
    tue: tuple[Span, ...] = ()
    wed: tuple[Span, ...] = ()
    thu: tuple[Span, ...] = ()
    fri: tuple[Span, ...] = ()
    sat: tuple[Span, ...] = ()
    sun: tuple[Span, ...] = ()
    holidays: tuple[datetime.date, ...] = ()  # closed all day

    def days(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Weekdays as Asterisk and site.toml both call them, Monday first, each with its spans."""
        for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"):
            yield day, getattr(self, day)


class SignIn(_Table, frozen=True):
    """``always``: an agent takes calls as soon as the phone is registered. ``code``: by feature code, remembered
    over a restart of Asterisk."""

    sign_in: Literal["always", "code"] = "code"


class FeatureCodes(_Table, frozen=True):
    """What an agent keys: the first four dialled from an idle phone, the others within a call."""

    sign_in: FeatureCode = "*11"
    sign_out: FeatureCode = "*12"
    pause: FeatureCode = "*13"
    unpause: FeatureCode = "*14"
    attended: FeatureCode = "*2"
    blind: FeatureCode = "#1"
    attended_abort: FeatureCode = "*1"
    attended_complete: FeatureCode = "*2"
    attended_threeway: FeatureCode = "*3"
    attended_swap: FeatureCode = "*4"
    record_pause: FeatureCode = "*5"
    record_resume: FeatureCode = "*6"


class Baseline(_Table, frozen=True):
    """A classic voice menu before the queue, to compare with. ``numbers`` empty: every call hears it."""

    prompts: tuple[Sound, ...]
    key: Key = "1"
    queue: Word | None = None  # None: the first queue
    numbers: tuple[Number, ...] = ()
    wait_s: Annotated[int, whole(1, 60, "whole seconds")] = 10  # for a key after the last prompt
    rounds: Annotated[int, whole(1, 9, "times")] = 3  # how often the menu is said


class Store(_Table, frozen=True):
    """Where records are kept. ``url`` None: SQLite in the var directory. ``outbox`` is the folder where records wait
    for a database that is away, relative to var."""

    url: str | None = None
    outbox: Folder = "outbox"


class Site(_Table, frozen=True, kw_only=True):
    """All that site.toml says."""

    name: Title
    hotline: tuple[Number, ...]
    time_zone: str = "Asia/Shanghai"
    language: Language = "en"
    var: Folder = "var"  # relative to the folder of site.toml
    pbx: Pbx = Pbx()
    sip: Sip = Sip()
    trunks: tuple[Trunk, ...] = field(name="trunk", default=())
    queues: tuple[Queue, ...] = field(name="queue")
    recording: Recording = Recording()
    prompts: Prompts = Prompts()
    opening: Opening | None = None
    agents: SignIn = SignIn()
    feature_codes: FeatureCodes = FeatureCodes()
    baseline: Baseline | None = None
    store: Store = Store()

    def queue_named(self, name: str | None) -> Queue:
        """The queue of this name; the first one for None. ``read_site`` has made sure it exists."""
        return self.queues[0] if name is None else {queue.name: queue for queue in self.queues}[name]

    def numbers_of(self, trunk: Trunk) -> tuple[str, ...]:
        """The dialled numbers that mean the hotline on this trunk."""
        return trunk.numbers or self.hotline


# --- reading ----------------------------------------------------------------------------------------------


def read_site(path: Path) -> Site:
    """The site of this file. Raises ``ConfigError`` naming the file, the key and what is allowed."""
    return parse_site(read_text(path), str(path))


def parse_site(text: str, source: str = "site.toml") -> Site:
    """The site of this TOML text; ``source`` is the file's name in errors."""
    site = parse(text, Site, source)
    if problems := list(contradictions(site)):
        raise ConfigError("\n".join(f"{source}: {problem}" for problem in problems))
    return site


# --- what no single key can tell --------------------------------------------------------------------------

RESERVED_NAMES = frozenset({"general", "default", "globals"})
"""Sections with a meaning of their own in Asterisk's files: no queue may be called so."""


def contradictions(site: Site) -> Iterator[str]:
    """What is wrong between keys, as ``path: words``. Empty for every site that ``read_site`` returned."""
    yield from _names(site)
    yield from _addresses(site)
    yield from _references(site)
    yield from _rules(site)
    yield from _recording(site)


def _names(site: Site) -> Iterator[str]:
    if not site.name:
        yield "name: must not be empty: it is what people read on every page."
    if not site.queues:
        yield "queue: at least one [[queue]] is needed."
    if not site.hotline:
        yield "hotline: at least one number is needed."
    for index, queue in enumerate(site.queues):
        if queue.name in RESERVED_NAMES:
            yield f"queue[{index}].name: {queue.name!r} is a word of Asterisk's own. Choose another name."
    yield from _doubles("queue[{}].name", (queue.name for queue in site.queues))
    yield from _doubles("queue[{}].number", (queue.number for queue in site.queues))
    yield from _shared_numbers(site)
    yield from _doubles("trunk[{}].name", (trunk.name for trunk in site.trunks))


def _shared_numbers(site: Site) -> Iterator[str]:
    for index, queue in enumerate(site.queues):
        if queue.number in site.hotline:
            yield f"queue[{index}].number: {queue.number!r} is the hotline's. Choose another."
    codes = site.feature_codes
    named = {"sign_in": codes.sign_in, "sign_out": codes.sign_out, "pause": codes.pause, "unpause": codes.unpause}
    for key, code in named.items():
        if list(named.values()).count(code) > 1:
            yield f"feature_codes.{key}: {code!r} has more than one meaning. Choose another."
    in_call = {key: getattr(codes, key) for key in ("attended", "blind", "record_pause", "record_resume")}
    for key, code in in_call.items():
        taken = next(other for other, its in in_call.items() if its == code)
        if taken != key:
            yield f"feature_codes.{key}: {code!r} is that of feature_codes.{taken}. Choose another."


def _doubles(path: str, values: Iterable[str | None]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for index, value in enumerate(values):
        if value is not None and seen.setdefault(value, index) != index:
            yield f"{path.format(index)}: {value!r} is taken by {path.format(seen[value])}. Choose another."


def _addresses(site: Site) -> Iterator[str]:
    for index, trunk in enumerate(site.trunks):
        if not trunk.hosts:
            yield f"trunk[{index}].hosts: at least one address is needed: a trunk is known by it."
        for host in trunk.hosts:
            if not _is_peer(host):
                yield f"trunk[{index}].hosts: {host!r} is no address[:port][/bits] and no host name."
    for index, permit in enumerate(site.pbx.ami.permit):
        if not _is_network(permit):
            yield f"pbx.ami.permit[{index}]: {permit!r} is no network. Allowed: such as 10.0.0.0/24."


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _is_peer(text: str) -> bool:
    """``address[:port][/bits]``, a bare IPv6 network, or a host name (``match`` of pjsip.conf's identify)."""
    address, slash, bits = text.partition("/")
    port = ""
    if address.startswith("[") or address.count(":") == 1:
        address, _, port = address.rpartition(":") if not address.endswith("]") else (address, "", "")
    if port and not 0 < int(port if port.isdecimal() else 0) < 65536:
        return False
    name = r"(?!-)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*"
    return _is_network(address.strip("[]") + slash + bits) or (not slash and re.fullmatch(name, address) is not None)


def _references(site: Site) -> Iterator[str]:
    queues = {queue.name for queue in site.queues}
    wanted: list[tuple[str, str | None]] = [
        (f"trunk[{index}].queue", trunk.queue) for index, trunk in enumerate(site.trunks)
    ]
    if site.baseline:
        wanted.append(("baseline.queue", site.baseline.queue))
    for index, queue in enumerate(site.queues):
        targets = {f"queue[{index}].exits.{key}": text for key, text in queue.exits.items()}
        targets[f"queue[{index}].overflow"] = queue.overflow
        wanted += [(path, target_of(text).name) for path, text in targets.items() if text.startswith("queue:")]
    for path, name in wanted:
        if name is not None and name not in queues:
            yield f"{path}: there is no queue {name!r}. Queues: {', '.join(sorted(queues))}."


def _rules(site: Site) -> Iterator[str]:
    zones = zoneinfo.available_timezones()
    if not zones:
        yield "time_zone: this machine has no time zones. Install the package tzdata."
    elif site.time_zone not in zones:
        yield f"time_zone: {site.time_zone!r} is no time zone. Allowed: a name such as Asia/Shanghai."
    if site.sip.rtp_end - site.sip.rtp_start < 3:
        yield "sip.rtp_end: must be above sip.rtp_start, by two ports for each leg of a call."
    for index, queue in enumerate(site.queues):
        if cycle := _overflow_cycle(site, queue):
            yield f"queue[{index}].overflow: goes round in a circle: {' → '.join(cycle)}."
    for index, trunk in enumerate(site.trunks):
        if trunk.register and not trunk.username:
            yield f"trunk[{index}].username: is needed to register."
    for day, spans in site.opening.days() if site.opening else ():
        if any(span[:5] >= span[6:] for span in spans):
            yield f"opening.{day}: a span ends before it begins. Give two spans to go past midnight."


def _recording(site: Site) -> Iterator[str]:
    if site.recording.on and site.recording.keep_days is None:
        yield (
            "recording.keep_days: is needed where calls are recorded: for how many days recordings are kept before "
            "`zhitong retention run` deletes them. Write what the law of your site says, such as keep_days = 180."
        )


def _overflow_cycle(site: Site, queue: Queue) -> list[str]:
    overflow = {each.name: target_of(each.overflow).name for each in site.queues if each.overflow.startswith("queue:")}
    path = [queue.name]
    while (following := overflow.get(path[-1])) is not None:
        if following in path:
            return [*path, following]
        path.append(following)
    return []
