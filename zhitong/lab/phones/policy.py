"""What a phone does when it rings."""

import re

import msgspec

from zhitong.lab.phones.message import Request, values_of


class Answer(msgspec.Struct, frozen=True):
    """Ring for `after_s` seconds, then pick up."""

    after_s: float = 0.0


class Refuse(msgspec.Struct, frozen=True):
    """Ring for `after_s` seconds, then refuse: 486 busy, 603 declined, 480 unavailable …"""

    code: int = 486
    after_s: float = 0.0


class Ring(msgspec.Struct, frozen=True):
    """Ring until the caller gives up, or until the test answers or refuses by hand."""


class Forward(msgspec.Struct, frozen=True):
    """Ring for `after_s` seconds, then have it sent elsewhere (302): `user` is that of the Contact, as it stands."""

    user: str
    after_s: float = 0.0


_AT_ONCE = (
    ("call-info", re.compile(r";\s*answer-after\s*=\s*0\s*(?:;|\Z)", re.IGNORECASE)),
    ("alert-info", re.compile(r";\s*info\s*=\s*alert-autoanswer\s*(?:;|\Z)", re.IGNORECASE)),
    ("answer-mode", re.compile(r"\s*auto\s*(?:;|\Z)", re.IGNORECASE)),  # RFC 5373 section 4
)


def asks_at_once(invite: Request) -> bool:
    """Whether it asks the phone to pick up by itself, by any header that phones know."""
    return any(asks.search(value) for name, asks in _AT_ONCE for value in values_of(invite, name))


OnInvite = Answer | Refuse | Ring | Forward
