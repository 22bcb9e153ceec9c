"""One call while it lives: its legs, its stays in queues, its offers. Mutable, owned by the tracker alone.

None of these holds anything that holds it in turn, so the garbage collector need not look through them (``gc=False``).
"""

from dataclasses import dataclass

import msgspec

from telephony.model.ids import BridgeId, CallId, Linkedid, MemberName, Micros, PbxName, QueueName, Uniqueid
from telephony.model.invites import Invite
from telephony.model.known import Known
from telephony.model.machines import CallState, ChannelState, OfferState
from telephony.model.met import Met
from telephony.model.remarks import Remarks
from telephony.model.telling import Telling
from telephony.model.terms import Direction, Place, Provenance, Role, VisitResult

MAX_LEGS = 1_000
MAX_OFFERS = 2_000
MAX_SPANS = 2_000
MAX_VISITS = 1_000
MAX_TRANSFERS = 1_000
MAX_PAUSES = 1_000
MAX_INVITES = 200
MAX_TRIES = 200  # of one invitation
MAX_KIN = 1_000  # aliases, related calls, and people of other calls
"""Bounds of one call (law 10). What comes beyond is counted in ``Call.left_out``, not kept."""

REJOIN = Micros(100_000)
"""Who meets the same people again this soon never left: the PBX moved them to another bridge, or took a Local channel
out of the way (measured: 0.02 ms there, up to 45 ms into a room)."""
_LOOK_BACK = 4
_SERVICE, _INBOUND = Role.SERVICE, Direction.INBOUND
OPEN_OFFER = (OfferState.RINGING, OfferState.PICKED_UP)


class Span(msgspec.Struct, gc=False):
    """A stretch of time with the same people: ``partners`` are the channels of the others in the conversation, or of
    those on hold."""

    start: Micros
    partners: tuple[Uniqueid, ...]
    end: Micros | None = None


class Leg(msgspec.Struct, gc=False):
    """One channel, from its creation to its hang-up. ``spans`` and ``held`` are in order; the last may be open."""

    uniqueid: Uniqueid
    name: str
    role: Role
    party: str
    created_at: Micros
    state: ChannelState = ChannelState.DOWN
    answered_at: Micros | None = None
    ended_at: Micros | None = None
    spans: list[Span] = msgspec.field(default_factory=list)
    held: list[Span] = msgspec.field(default_factory=list)
    cause: int | None = None
    asked_at: Micros | None = None  # when this phone itself hung up
    agent: MemberName | None = None  # whose phone it is, where the queue did not ring it (telephony.model.standing)
    shut_down: bool = False  # the PBX ends this leg because it ends itself
    dial_status: str = ""
    place: Place = Place.NONE
    muted: bool = False  # in its room: the others do not hear it

    @property
    def person(self) -> bool:
        """False for Local halves, announcers and recorders."""
        return self.role is not _SERVICE

    @property
    def talking(self) -> bool:
        spans = self.spans
        return bool(spans) and spans[-1].end is None

    def meet(self, partners: tuple[Uniqueid, ...], at: Micros) -> bool:
        """From ``at`` on this leg talks with exactly ``partners`` (none: with nobody); whether it did not before."""
        before = self.partners
        if partners == before:
            return False
        if before:
            self._part(at)
        if not partners or (self.spans and self._rejoin(partners, at)):
            return True
        if self.held and self.held[-1].end is None:
            self._end_hold_of(set(partners) - set(before), at)
        if len(self.spans) < MAX_SPANS:
            self.spans.append(Span(at, partners))
        return True

    def _rejoin(self, partners: tuple[Uniqueid, ...], at: Micros) -> bool:
        """Take up again a stretch with the same people that ended a moment ago; what came between did not happen."""
        for back, span in enumerate(reversed(self.spans[-_LOOK_BACK:])):
            if span.end is None or at - span.end > REJOIN:
                break
            if span.partners == partners:
                span.end = None
                del self.spans[len(self.spans) - back :]
                return True
        return False

    def _part(self, at: Micros) -> None:
        if at > self.spans[-1].start:
            self.spans[-1].end = at
        else:
            self.spans.pop()

    def _end_hold_of(self, met: set[Uniqueid], at: Micros) -> None:
        """Coming back to those it had put on hold ends the hold: the feature codes of a transfer send no Unhold."""
        if not self.held[-1].partners:  # the hold came before the bridge
            self.held[-1].partners = tuple(met)
        elif met & set(self.held[-1].partners):
            self.hold(False, at)

    def hold(self, held: bool, at: Micros) -> None:
        """This phone puts those it talks with on hold, or takes them back."""
        if held and not self.on_hold and len(self.held) < MAX_SPANS:
            self.held.append(Span(at, self.partners))
        elif not held and self.on_hold:
            self.held[-1].end = max(at, self.held[-1].start)

    @property
    def partners(self) -> tuple[Uniqueid, ...]:
        """Whom this leg talks with now."""
        last = self.spans[-1] if self.spans else None
        return last.partners if last is not None and last.end is None else ()

    @property
    def on_hold(self) -> bool:
        return bool(self.held) and self.held[-1].end is None


