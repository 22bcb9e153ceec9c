"""How long to wait before the next try at a login. Pure: the die is thrown by who calls.

A PBX that cannot be reached costs one packet a second, so the wait stays short: the state must be right within 2 s of
its return. A PBX that we reach and lose again pays for a snapshot each time, so the wait grows further. A refused login
is tried rarely: only a person can mend it, and each try is a line in the PBX's security log.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from telephony.errors import AmiError, AmiProtocolError, AmiRefused


class Trouble(StrEnum):
    """Why there is no link."""

    UNREACHABLE = "unreachable"
    UNSTABLE = "unstable"  # logged in, then lost
    FOREIGN = "foreign"  # something else answers at this address
    REFUSED = "refused"


def trouble_of(error: AmiError, logged_in: bool) -> Trouble:
    """What kind of trouble this error is; ``logged_in``: the login had succeeded before."""
    if isinstance(error, AmiRefused):
        return Trouble.REFUSED
    if logged_in:
        return Trouble.UNSTABLE
    return Trouble.FOREIGN if isinstance(error, AmiProtocolError) else Trouble.UNREACHABLE


class Wait(msgspec.Struct, frozen=True):
    """Seconds: the first wait and the longest; it doubles from one to the other."""

    first: float
    longest: float

    def after(self, failures: int) -> float:
        """The wait after so many failures in a row, from 1 on."""
        doublings = min(max(failures, 1) - 1, 30)
        return min(self.longest, self.first * 2.0**doublings)


WAITS: Mapping[Trouble, Wait] = {
    Trouble.UNREACHABLE: Wait(0.1, 1.0),
    Trouble.UNSTABLE: Wait(0.1, 15.0),
    Trouble.FOREIGN: Wait(2.0, 30.0),
    Trouble.REFUSED: Wait(5.0, 60.0),
}


class Backoff(msgspec.Struct, frozen=True):
    """``jitter``: the share of a wait that chance may take off, so that bridges restarted together spread out.
    ``stable``: a link that lived so many seconds is no failure in a row with the one before it."""

    waits: Mapping[Trouble, Wait] = msgspec.field(default_factory=lambda: WAITS)
    jitter: float = 0.25
    stable: float = 10.0

    def delay(self, trouble: Trouble, failures: int, chance: float) -> float:
        """Seconds to wait. ``chance`` is from 0 (included) to 1 (excluded)."""
        return self.waits[trouble].after(failures) * (1.0 - self.jitter * chance)
