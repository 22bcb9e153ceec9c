"""The words our states and endings are told in, shared by the model and the records. Pure."""

from enum import StrEnum


class Direction(StrEnum):
    INBOUND = "inbound"  # a citizen called the hotline
    INTERNAL = "internal"  # between phones of the site
    OUTBOUND = "outbound"  # a phone of the site, or we, called out


class Outcome(StrEnum):
    """How the call ended for the caller. One per call; metrics.md: offered = answered + abandoned + other ends."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"  # see ``CallRecord.abandoned_in`` for where
    TIMED_OUT = "timed_out"  # waited longer than the queue allows
    QUEUE_EMPTY = "queue_empty"  # nobody signed in: on joining or while waiting
    QUEUE_FULL = "queue_full"
    KEY_EXIT = "key_exit"
    REFUSED = "refused"  # turned away before a queue; ``refused_because``
    WITHDRAWN = "withdrawn"
    SYSTEM = "system"  # the PBX ended it (shutdown, crash)
    FAILED = "failed"  # could not be put through for technical reasons
    UNOBSERVED = "unobserved"  # the link was down at the end and nothing tells yet


class AbandonedIn(StrEnum):
    ENTRY = "entry"  # before any queue
    WAITING = "waiting"
    RINGING = "ringing"  # an agent's phone was ringing


class OfferOutcome(StrEnum):
    ANSWERED = "answered"
    NO_ANSWER = "no_answer"  # rang out
    REFUSED = "refused"  # declined or busy, by the phone itself
    UNAVAILABLE = "unavailable"  # the phone could not be reached
    CANCELLED = "cancelled"  # the caller left, or the queue gave up, while it rang
    LOST = "lost"  # another agent was faster (ring-all)
    DROPPED = "dropped"  # picked up, but the caller was gone before the bridge
    UNKNOWN = "unknown"


class Role(StrEnum):
    CALLER = "caller"
    AGENT = "agent"
    SPECIALIST = "specialist"
    SUPERVISOR = "supervisor"
    TARGET = "target"  # reached by a transfer or a plain dial
    SERVICE = "service"  # Local halves, announcers, recorders: not people


class Place(StrEnum):
    """Where a leg of a call with a room stands (dialplans/README.md, Rooms)."""

    NONE = ""  # in no room: the queue's bridge, or none
    ROOM = "room"  # where the caller is
    SIDE = "side"  # where an agent is who holds the caller, and whom they ask
    HOLD = "hold"  # where a guest waits


class InviteMode(StrEnum):
    """What becomes of whoever answers an invitation."""

    ROOM = "room"  # drops into the living call
    SIDE = "side"  # is asked by the agent apart from the caller
    HAND_OVER = "hand-over"  # takes the caller over; the agent does not stay


class InviteState(StrEnum):
    RINGING = "ringing"  # somebody is being rung, or has picked up and is not with anybody yet
    JOINED = "joined"  # came; ``ended_at`` tells when they left
    FAILED = "failed"  # nobody came
    CANCELLED = "cancelled"  # given up, by order or because agent or caller went


class TryResult(StrEnum):
    """What became of one number that was rung for an invitation."""

    RINGING = "ringing"
    ANSWERED = "answered"
    NO_ANSWER = "no_answer"  # rang out
    REFUSED = "refused"  # declined or busy, by the phone itself
    UNREACHABLE = "unreachable"  # the phone, or the way to it, was not there
    BARRED = "barred"  # never left: the reason is in dialplans/README.md, Calls that leave
    CANCELLED = "cancelled"  # given up while it rang
    LATE = "late"  # another was faster
    UNKNOWN = "unknown"


class Side(StrEnum):
    CALLER = "caller"
    AGENT = "agent"
    OTHER = "other"  # a specialist or a transfer target
    SYSTEM = "system"  # PBX, dialplan, a command of ours
    UNKNOWN = "unknown"


class Provenance(StrEnum):
    OBSERVED = "observed"
    COMPLETED = "completed"  # partly from Asterisk's own logs
    REBUILT = "rebuilt"  # wholly from Asterisk's own logs


class VisitResult(StrEnum):
    """How a stay in a queue ended."""

    CONNECTED = "connected"
    ABANDONED = "abandoned"
    TIMED_OUT = "timed_out"
    QUEUE_EMPTY = "queue_empty"
    QUEUE_FULL = "queue_full"
    KEY_EXIT = "key_exit"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"


class SegmentKind(StrEnum):
    ENTRY = "entry"  # received, not yet in a queue
    WAIT = "wait"
    RING = "ring"
    TALK = "talk"
    HOLD = "hold"
    GAP = "gap"  # answered, but with nobody for the moment (transfer under way)
