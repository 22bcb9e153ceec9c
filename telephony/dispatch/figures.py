"""What waking does, counted: wakes, useful and wasted ones, and how long from free to offered. Pure."""

import math
from collections import deque
from collections.abc import Sequence

import msgspec

from telephony.live.status import Waking
from telephony.model.ids import MemberName, Micros, QueueName, Uniqueid

SOON = Micros(100_000)
"""A caller who is offered within it of the wake was offered because of it: by itself app_queue looks once a second."""
KEPT = 1_000
"""Times that are kept, the newest."""


class Figures(msgspec.Struct):
    """Of one queue. ``wasted``: woken for a member who had become free, and not offered; ``spare``: the one more, who
    was not needed. ``free_to_offered`` in microseconds by the PBX's clock."""

    wakes: int = 0
    useful: int = 0
    wasted: int = 0
    spare: int = 0
    refused: int = 0  # the PBX knew no such channel: the caller had gone
    free_to_offered: deque[int] = msgspec.field(default_factory=lambda: deque(maxlen=KEPT))


def at_a_glance(queue: QueueName, verdict: str, figures: Figures | None) -> Waking:
    """For people and for exporters. Times are those of the newest ``KEPT``, by nearest rank."""
    known = figures or Figures()
    times = sorted(known.free_to_offered)
    return Waking(
        queue,
        verdict,
        known.wakes,
        known.useful,
        known.wasted,
        known.spare,
        known.refused,
        *(_ms(times, share) for share in (0.5, 0.95, 1.0)),
    )


def _ms(times: Sequence[int], share: float) -> float | None:
    return round(times[math.ceil(share * len(times)) - 1] / 1) if times else None


class Tally:
    """``woken``, ``offered`` and ``pass_time`` in the order of their times."""

    def __init__(self) -> None:
        self.of: dict[QueueName, Figures] = {}
        self._open: dict[Uniqueid, tuple[Micros, QueueName, bool]] = {}  # woken and not offered yet, in order
        self._free: dict[MemberName, Micros] = {}  # somebody was woken for them

    def figures(self, queue: QueueName) -> Figures:
        """Of this queue; to be counted in."""
        return self.of.setdefault(queue, Figures())

    def woken(self, at: Micros, caller: Uniqueid, queue: QueueName, member: MemberName | None) -> None:
        """This caller, for ``member``; for None as the one more."""
        self.figures(queue).wakes += 1
        self._in_vain(caller)  # the wake before this one
        self._open[caller] = (at, queue, member is not None)
        if member is not None:
            self._free[member] = at

    def offered(self, at: Micros, caller: Uniqueid, queue: QueueName, member: MemberName) -> None:
        """A phone of this member's rings for the caller."""
        self.pass_time(at)
        if self._open.pop(caller, None) is not None:
            self.figures(queue).useful += 1
        if (free := self._free.pop(member, None)) is not None:
            self.figures(queue).free_to_offered.append(at - free)

    def no_longer_free(self, member: MemberName) -> None:
        """They do something else now: there is no time to be measured."""
        self._free.pop(member, None)

    def pass_time(self, now: Micros) -> None:
        """Those for whom it is too late now were woken in vain."""
        while self._open:
            caller, (at, _, _) = next(iter(self._open.items()))
            if now - at <= SOON:
                return
            self._in_vain(caller)

    def _in_vain(self, caller: Uniqueid) -> None:
        if (known := self._open.pop(caller, None)) is not None:
            _, queue, sure = known
            figures = self.figures(queue)
            if sure:
                figures.wasted += 1
            else:
                figures.spare += 1

    def recent(self) -> frozenset[Uniqueid]:
        """Who was woken for somebody a moment ago, and not offered yet."""
        return frozenset(caller for caller, (_, _, sure) in self._open.items() if sure)

    def forget(self) -> None:
        """The link is gone: what was under way will not be seen. What was counted stays."""
        self._open.clear()
        self._free.clear()
