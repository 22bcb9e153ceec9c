"""Calls told as stories, in the events and the order a real Asterisk 22 was seen to say them (tests/recordings/).

    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins("hotline")
    phone = caller.offered("1001")
    pbx.wait(3)
    phone.answers()
    pbx.wait(60)
    caller.hangs_up()

``pbx.events`` is then what the PBX has said; ``told(pbx.events)`` lets a tracker hear it. Each event comes 0.1 ms after
its predecessor; ``wait`` takes seconds. What needs another order is told by the single steps (``rings``, ``enters`` …).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from telephony.model import events as ev
from telephony.model.changes import Anomaly, CallEnded, Change
from telephony.model.ids import (
    NEVER,
    BridgeId,
    Linkedid,
    MemberName,
    Micros,
    PbxName,
    QueueName,
    Uniqueid,
    micros_of,
)
from telephony.model.tracker import Tracker
from telephony.records.build import build_record
from telephony.records.record import CallRecord

STEP = 100
DOWN, RING, RINGING, UP = 0, 4, 5, 6


class Pbx:
    """A PBX that says events. Two of them whose ``second`` differs never use the same ids."""

    def __init__(self, second: int = 1_795_400_000, trunk: str = "carrier") -> None:
        self.now = Micros(second * 1_000_000)
        self.events: list[ev.Event] = []
        self.second = second
        self.trunk = trunk
        self.wrapup_s = 0
        self._count = 0

    def wait(self, seconds: float) -> None:
        self.now = Micros(self.now + micros_of(seconds))

    def say(self, make: Callable[[Micros], ev.Event]) -> None:
        """Say one event, now."""
        self.events.append(make(self.now))
        self.now = Micros(self.now + STEP)

    def number(self) -> int:
        self._count += 1
        return self._count - 1

    def bridge(self) -> BridgeId:
        """The name of a bridge that nobody is in yet."""
        return BridgeId(f"bridge-{self.second}-{self.number()}")

    # --- who calls --------------------------------------------------------------------------------------------

    def citizen(
        self, number: str = "13800138000", dialled: str = "12345", recording: str = "", name: str = ""
    ) -> "Line":
        """A call from the trunk, as far as the first line of our dialplan."""
        line = self.dials(f"trunk-{self.trunk}", number, dialled, f"zt-in-{self.trunk}", name)
        line.enters_dialplan(dialled, recording)
        return line

    def dials(self, endpoint: str, number: str, dialled: str, context: str, name: str = "") -> "Line":
        """A phone or a trunk begins a conversation of its own."""
        line = Line(self, endpoint)
        line.created(RING, number, context, dialled, name)
        return line

    def originates(self, endpoint: str) -> "Line":
        """The PBX itself begins a conversation by dialling out."""
        line = Line(self, endpoint)
        line.created(DOWN, "", f"zt-in-{self.trunk}", "s")
        return line

    def phone_dials(self, phone: str, dialled: str) -> "Line":
        return self.dials(phone, phone, dialled, "zt-phone")

    def local(self, owner: "Line", number: str, context: str = "zt-transfer") -> "tuple[Line, Line]":
        """A Local channel in ``owner``'s conversation: its two halves, joined."""
        name = f"Local/{number}@{context}-{self.number():08x}"
        one, two = (Line(self, "", f"{name};{half}") for half in (1, 2))
        for half, state in ((one, DOWN), (two, RING)):
            half.linkedid = owner.linkedid
            half.created(state, "", context, number)
        self.say(lambda at: ev.LocalBridged(at, one.uniqueid, two.uniqueid))
        return one, two

    # --- members ----------------------------------------------------------------------------------------------

    def member(self, agent: str, queue: str = "hotline", **facts: object) -> None:
        """One queue's view of an agent: ``status`` 1 (free), ``paused``, ``removed`` … with the PBX's ``wrapup_s``."""
        self.say(lambda at: member_changed(at, agent, queue, **{"wrapup_s": self.wrapup_s, **facts}))

    def signs_in(self, *agents: str, queue: str = "hotline", **facts: object) -> None:
        for agent in agents:
            self.member(agent, queue, **facts)


