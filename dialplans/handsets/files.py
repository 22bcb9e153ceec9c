"""Provisioning files: the text that a phone of a known kind fetches. Pure, but for the templates' files."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jinja2

from dialplans.handsets.account import Account, bracketed
from dialplans.handsets.values import UNPRINTABLE, grandstream, linphone, yealink
from telephony.errors import ConfigError

MAC = re.compile(r"[0-9a-f]{12}")


class Model(NamedTuple):
    """A kind of phone. ``by_mac``: the file's name as such a phone asks for it, ``{mac}`` as twelve digits a-f 0-9."""

    template: str
    content_type: str
    name: str
    by_mac: str | None
    title: str
    values: Callable[[Account], Mapping[str, Any]]


MODELS: Mapping[str, Model] = {
    "yealink-t4x": Model(
        "yealink.cfg",
        "text/plain",
        "phone.cfg",
        "{mac}.cfg",
        "Yealink 亿联 T3x, T4x, T5x (firmware 81 or later)",
        yealink,
    ),
    "grandstream-grp261x": Model(
        "grandstream.xml", "text/xml", "phone.xml", "cfg{mac}.xml", "Grandstream 潮流 GRP261x", grandstream
    ),
    "linphone": Model("linphone.xml", "text/xml", "linphone.xml", None, "Linphone (Android, iOS, desktop)", linphone),
}
"""By the name that `zhitong phones link --model` takes."""


def provisioned(model: str, account: Account) -> str:
    """The file for a phone of this model. Raises ``ConfigError`` when a value would break out of its place."""
    kind = MODELS[model]
    shown = {"account": account, "host": bracketed(account.server)} | dict(kind.values(account))
    return TEMPLATES.get_template(f"{kind.template}.j2").render(shown)


def mac_of(text: str) -> str:
    """A hardware address as phones name files by it: twelve digits, no marks. Raises ``ConfigError``."""
    mac = re.sub("[:. -]", "", text).lower()
    if not MAC.fullmatch(mac):
        raise ConfigError(f"{text!r} is no hardware address: twelve digits 0-9 a-f, such as 80:5e:c0:12:34:56")
    return mac


def _checked(value: object) -> object:
    """The second lock, as in ``dialplans.safety``: no value may become a line of its own."""
    if isinstance(value, bool) or value is None:
        raise ConfigError(f"a template would print {value!r}: it must choose words for it")
    if isinstance(value, str) and (found := UNPRINTABLE.search(value)):
        raise ConfigError(f"{value!r} may not stand in a phone's file: take out U+{ord(found[0]):04X}")
    return value


TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent.parent / "templates" / "handsets"),
    undefined=jinja2.StrictUndefined,
    finalize=_checked,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=jinja2.select_autoescape(("xml.j2", "html.j2")),
)
