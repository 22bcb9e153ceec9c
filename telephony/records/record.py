"""The call record: what we keep of one call, for good. Pure.

Times are UTC microseconds of the PBX's clock, durations are milliseconds. ``None`` means *it did not happen* or *it
is not known*; ``provenance`` and ``estimated`` tell which of a record's times were seen and which were inferred.
"""

import msgspec

from telephony.model.ids import CallId, Linkedid, MemberName, Micros, PbxName, QueueName, Uniqueid
from telephony.model.terms import (
    AbandonedIn,
    Direction,
    InviteMode,
    InviteState,
    OfferOutcome,
    Outcome,
    Provenance,
    Role,
    SegmentKind,
    Side,
    TryResult,
    VisitResult,
)
from telephony.numbers.received import Normalised
from telephony.records.remarked import Remarked

SCHEMA_VERSION = 1


class Offer(msgspec.Struct, frozen=True):
    """One agent's phone rung for this caller."""

    member: MemberName
    queue: QueueName
    uniqueid: Uniqueid  # of the agent's leg
    at: Micros
    ended_at: Micros | None
    outcome: OfferOutcome
    cause: int | None = None  # Q.850 of the agent's leg


class Interval(msgspec.Struct, frozen=True):
    """From ``start`` to ``end`` (None: not ended when the record was made)."""

    start: Micros
    end: Micros | None


class Leg(msgspec.Struct, frozen=True):
    """One channel of the call."""

    uniqueid: Uniqueid
    name: str
    role: Role
    party: str  # agent's number, caller's number, or the endpoint
    created_at: Micros
    answered_at: Micros | None
    ended_at: Micros | None
    talking: tuple[Interval, ...]  # in one bridge with another person
    held: tuple[Interval, ...]  # by its phone's hold button
    cause: int | None
    hung_up_first: bool  # this phone's own hang-up ended its leg


class QueueVisit(msgspec.Struct, frozen=True):
    queue: QueueName
    uniqueid: Uniqueid  # the channel that waited
    position: int
    joined_at: Micros
    ended_at: Micros | None
    result: VisitResult
    key: str = ""
    told_min: int | None = None  # how many minutes the caller was told, before joining; None: nothing


class Consult(msgspec.Struct, frozen=True):
    """An agent, the caller on hold, had somebody rung to ask them. ``result``: completed (the caller was left to them),
    merged (all came together), cancelled (while it rang), over; or why they were not reached, as Asterisk's DIALSTATUS
    says it, in small letters. Whom a phone's own keys reach is here if the dialplan tells whom it rings: by a code."""

    by: str  # the agent
    whom: str  # as dialled; after a snapshot only, the party
    at: Micros
    answered_at: Micros | None
    ended_at: Micros | None
    result: str


class Try(msgspec.Struct, frozen=True):
    """One number that was rung for an invitation. ``reason``: the PBX's own word of how it ended, in small letters:
    Asterisk's DIALSTATUS, or why it was not called (dialplans/README.md, Calls that leave)."""

    number: str
    code: str  # in the directory; empty: not in it
    at: Micros
    ended_at: Micros | None  # answered: picked up
    result: TryResult
    reason: str = ""


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody was invited into the call, or to be asked apart. ``to``: who was asked for: a specialist's code or a
    number, if no other was rung; else a department's. ``result``: joined, failed (nobody came), cancelled.
    ``ended_at`` of one who joined: when they left, which may be after the caller."""

    id: str
    by: str  # the agent who invited
    to: str
    department: str  # its code; empty: one by name
    mode: InviteMode
    purpose: str
    at: Micros
    tries: tuple[Try, ...]
    answered_at: Micros | None = None
    joined_at: Micros | None = None
    ended_at: Micros | None = None
    result: InviteState = InviteState.FAILED
    guest: Uniqueid | None = None  # the leg of who came


class Stretch(msgspec.Struct, frozen=True):
    """``kind``: caller (they heard the caller, or are the caller and heard somebody), private (with others, apart from
    the caller), hold (alone meanwhile), after (with others, the caller having left)."""

    kind: str
    start: Micros
    end: Micros


class Participant(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who talked in this call. ``who``: an agent's number, or a telephone number; ``code`` and ``department``
    as invited, empty for who was not; ``invited_by``: an agent's number."""

    leg: Uniqueid
    who: str
    role: Role
    code: str = ""
    department: str = ""
    invited_by: str = ""
    stretches: tuple[Stretch, ...] = ()


