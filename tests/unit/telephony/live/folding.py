"""What a reader holds who was given a snapshot and every delta since; and what there is when all is built anew."""

from collections.abc import Iterable, Sequence
from itertools import count

from telephony.live.board import Live
from telephony.live.desk.desk import Desk
from telephony.live.desk.publisher import Publisher
from telephony.live.desk.roster import Person, Roster, roster_of
from telephony.live.documents import Audience, Delta, Document, Snapshot
from telephony.model.events import Event
from telephony.model.ids import MemberName, PbxName, QueueName
from telephony.model.tracker import Tracker

Held = dict[str, tuple[Document, Audience]]
ROSTER = roster_of(
    [Person(MemberName(n), f"坐席{n}", n, {QueueName("hotline"): 0}) for n in ("1001", "1002", "1003")],
    {QueueName("hotline"): "热线", QueueName("tax"): "税务"},
)


def fold(held: Held, deltas: Iterable[Delta]) -> Held:
    """As a client does it."""
    for delta in deltas:
        if delta.document is None:
            del held[delta.key]  # nothing is ever taken away that was not there
        else:
            held[delta.key] = (delta.document, delta.audience)
    return held


class Published:
    """A tracker whose documents are published; ``deltas`` is all that ever was."""

    def __init__(self, roster: Roster = ROSTER) -> None:
        self.tracker = Tracker(PbxName("pbx1"))
        self.live = Live()
        ticks = count(0, 10)  # every look finds every queue due
        self.publisher = Publisher(self.tracker.world, self.live, 0, monotonic=lambda: float(next(ticks)))
        self.deltas: list[Delta] = []
        self.publisher.outlets.append(self)
        self.publisher.enrol(roster)
        self.roster = roster

    def publish(self, deltas: Sequence[Delta]) -> None:
        self.deltas += deltas

    def hear(self, event: Event) -> None:
        changes = self.tracker.apply(event)
        if changes:
            self.publisher.fold(changes)
        assert self.publisher.failures == 0

    @property
    def snapshot(self) -> Snapshot:
        return self.publisher.snapshot()

    def anew(self) -> Held:
        """The documents of somebody who comes to this world only now."""
        world = self.tracker.world
        desk = Desk(world, lambda: self.live.alarms.standing, lambda: max(0, world.epoch), _raise)
        desk.enrol(self.roster)
        desk.look()
        desk.look_at_queues(desk.queues)
        return desk.documents


def _raise(_key: str, error: Exception) -> None:
    raise error
