"""All documents of now, each made anew only when what it shows may be another. Pure: told of changes, it says which
documents are others than before."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from telephony.live.alarms import Alarm
from telephony.live.desk import build
from telephony.live.desk.build import NOBODY, Seen
from telephony.live.desk.marks import Marks
from telephony.live.desk.roster import Roster
from telephony.live.documents import Audience, Document
from telephony.model.changes import Change
from telephony.model.ids import CallId, MemberName, QueueName
from telephony.model.world import World


class Difference(NamedTuple):
    """A document is another, new, or gone (None); ``before``: whom it concerned until now."""

    key: str
    document: Document | None
    audience: Audience
    before: Audience


class Desk:
    """``documents`` is what was said last; to be read only. ``alarms`` are those that stand, ``epoch`` the link's.
    ``failed`` hears of a document that could not be made, by a fault of ours: it stays as it was, and the others are
    made all the same."""

    def __init__(
        self,
        world: World,
        alarms: Callable[[], tuple[Alarm, ...]],
        epoch: Callable[[], int],
        failed: Callable[[str, Exception], None],
    ) -> None:
        self.documents: dict[str, Seen] = {}
        self._failed = failed
        self._world = world
        self._alarms = alarms
        self._epoch = epoch
        self._roster = Roster()
        self._marks = Marks(everything=True)
        self._care = Marks()
        """Of which nothing was said: they alone are looked at, not their kin."""
        self._queues: set[QueueName] = set()
        self._shown: set[CallId] = set()
        """Calls that have a document."""
        self._calls_of: dict[MemberName, set[CallId]] = {}

    def take(self, changes: Iterable[Change]) -> None:
        """Hear of changes; what they alter is said by the next look."""
        self._marks.take(changes)

    def enrol(self, roster: Roster) -> None:
        """People or titles are others: everything is looked at anew."""
        if roster != self._roster:
            self._roster = roster
            self._marks.everything = True

    def look(self) -> list[Difference]:
        """What is another in calls, agents and the system. Of queues it is only noted which to look at."""
        if self._marks.everything:
            for key in self.keys:
                self.mark(key)
        marks, self._marks = self._marks, Marks()
        self._mark_kin(marks)
        care, self._care = self._care, Marks()
        marks.join(care)
        found = [*self._system(), *self._calls(marks)]
        found += self._agents(marks)
        self._queues |= marks.queues
        return found

    def look_at_system(self) -> list[Difference]:
        """An alarm tells of itself by no change."""
        return list(self._system())

    @property
    def queues(self) -> frozenset[QueueName]:
        """Those to look at."""
        return frozenset(self._queues)

    def look_at_queues(self, names: Iterable[QueueName]) -> list[Difference]:
        """What is another in these queues."""
        found: list[Difference] = []
        for name in sorted(names):
            self._queues.discard(name)
            document = partial(build.queue_document, self._world, name, self._roster)
            found += self._put(build.queue_key(name), document)
        return found

    def mark(self, key: str) -> None:
        """Have this looked at, for no reason but care."""
        kind, _, name = key.partition("/")
        if kind == "call":
            self._care.calls.add(CallId(name))
        elif kind == "agent":
            self._care.members.add(MemberName(name))
        elif kind == "queue":
            self._care.queues.add(QueueName(name))

    @property
    def keys(self) -> list[str]:
        """Of every document there is, or may be."""
        return [*self.call_keys, *self.standing_keys]

    @property
    def call_keys(self) -> list[str]:
        """Of every call that has a document, or may have."""
        return sorted(map(build.call_key, self._shown.union(self._world.calls)))

    @property
    def standing_keys(self) -> list[str]:
        """Of all the others: agents, queues, the system."""
        keys = {*self.documents, *map(build.agent_key, self.members)}.difference(map(build.call_key, self._shown))
        return sorted(keys | set(map(build.queue_key, {*self._world.queues, *self._roster.titles})))

    @property
    def members(self) -> set[MemberName]:
        """Every agent who may have a document."""
        return {*self._world.agents, *self._roster.people}

    def _mark_kin(self, marks: Marks) -> None:
        """People of other calls who are talked with show it, too; so do calls of agents whose queues are others."""
        calls = self._world.calls
        for member in marks.members:
            marks.calls |= self._calls_of.get(member, set())
        for call_id in list(marks.calls):
            call = calls.get(call_id)
            for uniqueid in call.strangers if call is not None and call.strangers else ():
                if (other := self._world.by_leg.get(uniqueid)) is not None:
                    marks.calls.add(other.call_id)

    def _system(self) -> Iterator[Difference]:
        yield from self._put(build.SYSTEM, lambda: build.system_document(self._world, self._alarms(), self._epoch()))

    def _calls(self, marks: Marks) -> Iterator[Difference]:
        for call_id in sorted(marks.calls):
            document = partial(build.call_document, self._world, call_id, self._roster)
            for difference in self._put(build.call_key(call_id), document):
                (self._shown.discard if difference.document is None else self._shown.add)(call_id)
                marks.members |= self._engage(call_id, difference)
                yield difference

    def _engage(self, call_id: CallId, difference: Difference) -> frozenset[MemberName]:
        """Keep who is offered the call or takes part; returns those of whom that is new."""
        now, before = difference.audience.members, difference.before.members
        for member in now - before:
            self._calls_of.setdefault(member, set()).add(call_id)
        for member in before - now:
            self._calls_of[member].discard(call_id)
            if not self._calls_of[member]:
                del self._calls_of[member]
        return now ^ before

    def _agents(self, marks: Marks) -> Iterator[Difference]:
        for member in sorted(marks.members):
            calls = self._calls_of.get(member, ())
            document = partial(build.agent_document, self._world, member, self._roster, calls)
            for difference in self._put(build.agent_key(member), document):
                marks.queues |= difference.audience.queues | difference.before.queues
                yield difference

    def _put(self, key: str, make: Callable[[], Seen | None]) -> Iterator[Difference]:
        before = self.documents.get(key)
        try:
            now = make()
        except Exception as error:
            self._failed(key, error)
            return
        if now == before:
            return
        if now is None:
            del self.documents[key]
        else:
            self.documents[key] = now
        document, audience = now or (None, NOBODY)
        yield Difference(key, document, audience, NOBODY if before is None else before[1])
