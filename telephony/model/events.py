"""What the PBX (and we ourselves) can tell the model. Everything that changes state is one of these.

Each is a frozen struct. ``at`` is the PBX's time of the event in microseconds (the AMI ``Timestamp`` header);
for events of our own (``Tick``, ``LinkLost``) ingest stamps them on the same line of time. Text is as received,
already decoded; an absent AMI header is an empty string. ``telephony.ami.decode`` makes them from AMI messages.
"""

import msgspec

from telephony.model.ids import BridgeId, Linkedid, MemberName, Micros, QueueName, Uniqueid
from telephony.model.seen import CallerSeen, ChannelSeen, InviteSeen, TrunkSeen, WrapUpSeen


class Event(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Base of all events."""

    at: Micros


# --- channels ---------------------------------------------------------------------------------------------


class ChannelEvent(Event, frozen=True, gc=False):
    """An event about one channel; ``linkedid`` is the channel's conversation as of this event."""

    uniqueid: Uniqueid
    linkedid: Linkedid


class ChannelCreated(ChannelEvent, frozen=True, gc=False):
    """AMI ``Newchannel``."""

    name: str
    state: int  # ast_channel_state: 0 down, 4 ring, 5 ringing, 6 up
    caller_number: str
    caller_name: str
    context: str
    exten: str
    language: str = ""


class ChannelStateChanged(ChannelEvent, frozen=True, gc=False):
    """AMI ``Newstate``."""

    state: int


class ChannelRenamed(Event, frozen=True, gc=False):
    """AMI ``Rename`` (a masquerade). Carries no Linkedid."""

    uniqueid: Uniqueid
    name: str


class CallerIdChanged(ChannelEvent, frozen=True, gc=False):
    """AMI ``NewCallerid``."""

    number: str
    name: str


class HangupAsked(ChannelEvent, frozen=True, gc=False):
    """AMI ``HangupRequest`` (``by_peer``: the phone at the far end hung up) or ``SoftHangupRequest`` (somebody
    else asked the channel to end)."""

    by_peer: bool
    cause: int


class ChannelHungUp(ChannelEvent, frozen=True, gc=False):
    """AMI ``Hangup``; ``cause`` is Q.850."""

    cause: int
    cause_text: str


class DialBegan(Event, frozen=True, gc=False):
    """AMI ``DialBegin``. ``uniqueid`` is empty for an Originate."""

    uniqueid: Uniqueid
    dest_uniqueid: Uniqueid
    dest_linkedid: Linkedid
    dest_name: str
    dialled: str


class DialEnded(Event, frozen=True, gc=False):
    """AMI ``DialEnd``; ``status`` is Asterisk's DIALSTATUS word (ANSWER, BUSY, CANCEL, NOANSWER …). ``forward``: where
    the phone sent the call on (302), as it wrote it."""

    uniqueid: Uniqueid
    dest_uniqueid: Uniqueid
    dest_linkedid: Linkedid
    status: str
    dest_name: str = ""
    forward: str = ""


class BridgeEntered(ChannelEvent, frozen=True, gc=False):
    """AMI ``BridgeEnter``. ``name`` is the channel's current name (it can have changed unseen)."""

    bridge: BridgeId
    bridge_type: str
    name: str


class BridgeLeft(ChannelEvent, frozen=True, gc=False):
    """AMI ``BridgeLeave``."""

    bridge: BridgeId


class BridgesMerged(Event, frozen=True, gc=False):
    """AMI ``BridgeMerge``: all channels of ``gone`` move into ``kept``."""

    kept: BridgeId
    gone: BridgeId


class BridgeDestroyed(Event, frozen=True, gc=False):
    """AMI ``BridgeDestroy``."""

    bridge: BridgeId


class LocalBridged(Event, frozen=True, gc=False):
    """AMI ``LocalBridge``: the two halves of a Local channel."""

    one: Uniqueid
    two: Uniqueid


class PhoneHeld(ChannelEvent, frozen=True, gc=False):
    """AMI ``Hold`` (``held``) or ``Unhold``: the phone's own hold button."""

    held: bool


class BlindTransferred(Event, frozen=True, gc=False):
    """AMI ``BlindTransfer``. ``by`` is the channel of who transferred, ``whom`` of who was transferred (may be
    empty when more than one was)."""

    by: Uniqueid
    by_linkedid: Linkedid
    whom: Uniqueid
    context: str
    exten: str
    result: str


class AttendedTransferred(Event, frozen=True, gc=False):
    """AMI ``AttendedTransfer``. ``by_first`` and ``by_second`` are the transferring phone's channels to the
    caller and to the target."""

    by_first: Uniqueid
    first_linkedid: Linkedid
    by_second: Uniqueid
    second_linkedid: Linkedid
    whom: Uniqueid
    target: Uniqueid
    result: str


class RecordingChanged(ChannelEvent, frozen=True, gc=False):
    """AMI ``MixMonitorStart`` / ``MixMonitorStop``."""

    running: bool


class RecordingMuted(ChannelEvent, frozen=True, gc=False):
    """AMI ``MixMonitorMute``: the recorder, if there is one, writes silence from now on, or voices again."""

    muted: bool


class MusicChanged(ChannelEvent, frozen=True, gc=False):
    """AMI ``MusicOnHoldStart`` (``music``: its class) or ``MusicOnHoldStop`` (empty)."""

    music: str


# --- queues -----------------------------------------------------------------------------------------------


class QueueJoined(ChannelEvent, frozen=True, gc=False):
    """AMI ``QueueCallerJoin``. ``position`` counts from 1."""

    queue: QueueName
    position: int


class QueueLeft(ChannelEvent, frozen=True, gc=False):
    """AMI ``QueueCallerLeave``. Alone it means nothing: it comes before a connect and after an abandon."""

    queue: QueueName


class QueueAbandoned(ChannelEvent, frozen=True, gc=False):
    """AMI ``QueueCallerAbandon``. Also fires on timeout, leave-empty, withdraw and redirect: no verdict."""

    queue: QueueName


class OfferEvent(ChannelEvent, frozen=True, gc=False):
    """An event about one member rung for one caller (``uniqueid`` is the caller's channel)."""

    queue: QueueName
    member: MemberName
    interface: str
    dest_uniqueid: Uniqueid


class OfferMade(OfferEvent, frozen=True, gc=False):
    """AMI ``AgentCalled``."""

    dest_linkedid: Linkedid
    dest_name: str


class OfferConnected(OfferEvent, frozen=True, gc=False):
    """AMI ``AgentConnect``. Comes before the bridge."""


class OfferUnanswered(OfferEvent, frozen=True, gc=False):
    """AMI ``AgentRingNoAnswer``. Fires for refusals as well."""


class OfferDumped(OfferEvent, frozen=True, gc=False):
    """AMI ``AgentDump``: the caller hung up while the agent listened to an announcement."""


class OfferCompleted(OfferEvent, frozen=True, gc=False):
    """AMI ``AgentComplete``. Asynchronous and sometimes early: we time our own segments. ``uniqueid`` or
    ``dest_uniqueid`` is empty when that channel was gone by then."""

    reason: str


class MemberChanged(Event, frozen=True, gc=False):
    """AMI ``QueueMemberStatus``, ``…Added``, ``…Removed``, ``…Pause``, ``…Penalty``, ``…Ringinuse``: all carry the
    member whole. ``status`` is a device state (1 not in use, 2 in use, 3 busy, 4 invalid, 5 unavailable,
    6 ringing, 7 ring+in use, 8 on hold). ``removed``: no longer a member of ``queue``."""

    queue: QueueName
    member: MemberName
    interface: str
    state_interface: str
    status: int
    paused: bool
    pause_reason: str
    penalty: int
    in_call: bool
    last_call: int  # epoch seconds, 0 = none
    wrapup_s: int
    removed: bool


# --- our dialplan's own words (dialplans/README.md is the contract) ---------------------------------------


class CallEntered(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtEntry``: a call came in through a trunk (or an internal phone dialling the hotline)."""

    trunk: str
    dialled: str
    recording: str  # path relative to the recordings folder, empty when not recorded
    notice: str = ""  # what the caller is told of it


class QueueEnded(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtQueueEnd``: QUEUESTATUS after ``Queue()``, or EXITKEY at a key exit."""

    queue: QueueName
    status: str
    key: str


class WaitTold(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtExpect``: the caller is about to be told how many minutes the wait in this queue will take."""

    queue: QueueName
    minutes: int


class CallRefused(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtRefused``: turned away before any queue. ``reason`` is one word (closed, unknown-number,
    capacity …)."""

    trunk: str
    dialled: str
    reason: str


class ClosureTold(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtClosure``: an agent keyed the code of the emergency closure. ``state``: closed, open, denied;
    ``until_s`` in epoch seconds, 0 but for ``closed``."""

    state: str
    by: str
    until_s: int


class DutyCalled(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtDuty``: this duty mobile is about to be rung for the caller."""

    mobile: str


class CallBackPromised(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtPromise``: nobody could take the caller. ``state``: given, heard (to the end of the sentence), or
    withheld: nothing could be promised, for want of a number. ``why``: a QUEUESTATUS or a reason of ``CallRefused``."""

    why: str
    state: str


class WrapUpBegan(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtWrapup``: an agent's channel of a queue ends, and their wrap-up begins."""

    member: MemberName
    queue: QueueName
    seconds: int
    until: Micros


class CallerLegEnded(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtEnd``, from the caller's hangup handler. ``source`` is CHANNEL(hangupsource)."""

    queue: QueueName
    status: str
    cause: int
    source: str


class CallWentOut(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtOut``: ``number`` is about to be called over ``trunk``. ``recording``: of a call of ours only."""

    purpose: str  # call-out, transfer, call-back, duty, specialist
    number: str
    agent: str  # who has it made; empty: nobody's phone
    trunk: str
    recording: str


class OutRefused(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtOutRefused``: nothing left. ``purpose`` may be forward, too: a phone's 302. ``reason`` is then
    bypassed where it asked no dialplan: that one rang, and was cut (``telephony.model.on_bypass``)."""

    purpose: str
    number: str
    agent: str
    reason: str


class CallBackBegan(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtCallback``: an agent's phone that we rang has answered, and the citizen is called next. ``entry``
    is that of the missed-call ledger, ``attempt`` this try's number."""

    entry: str
    attempt: str
    trunk: str
    dialled: str
    recording: str


class RecordingTold(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtRecording``: the recorder was paused or resumed by an agent's key, or ended with its channel."""

    state: str  # paused, resumed, ended
    size: int  # of the file, in bytes, at the end; 0: there is none


class NoticeTold(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtNotice``: what becomes of the notice of the recording. ``how``: it begins while ``waiting``, or
    ``whole`` before the wait, and then was ``played`` or ``failed``; or is ``unheard`` for want of a path for sound."""

    how: str
    language: str
    length: Micros


class Originated(Event, frozen=True, gc=False):
    """AMI ``OriginateResponse``: what became of a phone that we had the PBX ring, up to its answer. ``uniqueid`` is the
    one we chose, also when no channel was made."""

    uniqueid: Uniqueid
    answered: bool
    reason: int  # ast_control_frame_type, 0: it could not be rung at all


# --- trunks -----------------------------------------------------------------------------------------------


class EndpointChanged(Event, frozen=True, gc=False):
    """AMI ``PeerStatus``: a phone or a trunk answers OPTIONS again, or none of its contacts does any more."""

    endpoint: str  # technology and name: PJSIP/trunk-carrier
    status: str  # Reachable, Unreachable


class RegistrationChanged(Event, frozen=True, gc=False):
    """AMI ``Registry``: what a carrier said to our REGISTER, each time it was sent."""

    account: str  # client_uri
    server: str  # server_uri
    status: str  # Registered, Unregistered, Rejected


# --- the link and time ------------------------------------------------------------------------------------


class SnapshotTaken(Event, frozen=True):
    """The PBX's state as read once at the start of an epoch, whole. Applied before the epoch's events."""

    epoch: int
    booted_at: Micros  # CoreStatus: start-up date and time
    channels: tuple[ChannelSeen, ...]
    callers: tuple[CallerSeen, ...]
    members: tuple[MemberChanged, ...]
    queues: tuple[QueueName, ...]
    age: int = 0  # microseconds that reading it took: between ``at`` and its being handed on
    trunks: tuple[TrunkSeen, ...] = ()
    closure: str = ""  # what AstDB holds of the emergency closure
    wrap_ups: tuple[WrapUpSeen, ...] = ()
    invites: tuple[InviteSeen, ...] = ()
    muted: tuple[Uniqueid, ...] = ()  # whom the others in their room do not hear


class LinkLost(Event, frozen=True, gc=False):
    """The AMI session of this epoch is gone; nothing is known from here until the next snapshot."""

    epoch: int


class ClockSet(Event, frozen=True, gc=False):
    """The PBX's clock was set forward by ``by`` microseconds (negative: back); ``at`` is by the new setting. Ingest
    finds this out by its own clock."""

    by: int


class Tick(Event, frozen=True, gc=False):
    """Time has passed. Ingest sends one at least each second."""
