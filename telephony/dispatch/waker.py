"""From what changes to whom to wake: a caller is woken when, and only when, a member has become able to take a call.

A call ended, a pause or a wrap-up lifted, a sign-in, a phone back, an offer refused or not answered: all of them are
one thing here, a member who was not able in a queue and is now (``telephony.dispatch.able``). Pure.
"""

from collections.abc import Mapping, Sequence

from telephony.dispatch.able import able, outweighed, rests_until, waiting
from telephony.dispatch.choice import Freed, Line, Wake, choose
from telephony.dispatch.figures import Tally
from telephony.model.changes import (
    AgentStateChanged,
    AgentTouched,
    Change,
    EpochBegan,
    EpochEnded,
    MembershipChanged,
    OfferChanged,
)
from telephony.model.ids import MICROS_PER_SECOND, MemberName, Micros, QueueName
from telephony.model.machines import OfferState
from telephony.model.queues import Agent
from telephony.model.world import World
from telephony.site.desk import Desk

PAUSE_COMES_WITHIN = Micros(5 * MICROS_PER_SECOND)
"""After a missed or refused offer that is followed by a pause (``telephony.control.pauser``). Until then nobody is
woken for that agent: the next offer would be out before the pause."""
AFTER_REST = Micros(5_000)
"""Our clock and the PBX's differ by less: a wake before the end of a wrap-up would be in vain."""
AT_ONCE = Micros(MICROS_PER_SECOND // 2)
FAILING = Micros(2 * MICROS_PER_SECOND)
"""A phone that refuses everything at once would be rung as fast as it refuses, were it woken for each time. Whose
offers fail at once, one upon another within this time, is left to app_queue's own look, once a second."""
_FAILED = (OfferState.NO_ANSWER, OfferState.REFUSED, OfferState.UNAVAILABLE)
ALL_TOLD = Micros(2_000)
"""A member's queues tell of them one after another. Who waits longest in all of them is known when all have told."""


class Waker:
    """``fold`` takes in a batch of changes and says whom to wake. ``world`` is only read. ``lines``: the queues of the
    site; ``allowed``: those of them where a wake does no harm, empty until the PBX has said so."""

    def __init__(self, world: World, lines: Mapping[QueueName, Line], desk: Desk) -> None:
        self._world = world
        self._lines = lines
        self._weights = {name: line.weight for name, line in lines.items()}
        self._able: dict[MemberName, frozenset[QueueName]] = {}
        self._pause_due: dict[MemberName, Micros] = {}
        self._failed_at: dict[MemberName, Micros] = {}  # their last offer, which failed
        self._failing: dict[MemberName, Micros] = {}  # nobody is woken for them until then
        self._paused_after = {
            *([OfferState.NO_ANSWER] if desk.after_missed == "pause" else []),
            *([OfferState.REFUSED] if desk.after_refused == "pause" else []),
        }
        self.allowed: frozenset[QueueName] = frozenset()
        self.tally = Tally()
        self.resting: dict[MemberName, Micros] = {}
        """Whom to look at again, and when: who would be able but for app_queue's own wrap-up, of whose end nobody
        tells, and whose other queues have not told of them yet."""

    def fold(self, changes: Sequence[Change]) -> list[Wake]:
        """The world is as the changes left it."""
        touched: dict[MemberName, None] = {}
        for change in changes:
            match change:
                case MembershipChanged(member=member) | AgentStateChanged(member=member) | AgentTouched(member=member):
                    touched[member] = None
                case OfferChanged(member=member):
                    touched[member] = None
                    self._offer(change)
                case EpochBegan() | EpochEnded():
                    self._begin()
                    touched.clear()
        return self._wake(touched, self._world.now) if touched else []

    def rested(self, now: Micros) -> list[Wake]:
        """Look at them again, at ``now`` of the PBX's clock."""
        over = {member: None for member, until in self.resting.items() if until <= now}
        return self._wake(over, now, hold=False) if over else []

    def _begin(self) -> None:
        """Who is able now has not just become so: app_queue has looked, or will within the second."""
        self.tally.forget()
        for kept in (self._pause_due, self._failed_at, self._failing, self.resting):
            kept.clear()
        agents, now = {} if self._world.blind else self._world.agents, self._world.now
        self._able = {member: self._queues_of(agent, now) for member, agent in agents.items()}

    def _offer(self, change: OfferChanged) -> None:
        call = self._world.calls.get(change.call_id)
        offer = call.offers.get(change.leg) if call is not None else None
        if change.state is OfferState.RINGING:
            if offer is not None:
                self.tally.offered(change.at, offer.caller, change.queue, change.member)
        elif change.state in _FAILED:
            self._offer_failed(change, at_once=offer is None or change.at - offer.at < AT_ONCE)
        elif change.state is OfferState.ANSWERED:
            self._failed_at.pop(change.member, None)
            self._failing.pop(change.member, None)

    def _offer_failed(self, change: OfferChanged, at_once: bool) -> None:
        member, at = change.member, change.at
        if change.state in self._paused_after:
            self._pause_due[member] = Micros(at + PAUSE_COMES_WITHIN)
        before = self._failed_at.pop(member, None)
        if at_once:
            self._failed_at[member] = at
            if before is not None and at - before < FAILING:
                self._failing[member] = Micros(at + FAILING)

    def _queues_of(self, agent: Agent, now: Micros) -> frozenset[QueueName]:
        self.resting.pop(agent.member, None)
        until = rests_until(agent)
        if until is not None and now < until and not agent.all_paused:
            self.resting[agent.member] = Micros(until + AFTER_REST)
        due = self._pause_due.get(agent.member)
        if due is not None and (agent.all_paused or now > due):
            del self._pause_due[agent.member]
            due = None
        return frozenset() if due is not None or self._keeps_failing(agent.member, now) else able(agent, now)

    def _keeps_failing(self, member: MemberName, now: Micros) -> bool:
        until = self._failing.get(member)
        if until is None or now < until:
            return until is not None
        del self._failing[member]
        return False

    def _wake(self, touched: Mapping[MemberName, None], now: Micros, hold: bool = True) -> list[Wake]:
        freed = [each for member in touched if (each := self._freed(member, now, hold)) is not None]
        if not freed or not self.allowed or self._world.blind:
            return []
        self.tally.pass_time(now)
        names = dict.fromkeys(queue for each in freed for queue in each.queues)
        lines = {name: self._lines[name] for name in names}
        there = {name: waiting(self._world, self._world.queues[name]) for name in names}
        wakes = choose(freed, lines, there, self._outweighed, self.tally.recent())
        for wake in wakes:
            self.tally.woken(now, wake.caller.uniqueid, wake.caller.queue, wake.member)
        return wakes

    def _freed(self, member: MemberName, at: Micros, hold: bool) -> Freed | None:
        """In which queues, where a wake is allowed and somebody is in line, they have become able."""
        agent = self._world.agents.get(member)
        if agent is None:
            self.resting.pop(member, None)
            return None
        before, now = self._able.pop(member, frozenset()), self._queues_of(agent, at)
        if hold and now - before and self._others_wait(agent, now):
            self.resting[member] = Micros(at + ALL_TOLD)
            self._able[member] = before
            return None
        if now:
            self._able[member] = now
        else:
            self.tally.no_longer_free(member)
        if not (fresh := (now - before) & self.allowed):
            return None
        queues = tuple(name for name in sorted(fresh) if name in self._lines and self._in_line(name))
        return Freed(member, queues) if queues else None

    def _others_wait(self, agent: Agent, now: frozenset[QueueName]) -> bool:
        """In a queue of theirs that has not told of them yet, perhaps."""
        queues = (self._world.queues.get(name) for name in agent.memberships if name in self.allowed - now)
        return any(next(waiting(self._world, queue), None) is not None for queue in queues if queue is not None)

    def _in_line(self, name: QueueName) -> bool:
        queue = self._world.queues.get(name)
        return queue is not None and bool(queue.waiting)

    def _outweighed(self, member: MemberName, queue: QueueName) -> bool:
        return outweighed(self._world, self._world.agents[member], queue, self._weights) is not None
