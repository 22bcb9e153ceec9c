"""Everything the model knows, and the few operations on it that several event handlers share.

Bounded (law 10): what is beyond a bound is reported as an anomaly and left out; of ended calls that settle, and of the
tombstones of ended channels, the oldest give way.
"""

from dataclasses import dataclass, field
from typing import cast

import msgspec

from telephony.model.calls import MAX_LEGS, OPEN_OFFER, Bridge, Call, Leg, Offer
from telephony.model.changes import (
    AgentStateChanged,
    AgentTouched,
    Anomaly,
    CallEnded,
    CallStateChanged,
    CallTouched,
    Change,
    OfferChanged,
    PauseDue,
    PauseOver,
    QueueChanged,
)
from telephony.model.ids import (
    GENERATIONS,
    MICROS_PER_SECOND,
    NEVER,
    BridgeId,
    CallId,
    Linkedid,
    MemberName,
    Micros,
    PbxName,
    QueueName,
    Uniqueid,
    call_id_of,
    generation_of,
)
from telephony.model.machines import (
    AGENT,
    CALL,
    CHANNEL,
    OFFER,
    CallInput,
    CallState,
    ChannelInput,
    OfferInput,
    OfferState,
)
from telephony.model.pauses import DESKTOP_GONE, WRAP_UP
from telephony.model.queues import Agent, Queue
from telephony.model.terms import VisitResult

MAX_CHANNELS = 50_000
MAX_KNOWN_LEGS = 10 * MAX_CHANNELS  # of all calls, ended legs of living calls included
MAX_PAST = 10_000
"""Calls of before whose ids are remembered, lest another gets one of them. Beyond it the store tells them apart."""
MAX_QUEUES = 5_000
DESKTOP_GRACE = Micros(30 * MICROS_PER_SECOND)
"""Unless the site says otherwise."""
MAX_WATCHERS = 1_000
MAX_AGENTS = 50_000
STEP_BACK = Micros(2 * MICROS_PER_SECOND)
"""The events of a PBX come in the order of their making, but for thread switches. One that is this much older than its
predecessor says that the PBX's clock was set back."""
SETTLE = Micros(1 * MICROS_PER_SECOND)
"""How long an ended call is kept open for what the PBX says of it late (AgentComplete, DialEnd …)."""
TOMBSTONE = Micros(60 * MICROS_PER_SECOND)
_NEVER_DUE = Micros(1 << 62)
_ENDED, _OFFERED = CallState.ENDED, CallState.OFFERED
_RINGING, _ANSWERED = OfferState.RINGING, OfferState.ANSWERED
_LAST_LEG_GONE = CallInput.LAST_LEG_GONE


class Channel(msgspec.Struct, gc=False):
    """A live channel: where it stands now. Its history is its ``leg``."""

    uniqueid: Uniqueid
    name: str
    linkedid: Linkedid
    call: Call
    leg: Leg
    bridge: BridgeId | None = None
    other_half: Uniqueid | None = None  # of a Local channel