class Offer(msgspec.Struct, gc=False):
    member: MemberName
    queue: QueueName
    caller: Uniqueid
    uniqueid: Uniqueid
    at: Micros
    state: OfferState = OfferState.RINGING
    ended_at: Micros | None = None  # answered: picked up
    cause: int | None = None

    @property
    def open(self) -> bool:
        """Still ringing, or picked up and not yet talking."""
        return self.state in OPEN_OFFER


class Visit(msgspec.Struct, gc=False):
    """One stay of one caller in one queue."""

    queue: QueueName
    uniqueid: Uniqueid
    position: int
    joined_at: Micros
    ended_at: Micros | None = None
    result: VisitResult | None = None
    key: str = ""
    told_min: int | None = None  # how many minutes the caller was told, before joining


REQUEUE = "requeue"
"""Of a transfer: an agent sent the caller into a queue (again)."""


@dataclass(slots=True)
class Transfer:
    kind: str
    at: Micros
    by: Uniqueid
    to: str
    context: str
    result: str


@dataclass(slots=True)
class Consult:
    """An agent (``by``: their leg) has somebody rung, to ask them. ``guest``: that one's leg, once there is one.
    ``result``: completed, merged, cancelled, or Asterisk's DIALSTATUS word; empty while it lasts."""

    by: Uniqueid
    whom: str  # as dialled
    at: Micros
    guest: Uniqueid | None = None
    answered_at: Micros | None = None
    ended_at: Micros | None = None
    result: str = ""
    invite: str = ""  # the id of its invitation

    @property
    def ringing(self) -> bool:
        return self.answered_at is None and self.ended_at is None


@dataclass(slots=True)
class DutyCall:
    """A duty mobile that was rung for the caller."""

    at: Micros
    mobile: str


@dataclass(slots=True)
class WentOut:
    """A number was tried over a trunk."""

    at: Micros
    purpose: str
    number: str
    agent: str
    trunk: str


@dataclass(slots=True)
class RefusedOut:
    """A number was to be called over a trunk, and was not."""

    at: Micros
    purpose: str
    number: str
    agent: str
    reason: str


@dataclass(slots=True)
class Listening:
    """A stretch in which a supervisor's phone (``by``: its agent's number) heard the call; ``mode``: listen, whisper,
    barge."""

    start: Micros
    by: str
    mode: str
    end: Micros | None = None


@dataclass(slots=True)
class Pause:
    """A stretch of a recording that was left out (an agent's ``key``) or silenced (our ``command``)."""

    start: Micros
    by: str
    end: Micros | None = None


@dataclass(slots=True)
class PrivateFile:
    """A recording of what was spoken apart from the caller, on the channel ``by``."""

    path: str
    by: Uniqueid
    start: Micros
    end: Micros | None = None
    size: int | None = None  # bytes; None: nobody told


