"""Ten thousand ends of calls: app_queue as its source has it (apps/app_queue.c, main/channel.c), our model and what
acts on it, in one line of time that is thrown by dice."""

import heapq
import random
from collections.abc import Callable
from typing import Any, cast

import pytest

from telephony.ami.actions import Action, QueuePause, Reply, Setvar
from telephony.config import parse_site
from telephony.control.handlers.agents import handlers
from telephony.control.orders.agents import ExtendWrapUp, Pause, Ready
from telephony.control.pauser import Pauser
from telephony.control.reach import Reach
from telephony.control.refused import CommandRefused
from telephony.model import events as ev
from telephony.model.ids import Linkedid, MemberName, Micros, PbxName, QueueName, Uniqueid
from telephony.model.machines import AgentState
from telephony.model.tracker import Tracker

SECOND = 1_000_000
ENDS = 10_000
WRAPUPS = {"hotline": 3, "policy": 8, "open": 0}
SITE = parse_site(
    'name = "x"\nhotline = ["12345"]\n[[queue]]\nname = "hotline"\n[[trunk]]\nname = "t"\nhosts = ["127.0.0.2"]\n'
)
START = 1_795_400_000 * SECOND


class Member:
    """As app_queue and AstDB have an agent: in all queues at once."""

    def __init__(self, number: str) -> None:
        self.number = MemberName(number)
        self.reason = ""  # of the pause
        self.busy = False
        self.mark = 0  # AstDB, zt-wrapup
        self.word = (0, "")  # the global variable: of which wrap-up it speaks, and what it says
        self.must_rest_until = 0  # what was promised to the agent
        self.free_since = START

    @property
    def paused(self) -> bool:
        return bool(self.reason)


