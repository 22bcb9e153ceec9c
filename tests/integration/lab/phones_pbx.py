"""The smallest PBX that phones can be tried on: a few numbers, a room, music of one tone, and a trunk by address."""

from pathlib import Path

from zhitong.lab.phones.tones import Tone, tone

NUMBERS = ("1001", "1002", "1003", "1004")
TRUNK_HOST = "127.0.0.2"
ROOM = "600"
LISTENER = "500"
"""Answers, waits for two keys, and plays them back as keys."""

_PHONE = """
[{number}](phone)
auth={number}
aors={number}
[{number}]
type=auth
auth_type=userpass
username={number}
password={password}
[{number}]
type=aor
max_contacts=1
remove_existing=yes
qualify_frequency=60
"""

_PJSIP = """
[global]
type=global
[udp]
type=transport
protocol=udp
bind=127.0.0.1:{sip}
[phone](!)
type=endpoint
context=phones
disallow=all
allow=ulaw
dtmf_mode=rfc4733
direct_media=no
{phones}
[trunk](phone)
[trunk]
type=identify
endpoint=trunk
match={trunk}
"""

_EXTENSIONS = """
[phones]
exten => _100X,1,Dial(PJSIP/${EXTEN},10)
 same => n,Hangup()
exten => _600,1,Answer()
 same => n,ConfBridge(600)
exten => 500,1,Answer()
 same => n,Read(KEYS,,2,,1,5)
 same => n,SendDTMF(${KEYS})
 same => n,Wait(5)
"""

_INDICATIONS = """
[general]
country=cn
[cn]
description=one tone
ringcadence=1000,4000
ring=600
"""

_CONFBRIDGE = """
[default_user]
type=user
quiet=yes
"""


def password(number: str) -> str:
    """What the phone registers with."""
    return f"pw-{number}"


def render(etc: Path, sip: int) -> None:
    """Write the configuration."""
    music = etc / "moh"
    music.mkdir(parents=True)
    (music / "music.ulaw").write_bytes(tone(Tone.MUSIC) * 500)
    phones = "".join(_PHONE.format(number=number, password=password(number)) for number in NUMBERS)
    files = {
        "pjsip.conf": _PJSIP.format(sip=sip, phones=phones, trunk=TRUNK_HOST),
        "extensions.conf": _EXTENSIONS,
        "indications.conf": _INDICATIONS,
        "confbridge.conf": _CONFBRIDGE,
        "musiconhold.conf": f"[default]\nmode=files\ndirectory={music}\n",
    }
    for name, text in files.items():
        (etc / name).write_text(text, encoding="utf-8")