class PrivatePart(msgspec.Struct, frozen=True):
    """``who`` talked apart from the caller, who heard nothing of it. ``recording``: the file of its own that it has,
    relative to the recordings folder; empty: none."""

    start: Micros
    end: Micros
    who: tuple[str, ...]
    recording: str = ""


class Incident(msgspec.Struct, frozen=True):
    """An emergency number was called. ``by``: the agent; ``result`` as of an invitation's try."""

    at: Micros
    number: str
    by: str
    answered_at: Micros | None
    ended_at: Micros | None
    result: TryResult


class Transfer(msgspec.Struct, frozen=True):
    kind: str  # blind, attended, blonde; requeue: into a queue, by order, or since the agent's phone went in a hold
    at: Micros
    by: str  # party of who transferred
    to: str  # number or party
    context: str
    result: str


class DutyCall(msgspec.Struct, frozen=True):
    """A duty mobile rung for the caller; ``taken_at``: when they began to talk."""

    mobile: str
    at: Micros
    taken_at: Micros | None = None


class WentOut(msgspec.Struct, frozen=True):
    """A number that was called over a trunk; one for each trunk that was tried. ``purpose``: dialplans/README.md,
    Calls that leave; ``agent``: who had it called, empty for none."""

    at: Micros
    purpose: str
    number: str
    agent: str
    trunk: str


class Heard(msgspec.Struct, frozen=True):
    """A stretch in which a supervisor's phone heard the call; ``by``: its agent's number; ``mode``: listen, whisper
    (the agent heard them), barge (all did)."""

    by: str
    mode: str
    start: Micros
    end: Micros


class RefusedOut(msgspec.Struct, frozen=True):
    """A number that was to be called over a trunk and was not; nothing left. ``reason``: dialplans/README.md."""

    at: Micros
    purpose: str
    number: str
    agent: str
    reason: str


class RecordingPause(msgspec.Struct, frozen=True):
    """What is not in the recording: cut out of the file (an agent's ``key``), or silence in it (our ``command``)."""

    start: Micros
    end: Micros
    by: str


