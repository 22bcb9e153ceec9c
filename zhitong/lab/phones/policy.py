"""What a phone does when it rings."""

import msgspec


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


OnInvite = Answer | Refuse | Ring | Forward
