"""What holds of every wake, whatever the PBX's story: told at random, with a book of the test's own of who waits and
whose phone rings."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.dispatch.able import Candidate
from telephony.dispatch.choice import MOST, Freed, Line, Wake, choose
from telephony.model.ids import MemberName, Micros, QueueName, Uniqueid
from telephony.site.desk import Desk
from tests.unit.telephony.dispatch.scene import HOTLINE, TAX, Scene
from tests.unit.telephony.model.script import Line as Caller
from tests.unit.telephony.model.script import Phone

AGENTS = ("1001", "1002", "1003")
OFF = QueueName("off")
QUEUES = (HOTLINE, TAX, OFF)
STEPS = 40


class Story:
    """Of three agents in three queues, one of which may not be woken. ``waiting``: who stands in line, rung for or not;
    ``freed``: who has become free in the last step."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.scene = Scene(Desk(after_refused="next"), {HOTLINE: Line(), TAX: Line(weight=1), OFF: Line()})
        self.scene.waker.allowed = frozenset({HOTLINE, TAX})
        self.waiting: dict[QueueName, list[Caller]] = {queue: [] for queue in QUEUES}
        self.ringing: list[Phone] = []
        self.talking: list[Phone] = []
        self.free: set[str] = set()
        self.freed: set[str] = set()
        for agent in AGENTS:
            self._say(agent, paused=True)
        self.scene.hear()

    def step(self) -> list[Wake]:
        self.freed = set()
        self.dice.choice([self.joins, self.joins, self.offered, self.answered, self.failed, self.ended, self.paused])()
        self.scene.pbx.wait(self.dice.choice([0.0, 0.01, 0.5, 2.0]))
        return self.scene.hear(whole=self.dice.random() < 0.5)

    def unrung(self, queue: QueueName) -> list[Uniqueid]:
        rung = [phone.caller for phone in self.ringing]
        return [caller.uniqueid for caller in self.waiting[queue] if caller not in rung]

    # --- what may happen -----------------------------------------------------------------------------------------

    def joins(self) -> None:
        queue = self.dice.choice(QUEUES)
        self.waiting[queue].append(self.scene.caller(queue))

    def offered(self) -> None:
        """As app_queue does it: the first of a line, to somebody who is free."""
        lines = [caller for queue in QUEUES for caller in self.waiting[queue] if caller.uniqueid in self.unrung(queue)]
        if self.free and lines:
            agent = self.dice.choice(sorted(self.free))
            self.free.discard(agent)
            self.ringing.append(self.dice.choice(lines).offered(agent))
            self._say(agent, status=6)

    def answered(self) -> None:
        if phone := self._one_of(self.ringing):
            self.waiting[phone.queue].remove(phone.caller)
            phone.answers()
            self._say(phone.agent, status=2)
            self.talking.append(phone)

    def failed(self) -> None:
        if phone := self._one_of(self.ringing):
            how = self.dice.choice(["rings out", "refuses", "gives up"])
            if how == "gives up":
                self.waiting[phone.queue].remove(phone.caller)
                phone.caller.gives_up(phone)
            else:
                phone.rings_out() if how == "rings out" else phone.refuses(17)
            self._is_free(phone.agent)

    def ended(self) -> None:
        if phone := self._one_of(self.talking):
            phone.caller.hangs_up()
            self._is_free(phone.agent)

    def paused(self) -> None:
        """And back."""
        agent = self.dice.choice(AGENTS)
        if agent in self.free:
            self.free.discard(agent)
            self._say(agent, paused=True)
        elif agent not in {phone.agent for phone in (*self.ringing, *self.talking)}:
            self._is_free(agent)

    def _one_of(self, phones: list[Phone]) -> Phone | None:
        return phones.pop(self.dice.randrange(len(phones))) if phones else None

    def _is_free(self, agent: str) -> None:
        self._say(agent)
        self.free.add(agent)
        self.freed.add(agent)

    def _say(self, agent: str, **facts: object) -> None:
        for queue in QUEUES:
            self.scene.pbx.member(agent, queue, **facts)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 32))
def test_whatever_happens(seed: int) -> None:
    """Only who waits and is not being rung for, never in a queue that is off, only when somebody has become free and
    for them, not more than one for each and one more; and nobody before those who stand before them. When somebody has
    become free, and the heaviest queue has a caller who waits, somebody is woken."""
    story = Story(seed)
    for _ in range(STEPS):
        before = story.scene.waker.tally.recent()
        wakes = story.step()
        assert not wakes or story.freed
        assert wakes or not (story.freed & story.free and set(story.unrung(TAX)) - before)
        recent = story.scene.waker.tally.recent()
        woken = {wake.caller.uniqueid for wake in wakes} | recent
        for wake in wakes:
            line = story.unrung(wake.caller.queue)
            assert wake.caller.queue is not OFF
            assert wake.caller.uniqueid in line
            assert wake.member is None or wake.member in story.freed
            assert set(line[: line.index(wake.caller.uniqueid)]) <= woken
        sure = Counter(wake.member for wake in wakes if wake.member is not None)
        assert len(wakes) <= 2 * len(story.freed) * len(QUEUES)
        assert all(count <= len(QUEUES) for count in sure.values())


A, B = QueueName("a"), QueueName("b")


@given(
    st.lists(st.sets(st.sampled_from([A, B]), min_size=1), max_size=150),
    st.lists(st.sampled_from([A, B]), max_size=150),
    st.sets(st.integers(0, 149), max_size=5),
)
def test_never_another_queue_s_caller_and_never_more_than_the_freed_and_one(
    members: list[set[QueueName]], callers: list[QueueName], before: set[int]
) -> None:
    waiting: dict[QueueName, list[Candidate]] = {A: [], B: []}
    for number, queue in enumerate(callers):
        waiting[queue].append(Candidate(Uniqueid(str(number)), f"c{number}", queue, Micros(number)))
    freed = [Freed(MemberName(str(number)), sorted(queues)) for number, queues in enumerate(members)]
    woken = {Uniqueid(str(number)) for number in before}
    wakes = choose(freed, {A: Line(), B: Line(weight=1)}, waiting, woken=woken)
    _judge(freed, wakes)
    assert not woken & {wake.caller.uniqueid for wake in wakes}


def _judge(freed: Sequence[Freed], wakes: Sequence[Wake]) -> None:
    by_name: Mapping[str, Sequence[QueueName]] = {each.member: each.queues for each in freed}
    assert len(wakes) <= MOST
    for queue in (A, B):
        mine = [wake for wake in wakes if wake.caller.queue == queue]
        assert len(mine) <= sum(queue in each.queues for each in freed) + 1
    for wake in wakes:
        for_whom = [by_name[wake.member]] if wake.member is not None else list(by_name.values())
        assert any(wake.caller.queue in queues for queues in for_whom)