def member_changed(at: Micros, agent: str, queue: str = "hotline", **facts: object) -> ev.MemberChanged:
    phone = f"PJSIP/{agent}"
    free: dict[str, object] = {"status": 1, "paused": False, "pause_reason": "", "penalty": 0, "in_call": False}
    never = {"last_call": 0, "wrapup_s": 0, "removed": False}
    plain = ev.MemberChanged(at, QueueName(queue), MemberName(agent), phone, phone, **free, **never)  # type: ignore[arg-type]
    return msgspec.structs.replace(plain, **facts)


class Line:
    """One channel. Its ``linkedid`` may be set at any time: the next event shows it."""

    def __init__(self, pbx: Pbx, endpoint: str, name: str = "") -> None:
        number = pbx.number()
        self.pbx = pbx
        self.uniqueid = Uniqueid(f"pbx1-{pbx.second}.{number}")
        self.linkedid = Linkedid(self.uniqueid)
        self.name = name or f"PJSIP/{endpoint}-{number:08x}"
        self.queue = QueueName("")
        self.bridge: BridgeId | None = None
        self.partner: Line | None = None

    def say(self, make: Callable[[Micros, Uniqueid, Linkedid], ev.Event]) -> None:
        self.pbx.say(lambda at: make(at, self.uniqueid, self.linkedid))

    # --- single steps -----------------------------------------------------------------------------------------

    def created(self, state: int, number: str, context: str, exten: str, name: str = "") -> None:
        self.say(lambda at, u, li: ev.ChannelCreated(at, u, li, self.name, state, number, name, context, exten))

    def enters_dialplan(self, dialled: str, recording: str = "", trunk: str = "") -> None:
        trunk = trunk or self.pbx.trunk
        self.say(lambda at, u, li: ev.CallEntered(at, u, li, trunk, dialled, recording))

    def rings(self) -> None:
        self.say(lambda at, u, li: ev.ChannelStateChanged(at, u, li, RINGING))

    def up(self) -> None:
        self.say(lambda at, u, li: ev.ChannelStateChanged(at, u, li, UP))

    def enters(self, bridge: BridgeId) -> None:
        self.bridge = bridge
        self.say(lambda at, u, li: ev.BridgeEntered(at, u, li, bridge, "basic", self.name))

    def leaves(self) -> None:
        bridge, self.bridge = self.bridge, None
        assert bridge is not None
        self.say(lambda at, u, li: ev.BridgeLeft(at, u, li, bridge))

    def asks(self, cause: int = 0) -> None:
        """The phone itself hangs up (``HangupRequest``)."""
        self.say(lambda at, u, li: ev.HangupAsked(at, u, li, True, cause))

    def stopped(self, bits: int = 16) -> None:
        """``SoftHangupRequest``: 16 is what every dialplan's end says, 4 a shutdown, 32 an order."""
        self.say(lambda at, u, li: ev.HangupAsked(at, u, li, False, bits))

    def gone(self, cause: int = 16) -> None:
        self.say(lambda at, u, li: ev.ChannelHungUp(at, u, li, cause, ""))

    def holds(self, held: bool = True) -> None:
        self.say(lambda at, u, li: ev.PhoneHeld(at, u, li, held))

    def dial_ended(self, callee: "Line", status: str) -> None:
        self.pbx.say(lambda at: ev.DialEnded(at, self.uniqueid, callee.uniqueid, callee.linkedid, status))

    # --- in the queue -----------------------------------------------------------------------------------------

    def joins(self, queue: str = "hotline", position: int = 1) -> None:
        self.queue = QueueName(queue)
        self.say(lambda at, u, li: ev.QueueJoined(at, u, li, self.queue, position))

    def leaves_queue(self) -> None:
        self.say(lambda at, u, li: ev.QueueLeft(at, u, li, self.queue))

    def queue_abandoned(self) -> None:
        self.say(lambda at, u, li: ev.QueueAbandoned(at, u, li, self.queue))

    def queue_ended(self, status: str, key: str = "", queue: str = "") -> None:
        name = QueueName(queue) or self.queue
        self.say(lambda at, u, li: ev.QueueEnded(at, u, li, name, status, key))

    def refused(self, reason: str, dialled: str = "12345") -> None:
        self.say(lambda at, u, li: ev.CallRefused(at, u, li, self.pbx.trunk, dialled, reason))

    def offered(self, agent: str) -> "Phone":
        """A member's phone rings for this caller."""
        phone = Phone(self.pbx, agent, self)
        phone.created(DOWN, agent, "zt-phone", "s")
        self.say(lambda at, u, li: ev.OfferMade(at, u, li, *phone.offer, phone.linkedid, phone.name))
        phone.dialled(self)
        phone.rings()
        self.pbx.member(agent, self.queue, status=6)
        return phone

    def calls(self, target: str) -> "Line":
        """``Dial()`` in the dialplan: another phone rings, no offer of a queue."""
        line = Line(self.pbx, target)
        line.linkedid = self.linkedid
        line.created(DOWN, target, "zt-phone", "s")
        line.dialled(self)
        line.rings()
        return line

    def dialled(self, by: "Line") -> None:
        self.pbx.say(lambda at: ev.DialBegan(at, by.uniqueid, self.uniqueid, self.linkedid, self.name, self.name))

    def picks_up(self, by: "Line") -> None:
        """A dialled phone answers and talks with who dialled it."""
        self.up()
        by.dial_ended(self, "ANSWER")
        by.up()
        bridge = self.pbx.bridge()
        self.enters(bridge)
        by.enters(bridge)

    # --- endings, in the order they were measured -------------------------------------------------------------

    def gives_up(self, *ringing: "Phone") -> None:
        """A waiting caller hangs up; the phones that ring for them stop."""
        self.asks(127)
        for phone in ringing:
            self.dial_ended(phone, "CANCEL")
            self.dial_ended(phone, "CANCEL")
        self.queue_abandoned()
        self.leaves_queue()
        self.stopped()
        for phone in ringing:
            phone.gone(0)
            self.pbx.member(phone.agent, self.queue)
        self.ends(127)

    def ends(self, cause: int = 16) -> None:
        """The hangup handler, then the channel's end."""
        self.say(lambda at, u, li: ev.CallerLegEnded(at, u, li, self.queue, "", cause, ""))
        self.gone(cause)

    def hangs_up(self) -> None:
        """A talking caller hangs up first."""
        self.asks()
        self.part_and_end()

    def part_and_end(self) -> None:
        partner = self.partner
        if isinstance(partner, Phone):
            partner.complete("caller")
        self.leaves()
        if partner is not None and partner.bridge is not None:
            partner.leaves()
            partner.gone()
        if isinstance(partner, Phone):
            self.pbx.member(partner.agent, partner.queue)
        self.stopped()
        self.ends()