class RecordingFile(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the recording: ``state`` and ``why`` as in telephony.recordings.terms; length (ms), size (bytes)
    and SHA-256 (hex) are of the file. ``held``: under legal hold."""

    state: str
    why: str | None
    length_ms: int | None
    size: int | None
    sha256: str | None
    held: bool = False


class NoticeHeard(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller heard of the notice before somebody answered, or nobody did.

    ``language``: of its sounds; ``length_ms``: of all of them. ``heard_ms`` is 0 where there was no path for sound
    before the answer. ``whole``: to its end. ``cost_ms``: of one that is heard before the wait, the connect time spent
    on it.
    """

    language: str
    length_ms: int
    heard_ms: int
    whole: bool
    cost_ms: int = 0


class CallerMet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the caller met because of the desks (dialplans/README.md: Rating, Sticky routing, Limits, Silent callers).

    ``rating``: 1 to 5, as keyed once the agent ``rated`` had ended the call, if ``rating_asked``. ``limited``: how the
    caller's number is: low-priority, one-call, refuse. ``sticky``: the phone of ``sticky_agent``, who had the caller
    before, rang first: offered, answered. ``silent``: nothing was heard of the caller, as far as anybody listened.
    """

    rating_asked: bool = False
    rating: int | None = None
    rated: MemberName | None = None
    limited: str = ""
    sticky: str = ""
    sticky_agent: MemberName | None = None
    silent: bool = False


class Segment(msgspec.Struct, frozen=True):
    """A stretch of the caller's time. Segments follow each other without hole or overlap, received → ended."""

    kind: SegmentKind
    start: Micros
    end: Micros
    with_: tuple[str, ...] = msgspec.field(default=(), name="with")  # parties, e.g. agent numbers


class CallRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One call. Written once it has ended; written again only to add what was learnt later (idempotent by
    ``call_id``)."""

    call_id: CallId
    schema_version: int = SCHEMA_VERSION
    pbx: PbxName
    aliases: tuple[CallId, ...] = ()  # CallIds that were joined into this one
    related: tuple[CallId, ...] = ()  # other citizens' calls it was connected with; each keeps its own record
    uniqueids: tuple[Uniqueid, ...]
    linkedids: tuple[Linkedid, ...]
    direction: Direction
    dialled: str
    caller_number: str  # as received
    caller_name: str
    trunk: str
    queue: QueueName | None  # the queue that answered, else the last one waited in
    agent: MemberName | None  # who answered first
    received_at: Micros
    queued_at: Micros | None
    first_offered_at: Micros | None
    answered_at: Micros | None
    ended_at: Micros  # of a citizen's call: of the citizen's own leg
    wait_ms: int | None  # queue entry → answered or left the queue; over all visits until the first answer
    ring_ms: int | None  # the answering agent's phone: offer → answered
    talk_ms: int  # with at least one other person, hold not counted
    hold_ms: int
    visits: tuple[QueueVisit, ...] = ()
    offers: tuple[Offer, ...] = ()
    legs: tuple[Leg, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    consults: tuple[Consult, ...] = ()
    invitations: tuple[Invitation, ...] = ()
    participants: tuple[Participant, ...] = ()
    private_parts: tuple[PrivatePart, ...] = ()
    incidents: tuple[Incident, ...] = ()
    timeline: tuple[Segment, ...] = ()
    recording: str | None = None  # path relative to the recordings folder, whether or not there is such a file
    other_recordings: tuple[str, ...] = ()  # of conversations that were joined into this call
    recording_pauses: tuple[RecordingPause, ...] = ()
    recorded_bytes: int | None = None  # of the file, as the PBX told at the end; 0: none; None: it did not tell
    recording_file: RecordingFile | None = None  # never stored: joined in where a record is shown or exported
    remarks: Remarked | None = None  # what people have said of it; never stored, as ``recording_file``
    notice: str = ""  # what the caller was told, or is to be told, of the recording; empty: nothing
    notice_heard: NoticeHeard | None = None  # None: the PBX played none
    recorded: bool | None = None  # whether there is a recording, as the PBX told at the end; None: it did not tell
    outcome: Outcome
    abandoned_in: AbandonedIn | None = None
    refused_because: str | None = None
    out: tuple[WentOut, ...] = ()  # what of it was tried over trunks, in order, as the next
    refused_out: tuple[RefusedOut, ...] = ()
    heard_by: tuple[Heard, ...] = ()  # seen only while the bridge ran: the PBX's logs do not tell
    duty: tuple[DutyCall, ...] = ()  # the duty mobiles that were rung, in their order
    promise: str = ""  # of a call-back: given, heard (whole), withheld (no number to call back); empty: none was due
    promise_because: str = ""  # why it came to it: as the dialplan says (dialplans/README.md, ZtPromise)
    met: CallerMet | None = None  # None: nothing of that
    calls_back: str | None = None  # the entry of the missed-call ledger that this call answers; outbound only
    hung_up_by: Side
    cause: int | None  # Q.850 of the caller's leg
    provenance: Provenance = Provenance.OBSERVED
    estimated: tuple[str, ...] = ()  # names of the fields whose value is inferred, e.g. ended_at
    caller_normalised: Normalised | None = None  # what the caller's number means; None: recorded before that was told
    dialled_normalised: Normalised | None = None  # the same of ``dialled``, of a call to outside
