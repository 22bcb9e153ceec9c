"""site.toml, the agents and the secrets become Asterisk's configuration. ``render`` is pure,
but that it measures the notice; ``write`` is not.

``Mode.NEW`` writes the whole of /etc/asterisk for a PBX of its own. ``Mode.INCLUDE`` writes ``zhitong-*.conf`` for an
Asterisk that has a configuration already; README.md tells, file by file, which ``#include`` line goes where.
"""

import stat
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import jinja2
import msgspec

from dialplans import files
from dialplans.notice import Spoken, spoken
from dialplans.people import agent_problems
from dialplans.safety import checked
from dialplans.views.extensions import extensions
from dialplans.views.notice import notice, notice_music
from dialplans.views.pjsip import pjsip
from telephony.config import Site
from telephony.directory.agents import Agent
from telephony.errors import ConfigError
from telephony.files import GROUP_PRIVATE, PRIVATE, PUBLIC, write_whole
from telephony.secrets import Secrets


class Mode(StrEnum):
    NEW = "new"
    INCLUDE = "include"


SECRET_FILES = frozenset({"pjsip.conf", "manager.conf", "zhitong-pjsip.conf", "zhitong-manager.conf"})
"""Written with mode 0600: they hold passwords."""

_WHOLE_ONLY = ("asterisk.conf", "modules.conf", "rtp.conf", "indications.conf")
_EMPTY = (
    "acl.conf",
    "ccss.conf",
    "pjproject.conf",
    "pjsip_notify.conf",
    "queuerules.conf",
    "stasis.conf",
    "udptl.conf",
)


class Lab(msgspec.Struct, frozen=True, kw_only=True):
    """What a laboratory changes in a site: addresses, ports, and phones that need not register.

    ``contacts``: SIP URI by the phone's name. ``rtp``: the first and the last port. ``modules``: those there are.
    ``data``: where the PBX's data directory lies. ``shared_address``: callers and phones come from one address, so that
    phones must be told by name before trunks are told by address. Not for a real PBX: there a caller's number could
    pass for a phone's name.
    """

    contacts: Mapping[str, str] = {}
    bind: str | None = None
    sip_port: int | None = None
    tls_port: int | None = None
    ami_port: int | None = None
    rtp: tuple[int, int] | None = None
    data: Path | None = None
    shared_address: bool = False
    modules: Collection[str] | None = None


def render(
    site: Site,
    agents: Sequence[Agent],
    secrets: Secrets,
    *,
    mode: Mode = Mode.NEW,
    lab: Lab | None = None,
    heard: Spoken | None = None,
) -> dict[str, str]:
    """File name → text. Raises ``ConfigError`` naming the agent or the value that cannot be rendered.

    ``heard``: the sounds of the notice; left out, they are looked for where the PBX has them, if the site has a notice.
    """
    lab = lab or Lab()
    site = _moved(site, lab)
    if problems := list(agent_problems(site, agents)):
        raise ConfigError("\n".join(problems))
    whole = mode is Mode.NEW
    prefix = "" if whole else "zhitong-"
    if site.notice.on and heard is None:
        heard = spoken(site, lab.data or Path(site.pbx.folders.data))
    shown = _views(site, agents, secrets, lab, whole=whole)
    shown["extensions.conf"] |= notice(site, heard)
    shown["musiconhold.conf"] |= notice_music(site, heard)
    return {f"{prefix}{name}": _fill(name, values | {"whole": whole}) for name, values in shown.items()}


def write(folder: Path, rendered: Mapping[str, str]) -> None:
    """Puts the files into ``folder``, each whole or not at all, those with secrets readable by the owner alone; by the
    folder's group too where it hands that on (setgid: the PBX's own user reads through it)."""
    folder.mkdir(parents=True, exist_ok=True)
    private = GROUP_PRIVATE if folder.stat().st_mode & stat.S_ISGID else PRIVATE
    for name, text in rendered.items():
        write_whole(folder / name, text, mode=private if name in SECRET_FILES else PUBLIC)


def _moved(site: Site, lab: Lab) -> Site:
    sip: dict[str, Any] = {"bind": lab.bind, "port": lab.sip_port, "tls_port": lab.tls_port}
    if lab.rtp:
        sip |= {"rtp_start": lab.rtp[0], "rtp_end": lab.rtp[1]}
    ami = {"bind": lab.bind, "host": lab.bind, "port": lab.ami_port}
    replace = msgspec.structs.replace
    pbx = replace(site.pbx, ami=replace(site.pbx.ami, **_given(ami)))
    return replace(site, sip=replace(site.sip, **_given(sip)), pbx=pbx)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _views(
    site: Site, agents: Sequence[Agent], secrets: Secrets, lab: Lab, *, whole: bool
) -> dict[str, dict[str, Any]]:
    shown = {
        "extensions.conf": extensions(site, agents),
        "queues.conf": files.queues(site, agents),
        "pjsip.conf": pjsip(site, agents, secrets, lab.contacts, lab.modules) | {"by_name_first": lab.shared_address},
        "manager.conf": files.manager(site, secrets),
        "features.conf": files.features(site),
        "confbridge.conf": {},
        "cel.conf": files.logs(),
        "cel_custom.conf": {},
        "cdr.conf": {},
        "cdr_custom.conf": {},
        "logger.conf": {},
        "musiconhold.conf": files.music(site, whole=whole),
    }
    if whole:
        shown |= {
            "asterisk.conf": files.asterisk(site),
            "modules.conf": files.modules(site, lab.modules),
            "rtp.conf": {"sip": site.sip},
            "indications.conf": {},
            "say.conf": {},
            **{name: {} for name in _EMPTY},
        }
    return shown


_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=jinja2.StrictUndefined,
    finalize=checked,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 - not HTML; `finalize` refuses what could break out of its place
)


def _fill(name: str, values: Mapping[str, Any]) -> str:
    template = "empty.conf" if name in _EMPTY else name
    return _TEMPLATES.get_template(f"{template}.j2").render(values)