class Phone(Line):
    """An agent's phone, rung for a caller."""

    def __init__(self, pbx: Pbx, agent: str, caller: Line) -> None:
        super().__init__(pbx, agent)
        self.agent = MemberName(agent)
        self.caller = caller
        self.linkedid = caller.linkedid
        self.queue = caller.queue

    @property
    def offer(self) -> tuple[QueueName, MemberName, str, Uniqueid]:
        return self.queue, self.agent, f"PJSIP/{self.agent}", self.uniqueid

    def answers(self) -> None:
        """Picked up and bridged."""
        self.picked_up()
        self.bridged()

    def picked_up(self) -> None:
        self.up()
        self.caller.dial_ended(self, "ANSWER")
        self.caller.leaves_queue()
        self.connected()

    def connected(self) -> None:
        self.say_of_caller(lambda at, u, li: ev.OfferConnected(at, u, li, *self.offer))

    def bridged(self) -> None:
        self.caller.up()
        bridge = self.pbx.bridge()
        self.enters(bridge)
        self.caller.enters(bridge)
        self.partner, self.caller.partner = self.caller, self

    def say_of_caller(self, make: Callable[[Micros, Uniqueid, Linkedid], ev.Event]) -> None:
        self.caller.say(make)

    def no_answer(self) -> None:
        self.say_of_caller(lambda at, u, li: ev.OfferUnanswered(at, u, li, *self.offer))

    def dumped(self) -> None:
        self.say_of_caller(lambda at, u, li: ev.OfferDumped(at, u, li, *self.offer))

    def complete(self, reason: str) -> None:
        self.say_of_caller(lambda at, u, li: ev.OfferCompleted(at, u, li, *self.offer, reason))

    def rings_out(self, hangup_first: bool = False) -> None:
        """Not answered in the queue's ring time. Hang-up and RingNoAnswer come in either order."""
        self.caller.dial_ended(self, "NOANSWER")
        self.caller.dial_ended(self, "CANCEL")
        if hangup_first:
            self.gone(0)
        self.no_answer()
        if not hangup_first:
            self.gone(0)
        self.pbx.member(self.agent, self.queue)

    def refuses(self, cause: int) -> None:
        """486 → 17, 603 → 21, 480 → 19."""
        self.asks(cause)
        self.caller.dial_ended(self, "NOANSWER")
        self.no_answer()
        self.gone(cause)
        self.pbx.member(self.agent, self.queue)

    def loses(self) -> None:
        """Another phone of a ring-all was faster."""
        self.caller.dial_ended(self, "CANCEL")
        self.gone(26)
        self.pbx.member(self.agent, self.queue)

    def hangs_up(self) -> None:
        """A talking agent hangs up first; the caller leaves ``Queue(…,c)`` and is hung up by the dialplan."""
        self.asks()
        self.leaves()
        self.caller.leaves()
        self.complete("agent")
        self.gone()
        self.caller.queue_ended("CONTINUE")
        self.caller.stopped()
        self.pbx.member(self.agent, self.queue)
        self.caller.ends()

    def blind_transfers(self, to: str, context: str = "zt-transfer") -> None:
        """The caller leaves for ``to``; this phone is out."""
        whom = self.caller.uniqueid
        self.pbx.say(lambda at: ev.BlindTransferred(at, self.uniqueid, self.linkedid, whom, context, to, "Success"))
        self.complete("transfer")
        self.leaves()
        self.caller.leaves()
        self.gone()
        self.pbx.member(self.agent, self.queue)
        self.caller.partner = None


