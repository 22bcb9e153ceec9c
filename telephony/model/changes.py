"""What falls out of the model: every change of state, in order, for records and for screens. Frozen data."""

import msgspec

from telephony.model.calls import Call
from telephony.model.ids import CallId, MemberName, Micros, QueueName, Uniqueid
from telephony.model.machines import AgentState, CallState, OfferState


class Change(msgspec.Struct, frozen=True, gc=False):
    """Base of all changes; ``at`` is the PBX's time of the event that caused it."""

    at: Micros


class CallStarted(Change, frozen=True, gc=False):
    call_id: CallId
    caller_number: str
    dialled: str
    trunk: str


class CallStateChanged(Change, frozen=True, gc=False):
    call_id: CallId
    state: CallState


class CallTouched(Change, frozen=True, gc=False):
    """Something that is known of the call is another than before, of which no other change tells."""

    call_id: CallId


class AgentTouched(Change, frozen=True, gc=False):
    """Something that is known of the agent is another than before, of which no other change tells."""

    member: MemberName


class CallerHeard(Change, frozen=True, gc=False):
    """The caller gave a sound for the first time since somebody listened."""

    call_id: CallId


class CallQueued(Change, frozen=True, gc=False):
    call_id: CallId
    queue: QueueName
    position: int


class OfferChanged(Change, frozen=True, gc=False):
    """An offer began (``RINGING``) or went on."""

    call_id: CallId
    queue: QueueName
    member: MemberName
    leg: Uniqueid
    state: OfferState


class CallAnswered(Change, frozen=True, gc=False):
    """The caller talks with somebody for the first time. ``member`` is None when it is no queue member."""

    call_id: CallId
    member: MemberName | None


class PartiesChanged(Change, frozen=True, gc=False):
    """Who talks with the owner of ``leg`` from now on; empty: nobody."""

    call_id: CallId
    leg: Uniqueid
    partners: tuple[Uniqueid, ...]


class LegEnded(Change, frozen=True, gc=False):
    call_id: CallId
    leg: Uniqueid
    cause: int


class CallTransferred(Change, frozen=True, gc=False):
    """Somebody handed the caller on (``kind``: blind, attended, blonde)."""

    call_id: CallId
    kind: str


class HoldEnded(Change, frozen=True, gc=False):
    """A phone takes back those it had put on hold before anybody told us of it: before our login."""

    call_id: CallId
    uniqueid: Uniqueid


class CallOutRefused(Change, frozen=True, gc=False):
    """A call over a trunk was refused (``ZtOutRefused``); ``agent`` is empty where nobody's phone asked for it."""

    call_id: CallId
    purpose: str
    agent: str
    reason: str


class CallBypassed(Change, frozen=True, gc=False):
    """The PBX calls ``channel`` because a phone named it in a 302, and no dialplan was asked: it must end.
    ``agent``: whose phone; empty: a trunk's other side. ``call_id`` is empty where no call is known."""

    call_id: str
    channel: str
    agent: str


class RecordingPaused(Change, frozen=True, gc=False):
    """The call's recording pauses (``by``: key, command), or goes on (``by`` is empty)."""

    call_id: CallId
    by: str


class NoticeCut(Change, frozen=True, gc=False):
    """The caller's wait ended before the notice of the recording did: who answered must say it. ``length`` and
    ``heard`` in microseconds."""

    call_id: CallId
    member: MemberName | None
    language: str
    length: Micros
    heard: Micros


class CallsJoined(Change, frozen=True, gc=False):
    """``gone`` is an alias of ``kept`` from here on."""

    kept: CallId
    gone: CallId


class CallEnded(Change, frozen=True):
    """The call is over and settled; ``call`` is handed over whole and no longer changes."""

    call: Call


class CallNotMade(Change, frozen=True, gc=False):
    """A phone that we had the PBX ring could not even be rung: no channel, and so no call and no record of it."""

    uniqueid: Uniqueid
    reason: int


class AgentStateChanged(Change, frozen=True, gc=False):
    member: MemberName
    state: AgentState
    previous: AgentState


class PauseDue(Change, frozen=True, gc=False):
    """The agent is to be paused for this reason (``telephony.model.pauses``); until the PBX says so they are not."""

    member: MemberName
    reason: str


class PauseOver(Change, frozen=True, gc=False):
    """What the agent is paused for is over: the pause is to end, if it is still this one."""

    member: MemberName
    reason: str


class QueueChanged(Change, frozen=True, gc=False):
    """How many wait in ``queue`` now."""

    queue: QueueName
    waiting: int


class MembershipChanged(Change, frozen=True, gc=False):
    """An agent's place in one queue: signed in or out, paused, its phone's device state."""

    queue: QueueName
    member: MemberName
    signed_in: bool
    status: int
    paused: bool
    pause_reason: str


class TrunkChanged(Change, frozen=True, gc=False):
    """The PBX reaches the carrier of ``trunk`` (OPTIONS), or reaches it no more."""

    trunk: str
    reachable: bool


class TrunkRegistered(Change, frozen=True, gc=False):
    """The carrier took our registration, or did not; ``status`` in Asterisk's word."""

    account: str
    server: str
    taken: bool
    status: str


class ClosureChanged(Change, frozen=True, gc=False):
    """Agent ``by`` closed the hotline until then, or opened it (None). ``denied``: may not, and nothing has changed."""

    by: str
    until: Micros | None
    denied: bool = False


class EpochBegan(Change, frozen=True, gc=False):
    """A login's snapshot has been taken in; all state is as the PBX says it is."""

    epoch: int
    calls: int


class EpochEnded(Change, frozen=True, gc=False):
    """The link is gone: all state is from now on as it was, not as it is."""

    epoch: int


class Anomaly(Change, frozen=True, gc=False):
    """The PBX said something the model has no place for. Counted by ``kind``; state is as before."""

    kind: str
    detail: str