@dataclass(slots=True)
class World:
    pbx: PbxName
    now: Micros = NEVER
    epoch: int = 0
    booted_at: Micros = NEVER
    lost_at: Micros = NEVER  # when the link was lost last
    blind: bool = True  # no snapshot was taken since
    channels: dict[Uniqueid, Channel] = field(default_factory=dict)
    calls: dict[CallId, Call] = field(default_factory=dict)
    by_linkedid: dict[Linkedid, Call] = field(default_factory=dict)
    by_leg: dict[Uniqueid, Call] = field(default_factory=dict)  # legs of calls not yet handed over, ended or not
    bridges: dict[BridgeId, Bridge] = field(default_factory=dict)
    queues: dict[QueueName, Queue] = field(default_factory=dict)
    agents: dict[MemberName, Agent] = field(default_factory=dict)
    rooms: dict[CallId, None] = field(default_factory=dict)  # calls of which somebody stands, or stood, in a place
    phones: dict[str, MemberName] = field(default_factory=dict)  # endpoint → whose it is, of all who were members
    trunks: dict[str, bool] = field(default_factory=dict)  # name → whether its carrier is reached
    registrations: dict[str, bool] = field(default_factory=dict)  # account → whether its carrier took it
    bypassing: dict[tuple[Uniqueid, str], str] = field(default_factory=dict)  # on_bypass: half of two events
    closed_until: Micros | None = None  # by an agent's feature code
    past: dict[CallId, Micros] = field(
        default_factory=dict
    )  # of calls handed over → the start of the PBX that had them
    wrapping_up: dict[MemberName, None] = field(default_factory=dict)
    listening: dict[CallId, Micros] = field(default_factory=dict)  # callers not heard yet → when they are silent
    missing: dict[MemberName, Micros] = field(default_factory=dict)  # they have no desktop any more → when it counts
    missed_after: Micros = DESKTOP_GRACE
    desktops_heard: bool = False  # since this process began
    settling: dict[CallId, Micros] = field(default_factory=dict)  # ended calls → when to hand them over, in this order
    tombstones: dict[Uniqueid, Micros] = field(default_factory=dict)  # in order of death
    due: Micros = _NEVER_DUE  # none of those above comes due before, so that an event need not look through them
    wrapup_due: Micros = _NEVER_DUE  # no wrap-up comes due before
    watchers: dict[Uniqueid, None] = field(default_factory=dict)  # channels of the dialplan's own, of no call
    out: list[Change] = field(default_factory=list)

    # --- reports ------------------------------------------------------------------------------------------

    def emit(self, change: Change) -> None:
        self.out.append(change)

    def anomaly(self, kind: str, detail: str = "") -> None:
        self.out.append(Anomaly(self.now, kind, detail[:200]))

    def stray(self, uniqueid: Uniqueid, what: str) -> None:
        """An event about a channel that is not live: late news of a dead one is normal, of a stranger it is not."""
        if uniqueid not in self.tombstones and uniqueid not in self.watchers:
            self.anomaly("unknown channel", f"{what} {uniqueid}")

    def watch(self, uniqueid: Uniqueid) -> None:
        """This channel belongs to the dialplan itself: it is no part of any call."""
        self.watchers[uniqueid] = None
        if len(self.watchers) > MAX_WATCHERS:
            del self.watchers[next(iter(self.watchers))]

    def forget_watcher(self, uniqueid: Uniqueid) -> None:
        """It is gone; what the PBX still says of it is late news, as of any channel."""
        if uniqueid in self.watchers:
            del self.watchers[uniqueid]
            self.tombstones[uniqueid] = self.now
            self.remind(Micros(self.now + TOMBSTONE))

    # --- machines -----------------------------------------------------------------------------------------

    def turn_call(self, call: Call, entry: CallInput) -> None:
        state = CALL.get((call.state, entry))
        if state is None:
            self.anomaly("call", f"{call.state.value} × {entry.value}")
        elif state is not call.state:
            call.state, call.since = state, self.now
            self.out.append(CallStateChanged(self.now, call.call_id, state))

    def turn_channel(self, leg: Leg, entry: ChannelInput) -> None:
        state = CHANNEL.get((leg.state, entry))
        if state is None:
            self.anomaly("channel", f"{leg.state.value} × {entry.value}")
        else:
            leg.state = state

    def turn_offer(self, call: Call, offer: Offer, entry: OfferInput) -> None:
        state = OFFER.get((offer.state, entry))
        if state is None:
            self.anomaly("offer", f"{offer.state.value} × {entry.value}")
            return
        offer.state = state
        if offer.ended_at is None and state is not _RINGING:
            offer.ended_at = self.now
        self.out.append(OfferChanged(self.now, call.call_id, offer.queue, offer.member, offer.uniqueid, state))
        if state not in OPEN_OFFER:
            self._close_offer(call, offer)

    def _close_offer(self, call: Call, offer: Offer) -> None:
        agent = self.agents.get(offer.member)
        if agent is not None:
            agent.offers.pop(offer.uniqueid, None)
            self.settle_agent(agent)
        if call.state is _OFFERED and offer.state is not _ANSWERED and not call.open_offers():
            self.turn_call(call, CallInput.OFFERS_OVER)

    def release(self, offer: Offer) -> None:
        """This offer's phone is no concern of its agent any more."""
        agent = self.agents.get(offer.member)
        if agent is not None:
            agent.offers.pop(offer.uniqueid, None)
            agent.talking.pop(offer.uniqueid, None)
            self.settle_agent(agent)

    def settle_agent(self, agent: Agent) -> None:
        """Let the facts decide where this agent stands."""
        entry, previous = agent.entry(self.now), agent.state
        state = AGENT.get((previous, entry))
        if state is None:
            self.anomaly("agent", f"{previous.value} × {entry.value}")
        if state is None or state is previous:
            return
        agent.turn(state, self.now)
        for name in agent.memberships:
            self.queues[name].recount(previous, state)
        self.out.append(AgentStateChanged(self.now, agent.member, state, previous))

    # --- lookups that create ------------------------------------------------------------------------------

    def agent(self, member: MemberName) -> Agent | None:
        found = self.agents.get(member)
        if found is None and member and len(self.agents) < MAX_AGENTS:
            found = self.agents[member] = Agent(member, since=self.now)
        return found

    def queue(self, name: QueueName) -> Queue | None:
        found = self.queues.get(name)
        if found is None and name and len(self.queues) < MAX_QUEUES:
            found = self.queues[name] = Queue(name)
        return found

    def queue_changed(self, queue: Queue) -> None:
        self.out.append(QueueChanged(self.now, queue.name, len(queue.waiting)))

    def take_out(self, name: QueueName, uniqueid: Uniqueid) -> None:
        """This channel stands in the line of this queue no more."""
        queue = self.queues.get(name)
        if queue is not None and queue.waiting and queue.remove(uniqueid):
            self.queue_changed(queue)

    def calls_with_rooms(self) -> list[Call]:
        """Calls of which somebody stands in a place, or has stood: all others need not be looked through."""
        return [self.calls[call_id] for call_id in self.rooms if call_id in self.calls]

    def leg_of(self, uniqueid: Uniqueid) -> Leg | None:
        call = self.by_leg.get(uniqueid)
        return None if call is None else call.legs.get(uniqueid)

    # --- calls --------------------------------------------------------------------------------------------

    @property
    def full(self) -> bool:
        """Whether there is no room for another channel."""
        return len(self.channels) >= MAX_CHANNELS or len(self.by_leg) >= MAX_KNOWN_LEGS

    def add_leg(self, call: Call, leg: Leg) -> bool:
        """False when the call holds as many legs as it may."""
        if len(call.legs) >= MAX_LEGS:
            call.left_out += 1
            self.anomaly("legs left out", call.call_id)
            return False
        call.legs[leg.uniqueid] = leg
        call.live.add(leg.uniqueid)
        self.by_leg[leg.uniqueid] = call
        self.reopen(call)
        return True

    def link(self, call: Call, linkedid: Linkedid) -> None:
        """From now on channels of this conversation belong to ``call``; a conversation has one call."""
        if len(call.linkedids) < MAX_LEGS and self.by_linkedid.setdefault(linkedid, call) is call:
            call.linkedids.setdefault(linkedid)

    def reopen(self, call: Call) -> None:
        """A call that was about to be closed has a live channel again."""
        if call.state is _ENDED and call.live:
            call.ended_at = None
            self.settling.pop(call.call_id, None)
            self.turn_call(call, CallInput.LEG_ADDED)

    def leg_gone(self, call: Call, uniqueid: Uniqueid) -> None:
        """A channel is no more. When it was the call's last, the call ends, and settles after a while."""
        call.live.discard(uniqueid)
        tombstones, now = self.tombstones, self.now
        tombstones.pop(uniqueid, None)  # the order is that of dying
        tombstones[uniqueid] = now
        if len(tombstones) == 1:  # else one of before comes due first
            self.remind(now + TOMBSTONE)
        elif len(tombstones) > MAX_CHANNELS:
            del tombstones[next(iter(tombstones))]
        if not call.live and call.state is not _ENDED:
            call.ended_at = now
            self.turn_call(call, _LAST_LEG_GONE)
            self.settling[call.call_id] = due = cast("Micros", now + SETTLE)
            self.remind(due)
            if len(self.settling) > MAX_CHANNELS:
                self._settle_oldest()

    def _settle_oldest(self) -> None:
        self.hand_over(self.calls[next(iter(self.settling))])

    def hand_over(self, call: Call) -> None:
        """The call is settled: out of the model, into the records."""
        self._close_rest(call)
        self.settling.pop(call.call_id, None)
        self.calls.pop(call.call_id, None)
        self.rooms.pop(call.call_id, None)
        for uniqueid in call.legs:
            self.by_leg.pop(uniqueid, None)
        for linkedid in call.linkedids:
            self.by_linkedid.pop(linkedid, None)
        self.past[call.call_id] = self.booted_at
        if len(self.past) > MAX_PAST:
            del self.past[next(iter(self.past))]
        self.emit(CallEnded(self.now, call))

    def free_id(self, uniqueid: str) -> CallId:
        """The id of a call that this channel begins. Its name repeats when the PBX was started again with its clock set
        back: then an id that a call of before has is not free."""
        call_id = base = call_id_of(self.pbx, uniqueid)
        for generation in range(1, GENERATIONS):
            if call_id not in self.calls and self.past.get(call_id, self.booted_at) == self.booted_at:
                break
            call_id = generation_of(base, generation)
        return call_id

    def _close_rest(self, call: Call) -> None:
        """What nobody told the end of."""
        for offer in call.open_offers():
            self.turn_offer(call, offer, OfferInput.LEG_GONE)
        for visit in call.visits:
            if visit.result is None:
                visit.result, visit.ended_at = VisitResult.UNKNOWN, visit.ended_at or call.ended_at

    # --- time ---------------------------------------------------------------------------------------------

    def hear(self, at: Micros) -> None:
        """The PBX speaks at ``at``. The model's time never goes back, unless the PBX's clock was set back."""
        if at >= self.now:
            self.now = at
        elif self.now - at > STEP_BACK:
            self.anomaly("clock set back", f"by {(self.now - at) / MICROS_PER_SECOND:.1f} s")
            self.shift(at - self.now)
        if self.now >= self.due:
            self.play(self.now)

    def remind(self, at: int) -> None:
        """Something comes due at ``at``."""
        if at < self.due:
            self.due = cast("Micros", at)

    def shift(self, by: int) -> None:
        """The PBX's clock was set by ``by`` microseconds: so is all that is still to come, or to be forgotten."""
        self.now, self.lost_at = Micros(self.now + by), Micros(self.lost_at + by)
        self.due, self.wrapup_due = Micros(self.due + by), Micros(self.wrapup_due + by)
        self.listening = {call_id: Micros(due + by) for call_id, due in self.listening.items()}
        self.missing = {member: Micros(due + by) for member, due in self.missing.items()}
        self.settling = {call_id: Micros(due + by) for call_id, due in self.settling.items()}
        self.tombstones = {uniqueid: Micros(died + by) for uniqueid, died in self.tombstones.items()}
        for agent in self.agents.values():
            agent.since = Micros(agent.since + by)
            if agent.wrapup_until is not None:
                agent.wrapup_until = Micros(agent.wrapup_until + by)

    def play(self, until: Micros) -> None:
        """Do what has come due. Events tell what time it is (``hear``); a tick only lets time pass."""
        if until < self.due:
            return
        self.due = _NEVER_DUE
        if self.settling:
            self._settle(until)
        if self.tombstones:
            self._forget(until)
        if self.listening:
            self._mark_silent(until)
        if until >= self.wrapup_due:
            self._end_wrap_ups(until)
        if self.missing:
            self._miss_desktops(until)
        self.remind(self.wrapup_due)

    def listen(self, call_id: CallId, until: Micros) -> None:
        """This caller is silent unless heard by ``until``."""
        self.listening[call_id] = until
        if len(self.listening) > MAX_CHANNELS:
            del self.listening[next(iter(self.listening))]
        self.remind(until)

    def _mark_silent(self, until: Micros) -> None:
        """In order of their due times, since all are given as long."""
        while self.listening:
            call_id, due = next(iter(self.listening.items()))
            call = self.calls.get(call_id)
            alive = call is not None and call.caller in self.channels
            if alive and due > until:
                return self.remind(due)
            del self.listening[call_id]
            if call is not None and alive:
                call.met.silent = True
                self.emit(CallTouched(self.now, call_id))
        return None

    def _settle(self, until: Micros) -> None:
        while self.settling:
            call_id, due = next(iter(self.settling.items()))
            if due > until:
                return self.remind(due)
            self.hand_over(self.calls[call_id])
        return None

    def wrap_up(self, member: MemberName, until: Micros) -> None:
        """This agent's wrap-up ends at ``until``."""
        self.wrapping_up[member] = None
        self.wrapup_due = min(self.wrapup_due, until)
        self.remind(until)

    def _end_wrap_ups(self, until: Micros) -> None:
        self.wrapup_due = _NEVER_DUE
        for member in list(self.wrapping_up):
            agent = self.agents[member]
            if agent.wrapup_until is not None and agent.wrapup_until > until:
                self.wrapup_due = min(self.wrapup_due, agent.wrapup_until)
                continue
            agent.wrapup_until = None
            del self.wrapping_up[member]
            self.emit(AgentTouched(self.now, member))
            if agent.wrapping:
                self.emit(PauseOver(self.now, member, WRAP_UP))
            self.settle_agent(agent)

    def miss(self, member: MemberName) -> None:
        """This agent has no desktop any more: it counts after a while, if at all."""
        if self.missed_after > 0:
            self.missing[member] = Micros(self.now + self.missed_after)
            self.remind(self.missing[member])

    def _miss_desktops(self, until: Micros) -> None:
        for member, due in list(self.missing.items()):
            agent = self.agents[member]
            if due <= until and not agent.talking and not agent.offers:
                del self.missing[member]
                if agent.memberships and not agent.all_paused:
                    self.emit(PauseDue(self.now, member, DESKTOP_GONE))
            else:
                self.remind(max(due, Micros(until + MICROS_PER_SECOND)))  # who talks is not disturbed

    def _forget(self, until: Micros) -> None:
        while self.tombstones:
            uniqueid, died = next(iter(self.tombstones.items()))
            if died + TOMBSTONE > until:
                return self.remind(Micros(died + TOMBSTONE))
            del self.tombstones[uniqueid]
        return None
