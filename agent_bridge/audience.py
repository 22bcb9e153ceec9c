"""Which desktops are told of a delta, found by whom it concerns: the cost is that of its receivers, not of all."""

from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

from agent_bridge.views import ALL, Kind
from telephony.live.documents import Audience
from telephony.model.ids import MemberName, QueueName
from zhitong.access.roles import Principal, Right


class Receiver(Protocol):
    """A desktop, as far as it matters here."""

    @property
    def who(self) -> Principal: ...


R = TypeVar("R", bound=Receiver)


class _Seats(Generic[R]):
    """Desktops by the queue that their people may see."""

    def __init__(self) -> None:
        self.of_queue: dict[QueueName, set[R]] = {}
        self.of_all: set[R] = set()

    def add(self, desktop: R, who: Principal) -> None:
        if who.may(Right.SEE_ALL) or ALL in who.queues:
            self.of_all.add(desktop)
            return
        for queue in who.queues:
            self.of_queue.setdefault(queue, set()).add(desktop)

    def remove(self, desktop: R, who: Principal) -> None:
        self.of_all.discard(desktop)
        for queue in who.queues:
            seats = self.of_queue.get(queue)
            if seats is not None:
                seats.discard(desktop)
                if not seats:
                    del self.of_queue[queue]

    def find(self, queues: Iterable[QueueName]) -> set[R]:
        return self.of_all.union(*(self.of_queue.get(queue, ()) for queue in queues))


class Watchers(Generic[R]):
    """All desktops that have said hello. Agrees with ``views.sees``."""

    def __init__(self) -> None:
        self.everyone: set[R] = set()
        self._by_agent: dict[MemberName, set[R]] = {}
        self._close: _Seats[R] = _Seats()  # calls and agents
        self._figures: _Seats[R] = _Seats()

    def add(self, desktop: R) -> None:
        who = desktop.who
        self.everyone.add(desktop)
        if who.agent is not None:
            self._by_agent.setdefault(who.agent, set()).add(desktop)
        if who.may(Right.SEE_AGENTS) or who.may(Right.SEE_ALL):
            self._close.add(desktop, who)
        if who.may(Right.SEE_QUEUES) or who.may(Right.SEE_ALL):
            self._figures.add(desktop, who)

    def remove(self, desktop: R) -> None:
        """With the principal that it was added with."""
        who = desktop.who
        self.everyone.discard(desktop)
        self._close.remove(desktop, who)
        self._figures.remove(desktop, who)
        if who.agent is not None and (own := self._by_agent.get(who.agent)) is not None:
            own.discard(desktop)
            if not own:
                del self._by_agent[who.agent]

    def of_agent(self, agent: MemberName) -> frozenset[R]:
        """The desktops of this agent."""
        return frozenset(self._by_agent.get(agent, ()))

    @property
    def agents(self) -> frozenset[MemberName]:
        """Agents who have a desktop here."""
        return frozenset(self._by_agent)

    def find(self, kind: Kind, audience: Audience) -> set[R]:
        """Who may see a document of this kind and audience."""
        if audience.everyone:
            return set(self.everyone)
        if not audience.members and not audience.queues:
            return set(self._all(kind))
        seats = self._figures if kind is Kind.QUEUE else self._close
        own = [self._by_agent[member] for member in audience.members if member in self._by_agent]
        return seats.find(audience.queues).union(*own)

    def _all(self, kind: Kind) -> set[R]:
        return (self._figures if kind is Kind.QUEUE else self._close).of_all
