"""Trunks that are down, each with since when. Pure: time is the PBX's, as the changes have it."""

from telephony.model.changes import TrunkChanged, TrunkRegistered
from telephony.model.ids import Micros


class Trunks:
    """Folds changes; what is well is not kept."""

    def __init__(self) -> None:
        self._down: dict[str, Micros] = {}
        self._unregistered: dict[str, tuple[Micros, str]] = {}

    def fold(self, change: TrunkChanged | TrunkRegistered) -> None:
        """Take in one change."""
        match change:
            case TrunkChanged(trunk=trunk, reachable=True):
                self._down.pop(trunk, None)
            case TrunkChanged(at=at, trunk=trunk):
                self._down.setdefault(trunk, at)
            case TrunkRegistered(account=account, taken=True):
                self._unregistered.pop(account, None)
            case TrunkRegistered(at=at, account=account, status=status):
                self._unregistered.setdefault(account, (at, status))

    @property
    def down(self) -> tuple[tuple[str, Micros], ...]:
        """Names of trunks whose carrier answers no OPTIONS, and since when; the oldest first."""
        return tuple(sorted(self._down.items(), key=lambda pair: pair[1]))

    @property
    def unregistered(self) -> tuple[tuple[str, str, Micros], ...]:
        """Accounts whose registration was not taken, Asterisk's word for it, and since when."""
        found = [(account, status, at) for account, (at, status) in self._unregistered.items()]
        return tuple(sorted(found, key=lambda each: each[2]))
