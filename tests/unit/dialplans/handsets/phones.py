"""Accounts for these tests, and readers of phones' files that share nothing with what wrote them."""

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import msgspec

from dialplans.handsets.account import Account, Key

LINPHONE = "{http://www.linphone.org/xsds/lpconfig.xsd}"
ACCOUNT = Account(
    number="1001",
    name="张三",
    user="desk-7.b",
    password="s3cretOf32LettersAndDigits000000",
    server="pbx.example",
    port=5060,
    transport="udp",
    srtp="no",
    codecs=("alaw", "g722", "ulaw"),
    dtmf="rfc4733",
    language="zh",
    time_zone="Asia/Shanghai",
    ntp="ntp.example",
    keys=(
        Key("签入", "Sign in", "*11"),
        Key("签出", "Sign out", "*12"),
        Key("小休", "Pause", "*13"),
        Key("恢复", "Unpause", "*14"),
        Key("暂停录音", "Stop rec", "*5", dialled=False),
        Key("继续录音", "Record", "*6", dialled=False),
    ),
)


def account(**changes: object) -> Account:
    return msgspec.structs.replace(ACCOUNT, **changes)


def yealink(text: str) -> dict[str, str]:
    """As Yealink's guide has it: first the version's line; the others are comments, empty, or ``name = value``."""
    first, *lines = text.split("\n")
    assert first == "#!version:1.0.0.1"
    found: dict[str, str] = {}
    for line in lines:
        if not line or line.startswith("##"):
            continue
        match = re.fullmatch(r"([a-z0-9_.]+) = (\S|\S.*\S)", line)
        assert match, line
        assert match[1] not in found, f"{match[1]} is said twice"
        found[match[1]] = match[2]
    return found


def grandstream(text: str) -> dict[str, str]:
    """P-values, each once."""
    config = ET.fromstring(text).find("config")
    assert config is not None
    pairs = [(each.tag, each.text or "") for each in config]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def linphone(text: str) -> dict[str, dict[str, str]]:
    """Section → entry → value."""
    sections = ET.fromstring(text).findall(f"{LINPHONE}section")
    return {each.attrib["name"]: {entry.attrib["name"]: entry.text or "" for entry in each} for each in sections}


class Sheet(HTMLParser):
    """What a page says: settings by their id, pictures by theirs, all its text, and whatever it would load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pages: list[dict[str, str]] = []
        self.pictures: list[dict[str, str]] = []
        self.loads: list[str] = []
        self.text = ""
        self._setting: str | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "section":
            self.pages.append({})
            self.pictures.append({})
        self._setting = found.get("data-setting")
        if self._setting:
            self.pages[-1][self._setting] = ""
        if tag == "img":
            self.pictures[-1][found["data-qr"]] = found["src"]
        self.loads += [found[name] for name in ("src", "href") if name in found]

    def handle_endtag(self, tag: str) -> None:
        self._setting = None

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._setting:
            self.pages[-1][self._setting] += data
