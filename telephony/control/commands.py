"""What may be asked of the running bridge, and its answer. Pure.

An answer says how the command was taken, and what was seen of it in the event stream before its deadline. What comes
later is seen there, and in the records.
"""

from enum import StrEnum

import msgspec

from telephony.control.orders.agents import DesktopSeen, ExtendWrapUp, Pause, Ready, SignIn, SignOut
from telephony.control.orders.calls import BlindTransfer, CallOut, Decline, HangUp, PickUp, Requeue
from telephony.control.orders.conference import (
    CallTogether,
    CancelInvite,
    Drop,
    Emergency,
    HandOver,
    Invite,
    Mute,
    Rejoin,
    Unmute,
)
from telephony.control.orders.ledger import CallBack
from telephony.control.orders.recording import PauseRecording, ResumeRecording
from telephony.control.orders.remarks import AskHelp, Dispose, LiftLimit, LimitNumber, Mark, Note, Resolve
from telephony.control.orders.rooms import CancelConsult, CompleteTransfer, Consult, Hold, Merge, Resume, Swap
from telephony.control.orders.supervision import Listen, MoveFirst, StopListening, TakeOver, Withdraw
from telephony.live.status import Status

KEY_LIMIT = 100
DEADLINE_S = 10.0


class AskStatus(msgspec.Struct, frozen=True, tag="status"):
    """Tell how you are. Nothing is done."""


AnyOrder = (
    CallBack
    | PauseRecording
    | ResumeRecording
    | PickUp
    | Decline
    | HangUp
    | BlindTransfer
    | Requeue
    | CallOut
    | Hold
    | Resume
    | Consult
    | CancelConsult
    | CompleteTransfer
    | Swap
    | Merge
    | Invite
    | CancelInvite
    | Drop
    | Mute
    | Unmute
    | Rejoin
    | HandOver
    | Emergency
    | CallTogether
    | SignIn
    | SignOut
    | Ready
    | Pause
    | ExtendWrapUp
    | DesktopSeen
    | Listen
    | StopListening
    | TakeOver
    | MoveFirst
    | Withdraw
    | Note
    | Dispose
    | Resolve
    | Mark
    | AskHelp
    | LimitNumber
    | LiftLimit
)
"""Every order there is; ``telephony.control.handlers`` carries them out."""
Command = AnyOrder | AskStatus


class Request(msgspec.Struct, frozen=True):
    """``key`` names the order: given twice, it is carried out once. Nothing is sent to the PBX after ``deadline_s``."""

    key: str
    command: Command
    deadline_s: float = DEADLINE_S


class Taken(StrEnum):
    ACCEPTED = "accepted"  # it was sent; ``seen`` says whether its effect was seen before the deadline
    REFUSED = "refused"  # nothing was done; ``why`` says what to do
    UNKNOWN = "unknown"  # it may or may not have been done; never sent again


class Reason(StrEnum):
    """Why an order was refused, for programs."""

    NONE = ""
    BAD_VALUE = "bad-value"  # a value that cannot be: ``why`` begins with the field's name
    UNKNOWN_CALL = "unknown-call"
    UNKNOWN_AGENT = "unknown-agent"
    WRONG_STATE = "wrong-state"  # not now
    NOT_ALLOWED = "not-allowed"  # the site's rules forbid it
    TOO_LATE = "too-late"  # the deadline had passed before anything was sent
    BUSY = "busy"  # too much is under way
    UNAVAILABLE = "unavailable"  # the PBX, the store or this part of the bridge is away
    PBX = "pbx"  # the PBX refused


class Answer(msgspec.Struct, frozen=True):
    """``attempt`` is the number of the try, for a call-back that came so far; ``status`` what was asked for. ``call``:
    the call that an order began, ``invite``: the invitation, where it did."""

    key: str
    taken: Taken
    why: str = ""
    attempt: int | None = None
    status: Status | None = None
    reason: Reason = Reason.NONE
    seen: bool = False
    call: str = ""
    invite: str = ""
