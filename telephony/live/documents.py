"""The state of now as documents: what desktops, wallboards and other systems are shown. Pure.

A document is a function of the model (and of what people have said of a call), made anew when something it shows has
changed. Each is named by a key: ``agent/1001``, ``call/01H…``, ``queue/general``, ``system``. Times are UTC
microseconds of the PBX's clock.
"""

import msgspec

from telephony.live.alarms import Alarm
from telephony.model.ids import CallId, MemberName, Micros, QueueName, Uniqueid
from telephony.model.known import Earlier, Known

__all__ = [
    "AgentDocument",
    "Audience",
    "CallDocument",
    "Delta",
    "Document",
    "Earlier",
    "Invited",
    "Known",
    "Party",
    "Place",
    "QueueDocument",
    "Snapshot",
    "SystemDocument",
    "Tried",
]


class Party(msgspec.Struct, frozen=True):
    """One who takes part in a call. ``role`` as in model.terms; ``who``: an agent's number, a telephone number.
    ``state``: ringing, talking, on-hold (hears music), apart (hears nobody). ``code`` and ``name``: of the directory of
    specialists, empty for who is not in it. ``place``: room (where the caller is), side, hold; empty: in none.
    ``invite``: the invitation that they came by, or are rung for. ``muted``: the others in the room do not hear them.
    """

    leg: Uniqueid
    role: str
    who: str
    state: str
    since: Micros
    code: str = ""
    name: str = ""
    muted: bool = False
    place: str = ""
    invite: str = ""


class Tried(msgspec.Struct, frozen=True):
    """One number of an invitation. ``state`` as in model.terms.TryResult; ``reason``: the PBX's own word of its end."""

    number: str
    code: str
    name: str
    state: str
    since: Micros  # it rings; or, when it is over, since then
    reason: str = ""
    line: str = ""
    left: int = 0  # how many this line still has to try after it


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation. ``to``: who was asked for; ``code``: who is rung now, or has answered; ``state``: ringing, joined,
    failed, cancelled; ``since``: it is so. ``ringing`` with ``answered_at``: who has answered is told what it is about,
    or walks."""

    id: str
    by: MemberName
    to: str
    department: str = ""
    code: str = ""
    name: str = ""  # of ``to``
    mode: str
    purpose: str = ""
    state: str
    since: Micros
    at: Micros
    answered_at: Micros | None = None
    ended_at: Micros | None = None
    leg: Uniqueid | None = None  # the guest's, once there is one
    tries: tuple[Tried, ...] = ()


class CallDocument(msgspec.Struct, frozen=True, kw_only=True, tag="call"):
    """A live call, until it ends; then its document is gone. ``offered``: whose phones ring for it. ``agents``: who has
    taken part in it so far. ``recording``: off, on, paused. ``say``: the notice that the agent must still say."""

    call_id: CallId
    state: str
    direction: str
    since: Micros  # in this state
    received_at: Micros
    trunk: str = ""
    dialled: str = ""
    caller: str = ""  # in full; whoever shows it masks it by role
    caller_name: str = ""
    queue: QueueName | None = None
    queued_at: Micros | None = None
    priority: int = 0
    answered_at: Micros | None = None
    agent: MemberName | None = None  # who talks with the caller, or had them last
    offered: tuple[MemberName, ...] = ()
    agents: tuple[MemberName, ...] = ()
    parties: tuple[Party, ...] = ()
    invites: tuple[Invited, ...] = ()  # all of this call, in order
    recording: str = "off"
    say: str = ""
    silent: bool = False  # the caller has given no sound
    limited: str = ""  # how the caller's number is limited
    mark: str = ""  # nuisance, silent
    note: str = ""  # of ``agent``
    notes: dict[str, str] = {}  # who wrote it → their note
    topics: tuple[str, ...] = ()
    resolved: bool | None = None  # on the line, as its agents say; None: nobody has said
    known: Known | None = None  # None: not looked up yet
    calls_back: str = ""  # the entry of the missed-call ledger that it answers


class Place(msgspec.Struct, frozen=True):
    """An agent's place in one queue."""

    queue: QueueName
    signed_in: bool
    paused: bool = False
    penalty: int = 0


class AgentDocument(msgspec.Struct, frozen=True, kw_only=True, tag="agent"):
    """An agent of the directory, signed in or not. ``state`` as in the agents' table (model.machines)."""

    number: MemberName
    name: str = ""
    phone: str = ""
    state: str
    since: Micros
    reason: str = ""  # of a pause
    queues: tuple[Place, ...] = ()
    calls: tuple[CallId, ...] = ()  # they are offered, or take part in
    wrapup_until: Micros | None = None
    last_call: CallId | None = None  # that they took part in last: a note may still be added in wrap-up
    help: str | None = None  # they ask for help; its text
    desktop: bool = False  # a desktop of theirs answers
    auto_answer: bool = False  # their phone picks up by itself what a queue offers, where that queue lets it


class QueueDocument(msgspec.Struct, frozen=True, kw_only=True, tag="queue"):
    """Told at most four times a second, so that a busy queue does not flood its people."""

    name: QueueName
    title: str = ""
    waiting: int = 0
    longest_since: Micros | None = None  # when who waits longest joined
    agents: dict[str, int] = {}  # state → how many


class SystemDocument(msgspec.Struct, frozen=True, kw_only=True, tag="system"):
    """``connected``: the link to the PBX stands; else all is as it was when it broke."""

    connected: bool
    epoch: int
    alarms: tuple[Alarm, ...] = ()


Document = CallDocument | AgentDocument | QueueDocument | SystemDocument


class Audience(msgspec.Struct, frozen=True):
    """Whom a document concerns: agents by number, people by the queues they may see. ``everyone``: of the system."""

    members: frozenset[MemberName] = frozenset()
    queues: frozenset[QueueName] = frozenset()
    everyone: bool = False


class Delta(msgspec.Struct, frozen=True):
    """One document was made, changed, or is gone (``document`` None). ``before``: whom it concerned until now, so that
    who no longer sees it is told so. ``heard``: when what caused it was read from the PBX, by our wall clock."""

    epoch: int
    sequence: int
    key: str
    document: Document | None
    audience: Audience
    before: Audience
    at: Micros
    heard: Micros


class Snapshot(msgspec.Struct, frozen=True):
    """All documents as of ``(epoch, sequence)``."""

    epoch: int
    sequence: int
    documents: dict[str, tuple[Document, Audience]]
