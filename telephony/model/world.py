"""Everything the model knows, and the few operations on it that several event handlers share.

Bounded (law 10): at ``MAX_CHANNELS`` live channels or ``MAX_QUEUES`` queues a new one is reported as an anomaly and
left out; tombstones of ended channels are dropped after a minute.
"""

from collections import deque
from dataclasses import dataclass, field

from telephony.model.calls import MAX_LEGS, Bridge, Call, Leg, Offer
from telephony.model.changes import (
    AgentStateChanged,
    Anomaly,
    CallEnded,
    CallsJoined,
    CallStateChanged,
    Change,
    OfferChanged,
    QueueChanged,
)
from telephony.model.ids import (
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
    uniqueid_parts,
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
    step,
)
from telephony.model.queues import Agent, Queue, already

MAX_CHANNELS = 50_000
MAX_QUEUES = 5_000
MAX_AGENTS = 50_000
SETTLE = Micros(1 * MICROS_PER_SECOND)
"""How long an ended call is kept open for what the PBX says of it late (AgentComplete, DialEnd …)."""
TOMBSTONE = Micros(60 * MICROS_PER_SECOND)


@dataclass(slots=True)
class Channel:
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
    channels: dict[Uniqueid, Channel] = field(default_factory=dict)
    calls: dict[CallId, Call] = field(default_factory=dict)
    by_linkedid: dict[Linkedid, Call] = field(default_factory=dict)
    by_leg: dict[Uniqueid, Call] = field(default_factory=dict)  # legs of calls not yet handed over, ended or not
    bridges: dict[BridgeId, Bridge] = field(default_factory=dict)
    queues: dict[QueueName, Queue] = field(default_factory=dict)
    agents: dict[MemberName, Agent] = field(default_factory=dict)
    wrapping_up: dict[MemberName, None] = field(default_factory=dict)
    settling: deque[tuple[Micros, Call]] = field(default_factory=deque)
    tombstones: dict[Uniqueid, Micros] = field(default_factory=dict)  # in order of death
    out: list[Change] = field(default_factory=list)

    # --- reports ------------------------------------------------------------------------------------------

    def emit(self, change: Change) -> None:
        self.out.append(change)

    def anomaly(self, kind: str, detail: str = "") -> None:
        self.out.append(Anomaly(self.now, kind, detail[:200]))

    def stray(self, uniqueid: Uniqueid, what: str) -> None:
        """An event about a channel that is not live: late news of a dead one is normal, of a stranger it is not."""
        if uniqueid not in self.tombstones:
            self.anomaly("unknown channel", f"{what} {uniqueid}")

    # --- machines -----------------------------------------------------------------------------------------

    def turn_call(self, call: Call, entry: CallInput) -> None:
        state = step(CALL, call.state, entry)
        if state is None:
            self.anomaly("call", f"{call.state.value} × {entry.value}")
        elif state is not call.state:
            call.state = state
            self.emit(CallStateChanged(self.now, call.call_id, state))

    def turn_channel(self, leg: Leg, entry: ChannelInput) -> None:
        state = step(CHANNEL, leg.state, entry)
        if state is None:
            self.anomaly("channel", f"{leg.state.value} × {entry.value}")
        else:
            leg.state = state

    def turn_offer(self, call: Call, offer: Offer, entry: OfferInput) -> None:
        state = step(OFFER, offer.state, entry)
        if state is None:
            self.anomaly("offer", f"{offer.state.value} × {entry.value}")
            return
        offer.state = state
        if offer.ended_at is None and state is not OfferState.RINGING:
            offer.ended_at = self.now
        self.emit(OfferChanged(self.now, call.call_id, offer.queue, offer.member, offer.uniqueid, state))
        if not offer.open:
            self._close_offer(call, offer)

    def _close_offer(self, call: Call, offer: Offer) -> None:
        agent = self.agents.get(offer.member)
        if agent is not None:
            agent.offers.pop(offer.uniqueid, None)
            self.settle_agent(agent)
        if call.state is CallState.OFFERED and offer.state is not OfferState.ANSWERED and not call.open_offers():
            self.turn_call(call, CallInput.OFFERS_OVER)

    def settle_agent(self, agent: Agent) -> None:
        """Let the facts decide where this agent stands."""
        entry = agent.entry(self.now)
        if already(agent.state, entry):
            return
        state = step(AGENT, agent.state, entry)
        if state is None:
            self.anomaly("agent", f"{agent.state.value} × {entry.value}")
            return
        previous, agent.state, agent.since = agent.state, state, self.now
        self.emit(AgentStateChanged(self.now, agent.member, state, previous))

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
        self.emit(QueueChanged(self.now, queue.name, len(queue.waiting)))

    def leg_of(self, uniqueid: Uniqueid) -> Leg | None:
        call = self.by_leg.get(uniqueid)
        return None if call is None else call.legs.get(uniqueid)

    # --- calls --------------------------------------------------------------------------------------------

    def add_leg(self, call: Call, leg: Leg) -> bool:
        """False when the call holds as many legs as it may."""
        if len(call.legs) >= MAX_LEGS:
            call.left_out += 1
            self.anomaly("legs left out", call.call_id)
            return False
        call.legs[leg.uniqueid] = leg
        call.live.add(leg.uniqueid)
        self.by_leg[leg.uniqueid] = call
        if call.state is CallState.ENDED:
            call.ended_at = None
            self.turn_call(call, CallInput.LEG_ADDED)
        return True

    def link(self, call: Call, linkedid: Linkedid) -> None:
        if len(call.linkedids) < MAX_LEGS:
            call.linkedids.setdefault(linkedid)
            self.by_linkedid[linkedid] = call

    def relink(self, channel: Channel, linkedid: Linkedid) -> None:
        """A channel shows another Linkedid than before: its conversation was joined with that one's.

        Two calls of citizens are never made one, or a citizen would go uncounted: they stay two, related.
        """
        channel.linkedid = linkedid
        other = self.by_linkedid.get(linkedid)
        if other is None:
            self.link(channel.call, linkedid)
        elif other is not channel.call:
            self.join(channel.call, other)

    def join(self, one: Call, two: Call) -> None:
        if one.inbound and two.inbound:
            if two.call_id not in one.related:
                one.related.append(two.call_id)
                two.related.append(one.call_id)
            return
        kept, gone = sorted((one, two), key=lambda call: (not call.inbound, uniqueid_parts(call.caller)))
        self._absorb(kept, gone)
        self.emit(CallsJoined(self.now, kept.call_id, gone.call_id))

    def _absorb(self, kept: Call, gone: Call) -> None:
        for uniqueid, leg in gone.legs.items():
            kept.legs[uniqueid] = leg
            self.by_leg[uniqueid] = kept
            if (channel := self.channels.get(uniqueid)) is not None:
                channel.call = kept
        for linkedid in gone.linkedids:
            self.link(kept, linkedid)
        kept.live |= gone.live
        kept.visits = sorted((*kept.visits, *gone.visits), key=lambda visit: visit.joined_at)
        kept.offers |= gone.offers
        kept.transfers = sorted((*kept.transfers, *gone.transfers), key=lambda transfer: transfer.at)
        kept.aliases += [gone.call_id, *gone.aliases]
        kept.related += gone.related
        self._move_waiting(gone, kept)
        self.calls.pop(gone.call_id, None)
        gone.state, gone.live = CallState.ENDED, set()
        if kept.live and kept.state is CallState.ENDED:
            kept.ended_at = None
            self.turn_call(kept, CallInput.LEG_ADDED)

    def _move_waiting(self, gone: Call, kept: Call) -> None:
        for visit in gone.visits:
            queue = self.queues.get(visit.queue) if visit.result is None else None
            for waiting in queue.waiting if queue else ():
                if waiting.call_id == gone.call_id:
                    waiting.call_id = kept.call_id

    def leg_gone(self, call: Call, uniqueid: Uniqueid) -> None:
        """A channel is no more. When it was the call's last, the call ends, and settles after a while."""
        call.live.discard(uniqueid)
        self.tombstones[uniqueid] = self.now
        if not call.live and call.state is not CallState.ENDED:
            call.ended_at = self.now
            self.turn_call(call, CallInput.LAST_LEG_GONE)
            self.settling.append((Micros(self.now + SETTLE), call))

    def hand_over(self, call: Call) -> None:
        """The call is settled: out of the model, into the records."""
        if self.calls.pop(call.call_id, None) is None:
            return
        for uniqueid in call.legs:
            self.by_leg.pop(uniqueid, None)
        for linkedid in call.linkedids:
            if self.by_linkedid.get(linkedid) is call:
                del self.by_linkedid[linkedid]
        self.emit(CallEnded(self.now, call))

    # --- time ---------------------------------------------------------------------------------------------

    def advance(self, at: Micros) -> None:
        """Move the model's clock, never back, and do what has come due."""
        if at <= self.now:
            return
        self.now = at
        while self.settling and self.settling[0][0] <= at:
            _, call = self.settling.popleft()
            if call.ended_at is not None and call.ended_at + SETTLE <= at:
                self.hand_over(call)
        if self.wrapping_up:
            self._end_wrap_ups()
        while self.tombstones:
            oldest = next(iter(self.tombstones))
            if self.tombstones[oldest] + TOMBSTONE > at:
                break
            del self.tombstones[oldest]

    def _end_wrap_ups(self) -> None:
        for member in list(self.wrapping_up):
            agent = self.agents[member]
            if agent.wrapup_until is None or agent.wrapup_until <= self.now:
                agent.wrapup_until = None
                del self.wrapping_up[member]
                self.settle_agent(agent)