# --- what a tracker makes of it -------------------------------------------------------------------------------


@dataclass
class Told:
    """A tracker that has heard events, and all it said."""

    tracker: Tracker = field(default_factory=lambda: Tracker(PbxName("pbx1")))
    changes: list[Change] = field(default_factory=list)
    records: list[CallRecord] = field(default_factory=list)
    last: Micros = NEVER

    def hear(self, events: Iterable[ev.Event]) -> "Told":
        for event in events:
            self.take(self.tracker.apply(event))
            self.last = max(self.last, event.at)
        return self

    def take(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self.changes.append(change)
            if isinstance(change, CallEnded):
                self.records.append(build_record(change.call))

    def settle(self, seconds: float = 2) -> "Told":
        """Let time pass, so that ended calls are handed over."""
        return self.hear([ev.Tick(Micros(self.last + micros_of(seconds)))])

    @property
    def record(self) -> CallRecord:
        (record,) = self.records
        return record

    @property
    def anomalies(self) -> list[str]:
        return [f"{change.kind}: {change.detail}" for change in self.changes if isinstance(change, Anomaly)]

    def of(self, kind: type[Change]) -> list[Change]:
        return [change for change in self.changes if type(change) is kind]

    @property
    def left_over(self) -> dict[str, int]:
        """What a world holds that should be empty once all calls are over."""
        world = self.tracker.world
        sizes = {
            "channels": len(world.channels),
            "calls": len(world.calls),
            "legs": len(world.by_leg),
            "conversations": len(world.by_linkedid),
            "bridges": len(world.bridges),
            "settling": len(world.settling),
            "waiting": sum(len(queue.waiting) for queue in world.queues.values()),
            "offers": sum(len(agent.offers) for agent in world.agents.values()),
            "talking": sum(len(agent.talking) for agent in world.agents.values()),
        }
        return {name: size for name, size in sizes.items() if size}


def told(events: Sequence[ev.Event]) -> Told:
    """Let a new tracker hear ``events``, then let time pass."""
    return Told().hear(events).settle()


def seconds(record: CallRecord) -> list[tuple[str, tuple[str, ...], float]]:
    """The timeline to be read: kind, with whom, how long to the tenth of a second; shorter segments left out."""
    rounded = [(str(s.kind), s.with_, round((s.end - s.start) / 1_000_000, 1)) for s in record.timeline]
    return [segment for segment in rounded if segment[2]]


def offers(record: CallRecord) -> list[tuple[str, str]]:
    return [(str(offer.member), str(offer.outcome)) for offer in record.offers]


def visits(record: CallRecord) -> list[tuple[str, str]]:
    return [(str(visit.queue), str(visit.result)) for visit in record.visits]
