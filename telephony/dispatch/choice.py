"""Whom to wake when members have become able to take a call. Pure: app_queue decides who is offered; this only says who
should look now, instead of within the second."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import msgspec

from telephony.dispatch.able import Candidate
from telephony.model.ids import MemberName, QueueName, Uniqueid

MOST = 100
"""Wakes at once. When a whole hall comes back from its break the rest look by themselves within the second."""


class Freed(msgspec.Struct, frozen=True):
    """A member who has become able in these queues, each with their penalty there."""

    member: MemberName
    queues: Mapping[QueueName, int]


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
    def __init__(self, lines: Mapping[QueueName, Line], waiting: Mapping[QueueName, Sequence[Candidate]]) -> None:
        self.lines = lines
        self.waiting = waiting
        self.taken: set[Uniqueid] = set()

    def left(self, queue: QueueName, penalty: int | None = None) -> Iterator[Candidate]:
        for caller in self.waiting.get(queue, ()):
            if caller.uniqueid not in self.taken and not (penalty is not None and caller.excludes(penalty)):
                yield caller

    def pick(self, freed: Freed, outweighed: Outweighed) -> Candidate | None:
        """Of the heaviest queues that have somebody to offer, the longest waiting of the first ones in line."""
        heads = [
            (-self.lines[queue].weight, head.joined_at, head.uniqueid, head)
            for queue, penalty in freed.queues.items()
            if queue in self.lines and (head := next(self.left(queue, penalty), None)) is not None
        ]
        for _, _, _, head in sorted(heads, key=lambda entry: entry[:3]):
            if not outweighed(freed.member, head.queue):
                return head
        return None


def choose(
    freed: Sequence[Freed],
    lines: Mapping[QueueName, Line],
    waiting: Mapping[QueueName, Sequence[Candidate]],
    outweighed: Outweighed = lambda _member, _queue: False,
    woken: Collection[Uniqueid] = (),
) -> list[Wake]:
    """One caller for each of them, then one more of each queue that gave one: the first may be about to leave, or to be
    skipped. Never one more of another queue: two heads would race for one member, and weight and waiting time would not
    decide. ``woken``: who was woken a moment ago, and will take the member of that moment."""
    choice = _Choice(lines, waiting)
    choice.taken.update(woken)
    wakes: list[Wake] = []
    for each in freed:
        if len(wakes) >= MOST:
            break
        if (caller := choice.pick(each, outweighed)) is not None:
            choice.taken.add(caller.uniqueid)
            wakes.append(Wake(caller, each.member))
    for queue in dict.fromkeys(wake.caller.queue for wake in wakes):
        penalties = [each.queues[queue] for each in freed if queue in each.queues]
        if lines[queue].spare and len(wakes) < MOST:
            wakes.extend(Wake(caller, None) for caller in _one_more(choice, queue, penalties))
    return wakes


def _one_more(choice: _Choice, queue: QueueName, penalties: Sequence[int]) -> list[Candidate]:
    for caller in choice.left(queue):
        if any(not caller.excludes(penalty) for penalty in penalties):
            choice.taken.add(caller.uniqueid)
            return [caller]
    return []
