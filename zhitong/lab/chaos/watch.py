"""Whether the bridge's state is the PBX's: looked at all the time, from outside both."""

import asyncio
import time
from collections.abc import Sequence
from typing import Protocol

import msgspec

from zhitong.lab.chaos.facts import Facts, difference
from zhitong.lab.chaos.pbx_state import PbxState
from zhitong.lab.chaos.window import View

_PAUSE_S = 0.1
_KEPT_S = 1.0
"""Between two looks lie a pause and perhaps a login; a longer time is one in which we did not run."""
_SHOWN = 8
LIMIT_S = 2.0
"""Issue: the state is right within this of the link's return."""


class Late(msgspec.Struct, frozen=True):
    """A time in which the state was wrong for longer than it may be: until when (epoch seconds), for how long, and
    some of what was wrong."""

    until: float
    seconds: float
    wrong: tuple[str, ...]


class Viewed(Protocol):
    """A bridge; ``bridge.Bridge``."""

    async def view(self) -> View: ...


class Cleared(Protocol):
    """A link; ``link.Link``."""

    @property
    def clear_at(self) -> float | None: ...


class StateWatch:
    """``run`` it until cancelled.

    The clock of a wrong state starts when the link was last clear of hindrance, or when the state was last seen to be
    right, whichever is later; a time in which this process itself was kept from looking does not count. ``late_s`` is
    the longest time it showed; ``returns`` how long each return took.
    """

    def __init__(self, port: int, user: str, secret: str, bridge: Viewed, link: Cleared) -> None:
        self._login = (port, user, secret)
        self._bridge, self._link = bridge, link
        self._right_at = 0.0
        self._looked_at = self._unseen_until = 0.0
        self._clear_at: float | None = None
        self.view: View | None = None
        self.late_s = 0.0
        self.late: list[Late] = []
        self.returns: list[float] = []
        self.looks = 0

    async def run(self) -> None:
        """Look, and look again, through every outage."""
        while True:
            try:
                async with PbxState.login(*self._login) as pbx:
                    while True:
                        await self._look(pbx)
                        await asyncio.sleep(_PAUSE_S)
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(_PAUSE_S)

    async def right(self, timeout_s: float) -> bool:
        """Wait until the state is seen to be right, from now on; False when it is not in time."""
        begun = time.monotonic()
        while self._right_at < begun and time.monotonic() < begun + timeout_s:  # noqa: ASYNC110 - it polls anyway
            await asyncio.sleep(_PAUSE_S)
        return self._right_at >= begun

    async def _look(self, pbx: PbxState) -> None:
        clear_at, began = self._link.clear_at, time.monotonic()
        if began - self._looked_at > _KEPT_S:
            self._unseen_until = began
        before = await pbx.look()
        self.view = await self._view()
        seen_at = time.monotonic()
        after = await pbx.look()
        self._looked_at = time.monotonic()
        if clear_at is not None and self._link.clear_at == clear_at:
            wrong = frozenset({("no answer",)}) if self.view is None else difference(before, self.view.facts, after)
            self._take(clear_at, seen_at, wrong)

    async def _view(self) -> View | None:
        try:
            return await self._bridge.view()
        except OSError:
            return None

    def _take(self, clear_at: float, seen_at: float, wrong: Facts) -> None:
        """One comparison."""
        self.looks += 1
        since = max(clear_at, self._right_at, self._unseen_until)
        self.late_s = max(self.late_s, seen_at - since)
        if wrong:
            if seen_at - since > LIMIT_S:
                self._note(seen_at - since, wrong)
            return
        if self._clear_at != clear_at:
            self._clear_at = clear_at
            self.returns.append(seen_at - since)
        self._right_at = seen_at

    def _note(self, seconds: float, wrong: Facts) -> None:
        shown = tuple(" ".join(fact) for fact in sorted(wrong)[:_SHOWN])
        late = Late(round(time.time(), 3), round(seconds, 3), shown)
        if self.late and late.until - late.seconds < self.late[-1].until:
            self.late.pop()
        self.late.append(late)


def percentile(values: Sequence[float], percent: int) -> float:
    """Nearest rank; 0 of nothing."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else 0.0
