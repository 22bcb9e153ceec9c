"""What may be asked of the running bridge, and its answer. Pure.

An answer says how the command was taken, never what came of it: that is seen in the event stream, and in the records.
"""

from enum import StrEnum

import msgspec

from telephony.ledger.terms import EntryId
from telephony.live.status import Status
from telephony.model.ids import MemberName

KEY_LIMIT = 100
DEADLINE_S = 10.0


class CallBack(msgspec.Struct, frozen=True, tag="call-back"):
    """Ring ``agent``'s phone, then the citizen of this entry of the missed-call ledger. ``agent`` None: its owner."""

    entry: EntryId
    by: str
    agent: MemberName | None = None


class AskStatus(msgspec.Struct, frozen=True, tag="status"):
    """Tell how you are. Nothing is done."""


class PauseRecording(msgspec.Struct, frozen=True, tag="pause-recording"):
    """Silence the recording of a live call (``call``: its CallId, or the Uniqueid of one of its channels)."""

    call: str
    by: str


class ResumeRecording(msgspec.Struct, frozen=True, tag="resume-recording"):
    """Let the recording of a live call go on, whoever paused it."""

    call: str
    by: str


Order = CallBack | PauseRecording | ResumeRecording
"""What is sent to the PBX."""
Command = Order | AskStatus


class Request(msgspec.Struct, frozen=True):
    """``key`` names the order: given twice, it is carried out once. Nothing is sent to the PBX after ``deadline_s``."""

    key: str
    command: Command
    deadline_s: float = DEADLINE_S


class Taken(StrEnum):
    ACCEPTED = "accepted"  # the PBX took it
    REFUSED = "refused"  # nothing was done; ``why`` says what to do
    UNKNOWN = "unknown"  # it may or may not have been done; never sent again


class Answer(msgspec.Struct, frozen=True):
    """``attempt`` is the number of the try, for a call-back that came so far; ``status`` what was asked for."""

    key: str
    taken: Taken
    why: str = ""
    attempt: int | None = None
    status: Status | None = None
