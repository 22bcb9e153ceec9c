"""What callers meet because of the desks: limits on numbers, agents kept for callers, silence; parts of one bridge."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

from telephony.ami.actions import Action, Reply
from telephony.config import Site
from telephony.control.limiter import Limiter
from telephony.control.rating import Sparer
from telephony.control.silence import Listener
from telephony.control.sticky import Keeper
from telephony.database.database import Database
from telephony.limits.store import NumberLimits
from telephony.model.changes import Change
from telephony.model.events import Event
from telephony.model.world import World

Act = Callable[[Action, float], Awaitable[Reply]]


class Meetings:
    """``fold`` is a sink for changes; ``lasting`` are its parts, to be run until cancelled."""

    def __init__(
        self, site: Site, database: Database, world: World, act: Act, deliver: Callable[[Event], None]
    ) -> None:
        self.limits = NumberLimits(database)
        self.limiter = Limiter(self.limits, act)
        self._keeper = Keeper(act, site.numbers.rules, site.sticky)
        self._sparer = Sparer(world, act, on=site.rating.on)
        self._listener = Listener(world, act, deliver, site.silence.after_s)

    def fold(self, changes: Sequence[Change]) -> None:
        """Take in a batch of changes."""
        self.limiter.fold(changes)
        self._keeper.fold(changes)
        self._listener.fold(changes)
        self._sparer.fold(changes)

    def lasting(self) -> Mapping[str, Callable[[], Coroutine[Any, Any, None]]]:
        """By the names they have in the log."""
        parts: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {"limits": self.limiter.run}
        if self._keeper.site.on:
            parts["sticky"] = self._keeper.run
        if self._listener.after_s:
            parts["silence"] = self._listener.run
        if self._sparer.on:
            parts["rating"] = self._sparer.run
        return parts
