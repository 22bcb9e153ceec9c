"""What our words are called in each maker's files. Pure tables.

Sources: Yealink, *Auto Provisioning Guide* and parameter list for firmware 81 and later; Grandstream, *Configuration
Template for GRP261x, firmware 1.0.5.15*; Linphone, *Provisioning configuration keys*.
"""

import re
from collections.abc import Mapping
from typing import Any

from dialplans.handsets.account import Account, Key

UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""What ends a line, cannot be written, or turns text around."""

CHINA = frozenset(f"Asia/{city}" for city in ("Shanghai", "Chongqing", "Harbin", "Urumqi", "Hong_Kong", "Macau"))
"""Time zones of site.toml that phones are told; others keep what they have."""

_TRANSPORTS = {"udp": 0, "tcp": 1, "tls": 2}  # alike at both makers
_SRTP = {"no": 0, "optional": 1, "required": 2}  # alike, too
REGISTER_S = 300
"""How often phones register anew: so that one that moved, or a PBX that forgot, is found again soon."""


def yealink(account: Account) -> Mapping[str, Any]:
    """For yealink.cfg.j2. Types of line keys: 15 line, 13 speed dial, 11 DTMF."""
    return {
        "transport": _TRANSPORTS[account.transport],
        "srtp": _SRTP[account.srtp],
        "codecs": _yealink_codecs(account.codecs),
        "dtmf": {"inband": 0, "info": 2}.get(account.dtmf, 1),
        "language": "Chinese_S" if account.language.startswith("zh") else "English",
        "zoned": account.time_zone in CHINA,
        "expires": REGISTER_S,
        "keys": [_yealink_key(account, at, key) for at, key in enumerate(account.keys, start=2)],
    }


def _yealink_key(account: Account, at: int, key: Key) -> dict[str, Any]:
    title = _title(account, key.title, key.english)
    return {"at": at, "type": 13 if key.dialled else 11, "code": key.code, "title": title}


_YEALINK = {"alaw": "pcma", "ulaw": "pcmu", "g722": "g722", "g729": "g729", "opus": "opus"}


def _yealink_codecs(codecs: tuple[str, ...]) -> list[dict[str, Any]]:
    """Every codec the phone could offer, so that none is left on by its own default."""
    wanted = [_YEALINK[codec] for codec in codecs if codec in _YEALINK]
    rest = [*_YEALINK.values(), "ilbc", "g726_16", "g726_24", "g726_32", "g726_40", "g723_53", "g723_63"]
    on = [{"name": name, "enable": 1, "priority": at} for at, name in enumerate(wanted, start=1)]
    return on + [{"name": name, "enable": 0, "priority": 0} for name in rest if name not in wanted]


# P-values of account 1's vocoders, first choice to eighth; and of virtual keys 2 to 7: mode, account, title, value.
_VOCODERS = ("P57", "P58", "P59", "P60", "P61", "P62", "P46", "P98")
_GRANDSTREAM = {"alaw": 8, "ulaw": 0, "g722": 9, "g729": 18, "opus": 123}
_KEYS = (
    ("P1365", "P1366", "P1467", "P1468"),
    ("P1367", "P1368", "P1469", "P1470"),
    ("P1369", "P1370", "P1471", "P1472"),
    ("P1371", "P1372", "P1473", "P1474"),
    ("P1373", "P1374", "P1475", "P1476"),
    ("P23800", "P23801", "P23802", "P23803"),
)


def grandstream(account: Account) -> Mapping[str, Any]:
    """For grandstream.xml.j2: P-values. Modes of keys: 0 speed dial, 5 DTMF. A choice of vocoder repeats the last
    wanted one, since there is no word for none."""
    wanted = [_GRANDSTREAM[codec] for codec in account.codecs if codec in _GRANDSTREAM] or [8]
    choices = (wanted + [wanted[-1]] * len(_VOCODERS))[: len(_VOCODERS)]
    values: dict[str, Any] = dict(zip(_VOCODERS, choices, strict=True))
    for (mode, at, title, code), key in zip(_KEYS, account.keys, strict=False):
        words = _title(account, key.title, key.english)
        values |= {mode: 0 if key.dialled else 5, at: 0, title: words, code: key.code}
    by_dtmf = account.dtmf
    values |= {
        "P130": _TRANSPORTS[account.transport],
        "P183": _SRTP[account.srtp],
        "P2301": int(by_dtmf == "inband"),
        "P2302": int(by_dtmf in {"rfc4733", "auto"}),
        "P2303": int(by_dtmf == "info"),
        "P32": REGISTER_S // 60,
        "P1362": "zh" if account.language.startswith("zh") else "en",
    }
    if account.time_zone in CHINA:
        values |= {"P64": "TZY-8", "P143": 0}
    return {"values": values}


_ENCRYPTION = {"no": "none", "optional": "srtp", "required": "srtp"}


def linphone(account: Account) -> Mapping[str, Any]:
    """For linphone.xml.j2."""
    return {
        "encryption": _ENCRYPTION[account.srtp],
        "must_encrypt": int(account.srtp == "required"),
        "expires": REGISTER_S,
        "by_info": int(account.dtmf == "info"),
        "by_rtp": int(account.dtmf in {"rfc4733", "auto"}),
    }


def _title(account: Account, chinese: str, english: str) -> str:
    return chinese if account.language.startswith("zh") else english
