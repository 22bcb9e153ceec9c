"""Queues and agents as app_queue has them now. Mutable, owned by the tracker alone."""

from dataclasses import dataclass, field

import msgspec

from telephony.model.ids import MICROS_PER_SECOND, NEVER, CallId, MemberName, Micros, QueueName, Uniqueid
from telephony.model.machines import AgentInput, AgentState
from telephony.model.pauses import SIGNED_OUT, WRAP_UP

NOT_IN_USE, IN_USE, BUSY, INVALID, UNAVAILABLE, RINGING, RING_IN_USE, ON_HOLD = range(1, 9)
"""Asterisk's device states (devicestate.h)."""
_PHONE_LOST = frozenset((INVALID, UNAVAILABLE))
_PHONE_USED = frozenset((IN_USE, BUSY, RINGING, RING_IN_USE, ON_HOLD))
_OFFER, _FREE, _USE_PHONE = AgentInput.OFFER, AgentInput.FREE, AgentInput.USE_PHONE
_SIGNED_OUT = AgentState.SIGNED_OUT
_WITH_A_CALLER = frozenset((AgentState.ON_CALL, AgentState.HOLD, AgentState.CONSULT, AgentState.CONFERENCE))
_ENGAGED = (AgentInput.HOLD, AgentInput.CONSULT, AgentInput.CONNECT, AgentInput.CONFER)
"""How an agent can be engaged on a line; of two lines the later in this order tells."""


class Membership(msgspec.Struct, gc=False):
    """One agent in one queue."""

    queue: QueueName
    interface: str
    status: int
    paused: bool
    pause_reason: str
    penalty: int
    in_call: bool
    last_call: int
    wrapup_s: int


class Waiting(msgspec.Struct, gc=False):
    uniqueid: Uniqueid
    call_id: CallId
    joined_at: Micros


@dataclass(slots=True)
class Queue:
    """``waiting`` is in app_queue's order: head first. Position is said only on joining, so we keep the order.
    ``heads``: how many members are in each state, none left out and none at 0; kept along, for a queue has thousands.
    """

    name: QueueName
    waiting: list[Waiting] = field(default_factory=list)
    members: dict[MemberName, None] = field(default_factory=dict)
    heads: dict[AgentState, int] = field(default_factory=dict)

    def recount(self, before: AgentState, state: AgentState) -> None:
        """A member has passed from one state to another."""
        heads = self.heads
        heads[state] = heads.get(state, 0) + 1
        if left := heads.get(before, 0) - 1:
            heads[before] = left
        else:
            heads.pop(before, None)

    def count(self, state: AgentState, by: int) -> None:
        """``by`` more members are in this state."""
        now = self.heads.get(state, 0) + by
        if now:
            self.heads[state] = now
        else:
            self.heads.pop(state, None)

    def insert(self, entry: Waiting, position: int) -> None:
        """Put a caller at ``position`` (from 1); a repeated join changes nothing."""
        if self._place(entry.uniqueid) is None:
            self.waiting.insert(max(0, position - 1), entry)

    def remove(self, uniqueid: Uniqueid) -> bool:
        """Take a caller out of the line; False when they were not in it."""
        place = self._place(uniqueid)
        if place is not None:
            del self.waiting[place]
        return place is not None

    def _place(self, uniqueid: Uniqueid) -> int | None:
        for place, waiting in enumerate(self.waiting):
            if waiting.uniqueid == uniqueid:
                return place
        return None


@dataclass(slots=True)
class Agent:
    """A queue member over all their queues. ``offers`` and ``talking`` hold the legs rung and answered."""

    member: MemberName
    memberships: dict[QueueName, Membership] = field(default_factory=dict)
    state: AgentState = AgentState.SIGNED_OUT
    since: Micros = NEVER
    offers: dict[Uniqueid, None] = field(default_factory=dict)
    talking: dict[Uniqueid, AgentInput] = field(default_factory=dict)  # leg → how (telephony.model.standing)
    wrapup_until: Micros | None = None
    last_call: CallId | None = None  # they took part in, until their leg ended
    wrapup_mark: Micros = NEVER  # the same as the dialplan began it
    at_desk: bool = False  # signed in at a desktop
    desktop: bool = False  # a gateway has a desktop of theirs that answers
    help: str | None = None  # they ask for help in these words

    def turn(self, state: AgentState, at: Micros) -> None:
        """Who asked for help is past it once their talk is over, or they have gone."""
        talked, self.state, self.since = self.state in _WITH_A_CALLER, state, at
        if state is _SIGNED_OUT or (talked and state not in _WITH_A_CALLER):
            self.help = None

    @property
    def all_paused(self) -> bool:
        """In every queue, and signed in to one at least."""
        return self._why_paused() is not None

    def _why_paused(self) -> str | None:
        """The first membership's reason, of one who is paused in every queue; None: is not."""
        why: str | None = None
        for membership in self.memberships.values():
            if not membership.paused:
                return None
            if why is None:
                why = membership.pause_reason
        return why

    @property
    def wrapping(self) -> bool:
        """Paused for wrap-up."""
        return self.pause_reason == WRAP_UP

    @property
    def phones(self) -> set[str]:
        """Of their memberships; as a rule one."""
        return {membership.interface.partition("/")[2] for membership in self.memberships.values()}

    @property
    def pause_reason(self) -> str:
        for membership in self.memberships.values():
            if membership.paused:
                return membership.pause_reason
        return ""

    def wrap_up(self, at: Micros) -> None:
        """A leg of this agent's ended: app_queue's own wrap-up time, where it has one, runs from here."""
        seconds = max([m.wrapup_s for m in self.memberships.values()], default=0)
        if seconds > 0:
            self.wrapup_until = max(Micros(at + seconds * MICROS_PER_SECOND), self.wrapup_until or NEVER)

    def entry(self, at: Micros) -> AgentInput:
        """What the facts, taken together, say of this agent now."""
        if self.talking:
            lines = [*self.talking.values()]
            return lines[0] if len(lines) == 1 else max(lines, key=_ENGAGED.index)
        if self.offers:
            return _OFFER
        if not self.memberships:
            return AgentInput.SIGN_OUT
        reason = self._why_paused()
        if reason is None and self._only_free() and self.wrapup_until is None:  # as nearly always
            return _FREE
        if reason == WRAP_UP or (self.wrapup_until is not None and at < self.wrapup_until):
            return AgentInput.WRAP_UP
        return AgentInput.SIGN_OUT if reason == SIGNED_OUT else self._at_rest(reason is not None)

    def _only_free(self) -> bool:
        """Whether every queue takes the agent's phone for unused."""
        for membership in self.memberships.values():  # noqa: SIM110  # a generator costs more than all of this
            if membership.status != NOT_IN_USE:
                return False
        return True

    def _at_rest(self, paused: bool) -> AgentInput:
        status = {membership.status for membership in self.memberships.values()}
        if not status.isdisjoint(_PHONE_LOST):
            return AgentInput.LOSE_PHONE
        if paused:
            return AgentInput.PAUSE
        return _FREE if status.isdisjoint(_PHONE_USED) else _USE_PHONE
