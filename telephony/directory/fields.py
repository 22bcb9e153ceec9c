"""What may stand in each field of an agent's entry. Pure.

Each check returns the value, or raises FieldRefused with the remedy. Numbers and phones become section
names and dial strings of the PBX, so their alphabets are narrow on purpose.
"""

import re
import unicodedata
from collections.abc import Collection

from telephony.directory.agents import QueueMembership
from telephony.model.ids import MemberName, QueueName
from telephony.texts import EMERGENCY

MAX_NAME = 64
MAX_PENALTY = 1_000
_NUMBER = re.compile(r"[0-9]{2,15}")
_PHONE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_PROFILE = re.compile(r"[a-z][a-z0-9_-]{0,29}")
_QUEUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
# Each ends or opens something in a .conf file or in a caller id.
_NAME_FORBIDDEN = frozenset('"<>;\\[]')
_SEPARATORS = re.compile(r"[;；]")
_YES = frozenset({"是", "yes", "y", "true", "1"})
_NO = frozenset({"", "否", "no", "n", "false", "0"})
_TRUNK_PREFIX = "trunk-"


class FieldRefused(ValueError):
    """A field is wrong; the message says what to write instead."""


def checked_number(text: str) -> MemberName:
    """The agent's number: 2 to 15 digits, since it is dialled."""
    if not _NUMBER.fullmatch(text):
        raise FieldRefused("write 2 to 15 digits (0-9) and nothing else, for example 1001")
    if text in EMERGENCY:
        raise FieldRefused(f"{text} is an emergency number, which would no longer reach who it is for: give another")
    return MemberName(text)


def checked_name(text: str) -> str:
    """The name agents' phones and screens show: any script, one line."""
    if not text:
        raise FieldRefused("write the agent's name")
    if bad := next((char for char in text if _unprintable(char)), None):
        raise FieldRefused(f"take out the invisible character U+{ord(bad):04X}: type the name again by hand")
    if bad := next((char for char in text if char in _NAME_FORBIDDEN), None):
        raise FieldRefused(f"take out the character {bad}, which means something to the PBX")
    if len(text) > MAX_NAME:
        raise FieldRefused(f"shorten the name to {MAX_NAME} characters")
    return text


def _unprintable(char: str) -> bool:
    """Control and format characters (they can turn a line of text around), lone surrogates, line
    separators. Private and unassigned code points stay: rare characters of Chinese names are still found
    there.
    """
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def checked_phone(text: str) -> str:
    """The name of the phone's PJSIP endpoint."""
    if not _PHONE.fullmatch(text):
        raise FieldRefused(
            "write the name of the phone's endpoint: letters, digits, . _ -, beginning with a letter or a digit; or "
            "leave it empty where it is the agent's number"
        )
    if text.lower().startswith(_TRUNK_PREFIX):
        raise FieldRefused(f"choose a name that does not begin with {_TRUNK_PREFIX}: such names are the trunks'")
    return text


def checked_profile(text: str, known: Collection[str] | None) -> str:
    """The name of a phone profile; empty: the site's first. ``known`` are the profiles of the site; None accepts any
    well-formed name.
    """
    if not text:
        return text
    if known is not None and text not in known:
        raise FieldRefused(f"{text} is no phone profile of this site; its profiles are {', '.join(sorted(known))}")
    if not _PROFILE.fullmatch(text):
        raise FieldRefused("write a phone profile of site.toml (a letter, then a-z 0-9 _ -), or nothing")
    return text


def checked_yes(text: str) -> bool:
    """是 or 否, as people write them in a sheet; empty: 否."""
    if (said := text.strip().lower()) in _YES:
        return True
    if said in _NO:
        return False
    raise FieldRefused("write 是 (yes) or 否 (no), or leave it empty for 否")


def checked_queues(text: str, known: Collection[str] | None) -> tuple[QueueMembership, ...]:
    """``queue;queue:penalty`` in the order given; full-width ； and ： are understood. ``known`` are the
    queues of the site; None accepts any well-formed name.
    """
    parts = [part.strip() for part in _SEPARATORS.split(text)]
    found = [_checked_queue(part, known) for part in parts if part]
    names = [membership.queue for membership in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise FieldRefused(f"name the queue {twice} once")
    return tuple(found)


def _checked_queue(text: str, known: Collection[str] | None) -> QueueMembership:
    name, colon, penalty = (part.strip() for part in text.replace("：", ":").partition(":"))
    if known is not None and name not in known:
        raise FieldRefused(f"{name} is no queue of this site; its queues are {', '.join(sorted(known)) or 'none'}")
    if not _QUEUE.fullmatch(name):
        raise FieldRefused("write queues as q1;q2:5, names of letters, digits, _ and -")
    if not colon:
        return QueueMembership(QueueName(name))
    if not (penalty.isascii() and penalty.isdigit() and len(penalty) <= 4 and int(penalty) <= MAX_PENALTY):
        raise FieldRefused(f"write the penalty of {name} as a whole number from 0 to {MAX_PENALTY}")
    return QueueMembership(QueueName(name), int(penalty))
