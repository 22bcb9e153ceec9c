"""A PBX's story heard by a tracker and a waker: what the waker says of it."""

from collections.abc import Iterable

from telephony.dispatch.able import able
from telephony.dispatch.choice import Line, Wake
from telephony.dispatch.waker import Waker
from telephony.model.events import Event
from telephony.model.ids import MemberName, QueueName
from telephony.site.desk import Desk
from tests.unit.telephony.model.script import Line as Caller
from tests.unit.telephony.model.script import Pbx, Phone, Told

HOTLINE, TAX = QueueName("hotline"), QueueName("tax")


class Scene:
    """Agents sign in and callers wait by ``pbx``; ``hear`` what it has said since."""

    def __init__(self, desk: Desk | None = None, lines: dict[QueueName, Line] | None = None) -> None:
        self.pbx = Pbx()
        self.told = Told()
        self.world = self.told.tracker.world
        self.world.blind = False
        self.lines = lines or {HOTLINE: Line(), TAX: Line()}
        self.waker = Waker(self.world, self.lines, desk or Desk())
        self.waker.allowed = frozenset(self.lines)
        self._heard = 0

    def hear(self, whole: bool = False) -> list[Wake]:
        """Each event alone, or all in one batch."""
        events, self._heard = self.pbx.events[self._heard :], len(self.pbx.events)
        batches = [events] if whole else [[event] for event in events]
        return [wake for batch in batches for wake in self._take(batch)]

    def _take(self, events: Iterable[Event]) -> list[Wake]:
        changes = [change for event in events for change in self.told.tracker.apply(event)]
        return self.waker.fold(changes)

    def caller(self, queue: QueueName = HOTLINE, position: int = 99) -> Caller:
        line = self.pbx.citizen()
        line.joins(queue, position)
        return line

    def talks(self, agent: str, queue: QueueName = HOTLINE) -> Phone:
        """This agent, signed in already, talks with somebody."""
        phone = self.caller(queue).offered(agent)
        phone.answers()
        self.pbx.member(agent, queue, status=2)
        return phone

    def able(self, agent: str) -> set[str]:
        return set(able(self.world.agents[MemberName(agent)], self.world.now))


def told(wakes: list[Wake]) -> list[tuple[str, str | None]]:
    """Who, for whom."""
    return [(wake.caller.uniqueid, wake.member) for wake in wakes]
