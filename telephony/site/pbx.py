"""The PBX: its name, its manager interface, its folders."""

from typing import Literal

from telephony.site.table import Table
from telephony.texts import AgentUrl, Folder, Host, Port, SystemName, Version, Word


class Ami(Table, frozen=True):
    """Asterisk's manager interface: we connect to ``host:port``; Asterisk listens on ``bind``."""

    host: Host = "127.0.0.1"
    port: Port = 5038
    bind: Host = "127.0.0.1"
    user: Word = "zhitong"
    permit: tuple[Host, ...] = ("127.0.0.1/32",)
    tls: bool = False
    tls_cert: Folder = "/etc/asterisk/keys/asterisk.pem"
    tls_key: Folder = "/etc/asterisk/keys/asterisk.key"


class Folders(Table, frozen=True):
    """Asterisk's own directories, as Debian lays them."""

    etc: Folder = "/etc/asterisk"
    modules: Folder = "/usr/lib/x86_64-linux-gnu/asterisk/modules"
    varlib: Folder = "/var/lib/asterisk"
    data: Folder = "/usr/share/asterisk"
    spool: Folder = "/var/spool/asterisk"
    run: Folder = "/var/run/asterisk"
    log: Folder = "/var/log/asterisk"


class JournalAgent(Table, frozen=True):
    """The journal agent beside a PBX on another machine. ``url`` None: the bridge reads the logs in ``Folders.log``
    itself. ``tls_cert`` is the agent's certificate, the only one that is trusted; its token stands in secrets.toml."""

    url: AgentUrl | None = None
    tls_cert: Folder = "/etc/zhitong/journal-agent.crt"


class Deploy(Table, frozen=True):
    """Where `zhitong agents` puts the rendered files so that Asterisk reads them, on this machine. ``folder`` None:
    into the var directory, for people to copy; a relative one counts from site.toml. ``mode``: as that of
    `zhitong dialplan render`."""

    folder: Folder | None = None
    mode: Literal["new", "include"] = "new"


class Pbx(Table, frozen=True):
    """One Asterisk. ``systemname`` prefixes all its ids, so it never changes once records exist."""

    systemname: SystemName = "pbx1"
    version: Version = "22"
    ami: Ami = Ami()
    folders: Folders = Folders()
    journal: JournalAgent = JournalAgent()
    deploy: Deploy = Deploy()