class Call(msgspec.Struct, gc=False):
    """``caller`` is the channel whose fate the record tells: the citizen's, or whoever began an internal call."""

    call_id: CallId
    pbx: PbxName
    caller: Uniqueid
    received_at: Micros
    direction: Direction
    dialled: str = ""
    caller_number: str = ""
    caller_name: str = ""
    language: str = ""
    trunk: str = ""
    recording: str = ""
    other_recordings: list[str] = msgspec.field(default_factory=list)  # of calls that were joined into this one
    notice: str = ""
    telling: Telling | None = None  # what of the notice the caller heard
    recorder: Uniqueid | None = None  # the channel whose voices are recorded
    recorder_since: Micros | None = None  # when it began, or began anew; None while it does not run
    pauses: list[Pause] = msgspec.field(default_factory=list)  # in order; the last may be open
    recorded_bytes: int | None = None  # None: nobody told
    refused_because: str = ""
    met: Met = msgspec.field(default_factory=Met)
    duty: list[DutyCall] = msgspec.field(default_factory=list)
    told_wait: tuple[QueueName, int] | None = None  # of the queue that the caller is about to join, minutes
    promise: str = ""  # of a call-back: given, heard, withheld; empty: nobody came to promise one
    promise_because: str = ""
    calls_back: str = ""
    out: list[WentOut] = msgspec.field(default_factory=list)  # in order, as the next
    refused_out: list[RefusedOut] = msgspec.field(default_factory=list)
    heard_by: list[Listening] = msgspec.field(default_factory=list)
    listens: bool = False  # a supervisor's phone that hears another call: no call of its own
    priority: int = 0  # in its queue, as far as we gave it one
    state: CallState = CallState.RECEIVED
    since: Micros | None = None  # in this state; None: since it was received
    legs: dict[Uniqueid, Leg] = msgspec.field(default_factory=dict)
    live: set[Uniqueid] = msgspec.field(default_factory=set)
    linkedids: dict[Linkedid, None] = msgspec.field(default_factory=dict)  # in order of appearance
    visits: list[Visit] = msgspec.field(default_factory=list)
    offers: dict[Uniqueid, Offer] = msgspec.field(default_factory=dict)
    transfers: list[Transfer] = msgspec.field(default_factory=list)
    room: bool = False  # caller and agent were moved out of the queue's bridge into a room
    host: Uniqueid | None = None  # whose room it is, or was: the citizen, also of a call that an agent made
    consults: list[Consult] = msgspec.field(default_factory=list)  # in order; the last may be open
    invites: list[Invite] = msgspec.field(default_factory=list)  # in order of their beginning; any of them may be open
    private_files: list[PrivateFile] = msgspec.field(default_factory=list)
    aliases: list[CallId] = msgspec.field(default_factory=list)
    related: list[CallId] = msgspec.field(default_factory=list)
    strangers: dict[Uniqueid, Leg] = msgspec.field(default_factory=dict)  # of other calls; its people talked with them
    answered_at: Micros | None = None
    answered_by: Uniqueid | None = None
    ended_at: Micros | None = None
    ended_unseen: bool = False  # the link was down when it ended
    ended_by_pbx: bool = False  # the PBX went down, restarted, or was told to hang the caller up
    estimated: list[str] = msgspec.field(default_factory=list)
    provenance: Provenance = Provenance.OBSERVED
    headless: bool = False  # the channel that began the conversation was never seen: it may have been a citizen's
    left_out: int = 0
    remarks: Remarks = msgspec.field(default_factory=Remarks)
    known: Known | None = None  # of the caller, from before; None: not looked up

    @property
    def inbound(self) -> bool:
        return self.direction is _INBOUND

    @property
    def of_a_citizen(self) -> bool:
        """Whether it is, or may be, a citizen's: called in, called back, or begun by who knows whom."""
        return self.inbound or self.headless or bool(self.calls_back)

    def open_visit(self, uniqueid: Uniqueid) -> Visit | None:
        """The stay of this channel in a queue that has not ended."""
        for visit in reversed(self.visits):
            if visit.result is None and visit.uniqueid == uniqueid:
                return visit
        return None

    def anyone(self, uniqueid: Uniqueid) -> Leg | None:
        """A leg of this call, or of another call that this one's people talked with."""
        return self.legs.get(uniqueid) or self.strangers.get(uniqueid)

    @property
    def open_pause(self) -> Pause | None:
        return self.pauses[-1] if self.pauses and self.pauses[-1].end is None else None

    @property
    def citizen(self) -> Leg | None:
        """Whoever music is played to when nobody is with them: the room's, else whoever began the call."""
        return self.legs.get(self.host or self.caller)

    @property
    def consult(self) -> Consult | None:
        """The one that lasts."""
        return self.consults[-1] if self.consults and self.consults[-1].ended_at is None else None

    def invite(self, invite_id: str) -> Invite | None:
        """The last one of this id."""
        return next((invite for invite in reversed(self.invites) if invite.id == invite_id), None)

    def invite_of(self, uniqueid: Uniqueid) -> Invite | None:
        """The invitation that this leg came by, or is rung for."""
        for invite in reversed(self.invites):
            if uniqueid == invite.guest or any(uniqueid == tried.leg for tried in invite.tries):
                return invite
        return None

    def open_offers(self) -> list[Offer]:
        return [offer for offer in self.offers.values() if offer.state in OPEN_OFFER]


class Bridge(msgspec.Struct, gc=False):
    bridge_id: BridgeId
    members: dict[Uniqueid, None] = msgspec.field(default_factory=dict)