class Play:
    """``bridge`` False: nobody of ours acts, only the dialplan's own watch."""

    def __init__(self, seed: int, *, bridge: bool) -> None:
        self.dice = random.Random(seed)
        self.now = START
        self.heap: list[tuple[int, int, Callable[[], None]]] = []
        self.count = self.ends = self.extended = self.cut_short = self.own_pauses = 0
        self.longest_idle = 0
        self.members = {number: Member(number) for number in ("1001", "1002", "1003")}
        self.tracker = Tracker(PbxName("pbx1"))
        self.bridge = bridge
        self.pauser = Pauser(self.tracker.world, self.act, SITE.desk, lambda: Micros(self.now))
        never = cast("Any", None)
        reach = Reach(SITE, self.act, self.tracker.world, never, cast("Any", _Sure()), never, self.say)
        self.orders = handlers(reach)
        for member in self.members.values():
            self.tell(member)
            self.look(member)
        self.at(SECOND, self.tick)
        self.at(SECOND, self.watch)

    # --- time and talk ------------------------------------------------------------------------------------------

    def at(self, after: int, what: Callable[[], None]) -> None:
        self.count += 1
        heapq.heappush(self.heap, (self.now + after, self.count, what))

    def some(self, low: float, high: float) -> int:
        return round(self.dice.uniform(low, high) * SECOND)

    def say(self, event: ev.Event) -> None:
        changes = self.tracker.apply(event)
        if self.bridge:
            self.pauser.fold(changes)
            self.act_on_what_is_due()

    def act_on_what_is_due(self) -> None:
        """As ``Pauser.run`` does, some milliseconds late."""
        left = self.pauser.look()
        for due in self.pauser._take():
            self.at(self.some(0.001, 0.2), lambda due=due: drive(self.pauser._carry_out(*due)))  # type: ignore[misc]
        if left is not None:
            self.at(round(left * SECOND) + self.some(0, 0.03), self.act_on_what_is_due)

    def tell(self, member: Member) -> None:
        status, interface = 2 if member.busy else 1, f"PJSIP/{member.number}"
        facts = (interface, interface, status, member.paused, member.reason, 0, False, 0, 0, False)
        for queue in WRAPUPS:
            self.say(ev.MemberChanged(Micros(self.now), QueueName(queue), member.number, *facts))

    def tick(self) -> None:
        self.say(ev.Tick(Micros(self.now)))
        self.at(SECOND, self.tick)

    # --- the PBX ------------------------------------------------------------------------------------------------

    async def act(self, action: Action, _: float) -> Reply:
        """Some milliseconds later."""
        self.at(self.some(0.0005, 0.01), lambda: self.done(action))
        return Reply({"Response": "Success"})

    def done(self, action: Action) -> None:
        if isinstance(action, QueuePause):
            self.pause(self.members[action.interface.removeprefix("PJSIP/")], action.reason if action.paused else "")
        elif isinstance(action, Setvar):
            mark, _, until = action.value.partition(":")
            self.members[action.variable.removeprefix("ZT_WRAP_")].word = (int(mark), until)

    def pause(self, member: Member, reason: str) -> None:
        member.reason, member.free_since = reason, self.now
        self.tell(member)
        self.look(member)

    def look(self, member: Member) -> None:
        """Callers always wait, and look again when they are woken."""
        self.at(self.some(0, 0.003), lambda: self.offer(member))

    def offer(self, member: Member) -> None:
        if member.paused or member.busy:
            return
        assert self.now >= member.must_rest_until, f"{member.number} was offered a call within wrap-up"
        self.longest_idle = max(self.longest_idle, self.now - max(member.free_since, member.must_rest_until))
        member.busy = True
        queue = self.dice.choice(list(WRAPUPS))
        self.tell(member)
        if self.bridge and self.dice.random() < 0.05:
            self.at(self.some(0.5, 1), lambda: self.order(Pause(member.number, "meal", "me"), member))
        self.at(self.some(1, 5), lambda: self.end(member, queue))

    def end(self, member: Member, queue: str) -> None:
        """The agent's channel ends: its hangup handler, and only then is the phone free."""
        self.ends += 1
        if seconds := WRAPUPS[queue]:
            self.begin(member, queue, seconds)
        self.at(self.some(0, 0.02), lambda: self.free(member))

    def begin(self, member: Member, queue: str, seconds: int) -> None:
        until, leg = Micros(self.now // 1_000 * 1_000 + seconds * SECOND), f"pbx1-{self.now // SECOND}.{self.ends}"
        of = (Uniqueid(leg), Linkedid(leg), member.number, QueueName(queue))
        self.say(ev.WrapUpBegan(Micros(self.now), *of, seconds, until))
        if member.paused and not member.mark:
            return
        member.mark, member.must_rest_until = until, until
        self.pause(member, "wrap-up")
        if self.bridge and (kind := self.dice.random()) < 0.3:
            order: ExtendWrapUp | Ready | Pause = Ready(member.number, "me")
            if kind < 0.15:
                order = ExtendWrapUp(member.number, 5, "me")
            elif kind > 0.27:
                order = Pause(member.number, "meal", "me")
            self.at(self.some(0.05, seconds + 0.05), lambda: self.order(order, member))

    def free(self, member: Member) -> None:
        member.busy, member.free_since = False, self.now
        self.tell(member)
        self.look(member)

    def watch(self) -> None:
        """``zt-wrapup,run`` of the dialplan."""
        for member in self.members.values():
            if member.mark:
                mark = str(member.mark // 1_000)
                said = member.word[1] if str(member.word[0]) == mark else mark
                if not said or int(said) * 1_000 <= self.now - 2 * SECOND:
                    member.mark = 0
                    if said:
                        self.pause(member, "")
        self.at(SECOND, self.watch)

    # --- people -------------------------------------------------------------------------------------------------

    def order(self, order: ExtendWrapUp | Pause | Ready, member: Member) -> None:
        agent = self.tracker.world.agents[member.number]
        if isinstance(order, Ready) and agent.state is not AgentState.WRAP_UP:
            return
        if isinstance(order, Pause) and (agent.state is AgentState.PAUSED or member.reason == "meal"):
            return
        try:
            drive(self.orders[type(order)](order, 10.0))
        except CommandRefused:
            return
        if isinstance(order, ExtendWrapUp):
            self.extended += 1
            member.must_rest_until += 5 * SECOND
        elif isinstance(order, Ready):
            self.cut_short += 1
            member.must_rest_until = 0
        else:
            self.own_pauses += 1
            self.at(20 * SECOND, lambda: self.back(member))

    def back(self, member: Member) -> None:
        assert member.reason == "meal", "a pause of one's own ends by one's own order"
        member.must_rest_until = 0
        drive(self.orders[Ready](Ready(member.number, "me"), 10.0))

    def run(self, ends: int) -> None:
        while self.ends < ends:
            self.now, _, what = heapq.heappop(self.heap)
            what()


class _Sure:
    """Outcomes that need not be waited for."""

    async def until(self, test: Callable[[], bool], _: float) -> bool:
        return test()


def drive(work: Any) -> None:
    """Run to its end what never waits."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits")


@pytest.mark.parametrize("seed", range(4))
def test_row_11_ten_thousand_ends_no_offer_within_wrap_up_and_nobody_idle_after_it(seed: int) -> None:
    """Row 11: idle agents while callers wait. With orders that extend, cut short and pause at the worst moments."""
    play = Play(seed, bridge=True)
    play.run(ENDS // 4)
    assert min(play.extended, play.cut_short, play.own_pauses) > 50
    assert play.longest_idle <= 0.3 * SECOND, "what timers and the link take"


def test_without_us_the_dialplan_alone_lets_everybody_go() -> None:
    play = Play(9, bridge=False)
    play.run(ENDS // 10)
    assert play.longest_idle <= 3.1 * SECOND
