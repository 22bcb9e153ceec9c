"""Whom to wake when members have become able to take a call. Pure: app_queue decides who is offered; this only says who
should look now, instead of within the second."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from telephony.dispatch.able import Candidate
from telephony.model.ids import MemberName, QueueName, Uniqueid

MOST = 100
"""Wakes at once. When a whole hall comes back from its break the rest look by themselves within the second."""


class Freed(msgspec.Struct, frozen=True):
    """A member who has become able in these queues."""

    member: MemberName
    queues: Sequence[QueueName]


class Line(msgspec.Struct, frozen=True):
    """A queue whose callers may be woken. ``spare``: one more than are sure of an offer may be, since nothing is being
    said to them that a wake would cut."""

    weight: int = 0
    spare: bool = True


class Wake(msgspec.Struct, frozen=True):
    """``member``: for whom; None: the one more."""

    caller: Candidate
    member: MemberName | None


Outweighed = Callable[[MemberName, QueueName], bool]


class _Choice:
    """No further along the lines than it must go: one may be of hundreds."""

    def __init__(
        self,
        lines: Mapping[QueueName, Line],
        waiting: Mapping[QueueName, Iterable[Candidate]],
        taken: Iterable[Uniqueid],
    ) -> None:
        self.lines = lines
        self.taken = set(taken)
        self._rest = {queue: iter(callers) for queue, callers in waiting.items()}
        self._heads: dict[QueueName, Candidate] = {}

    def head(self, queue: QueueName) -> Candidate | None:
        """The first in line whom nobody takes."""
        head = self._heads.get(queue)
        while head is None or head.uniqueid in self.taken:
            head = next(self._rest.get(queue, iter(())), None)
            if head is None:
                return None
        self._heads[queue] = head
        return head

    def pick(self, freed: Freed, outweighed: Outweighed) -> Candidate | None:
        """Of the heaviest queues that have somebody to offer, the longest waiting of the first ones in line."""
        heads = [
            (-self.lines[queue].weight, head.joined_at, head.uniqueid, head)
            for queue in freed.queues
            if queue in self.lines and (head := self.head(queue)) is not None
        ]
        for _, _, _, head in sorted(heads, key=lambda entry: entry[:3]):
            if not outweighed(freed.member, head.queue):
                return head
        return None


def choose(
    freed: Sequence[Freed],
    lines: Mapping[QueueName, Line],
    waiting: Mapping[QueueName, Iterable[Candidate]],
    outweighed: Outweighed = lambda _member, _queue: False,
    woken: Collection[Uniqueid] = (),
) -> list[Wake]:
    """One caller for each of them, then one more of each queue that gave one: the first may be about to leave, or to be
    skipped. Never one more of another queue: two heads would race for one member, and weight and waiting time would not
    decide. ``woken``: who was woken a moment ago, and will take the member of that moment."""
    choice = _Choice(lines, waiting, woken)
    wakes: list[Wake] = []
    for each in freed:
        if len(wakes) >= MOST:
            break
        if (caller := choice.pick(each, outweighed)) is not None:
            choice.taken.add(caller.uniqueid)
            wakes.append(Wake(caller, each.member))
    for queue in dict.fromkeys(wake.caller.queue for wake in wakes):
        if lines[queue].spare and len(wakes) < MOST and (caller := choice.head(queue)) is not None:
            wakes.append(Wake(caller, None))
    return wakes
