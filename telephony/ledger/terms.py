"""The words of the missed-call ledger, its ids, and the states of an entry as one table. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NewType

EntryId = NewType("EntryId", int)
"""An entry's number, small enough to be spoken. Each missed call gets one when the ledger first hears of it; an entry
bears the lowest of its calls' numbers, so every number leads to one entry for good, whatever is merged."""

AttemptId = NewType("AttemptId", int)
"""The number of one try to call somebody back."""

CallerKey = NewType("CallerKey", str)
"""Who called: calls with one key are one caller's, and are merged."""

SYSTEM = "zhitong"
"""Who closed an entry that nobody closed by hand."""


class EntryState(StrEnum):
    OPEN = "open"  # nobody has taken it on
    ASSIGNED = "assigned"
    CALLING = "calling"  # a call-back is under way
    CLOSED = "closed"


class EntryInput(StrEnum):
    MISS = "miss"  # another missed call of this caller
    ASSIGN = "assign"
    CALL = "call"
    NOT_REACHED = "not reached"
    REACHED = "reached"
    CALLED_AGAIN = "called again"
    CLOSE = "close"
    REOPEN = "reopen"
    GIVE_BACK = "give back"  # reopened, and its owner has it again


_S, _I = EntryState, EntryInput
ENTRY: Mapping[tuple[EntryState, EntryInput], EntryState] = {
    **{(state, _I.MISS): state for state in (_S.OPEN, _S.ASSIGNED, _S.CALLING)},
    (_S.OPEN, _I.ASSIGN): _S.ASSIGNED,
    (_S.ASSIGNED, _I.ASSIGN): _S.ASSIGNED,
    (_S.CALLING, _I.ASSIGN): _S.CALLING,
    (_S.OPEN, _I.CALL): _S.CALLING,
    (_S.ASSIGNED, _I.CALL): _S.CALLING,
    (_S.CALLING, _I.NOT_REACHED): _S.ASSIGNED,  # to whom it was assigned, else to who tried
    **{
        (state, entry): _S.CLOSED
        for state in (_S.OPEN, _S.ASSIGNED, _S.CALLING)
        for entry in (_I.REACHED, _I.CALLED_AGAIN, _I.CLOSE)
    },
    (_S.CLOSED, _I.REOPEN): _S.OPEN,
    (_S.CLOSED, _I.GIVE_BACK): _S.ASSIGNED,
}
"""A closed entry stays closed unless a person reopens it: the caller's next missed call begins another. What was told
wrongly at first (a call that turns out to have been answered, or not) is not a transition: the entries are folded anew
from what is known."""


class CloseReason(StrEnum):
    CALLED_AGAIN = "called_again"  # the caller got through by another call
    CALLED_BACK = "called_back"  # an agent called and the caller answered
    TURNED_OUT = "turned_out_answered"  # it had not been missed, as a more complete record says
    RESOLVED = "resolved"  # settled in another way
    UNREACHABLE = "unreachable"  # tried in vain
    NUISANCE = "nuisance"
    OTHER = "other"


BY_HAND = (CloseReason.RESOLVED, CloseReason.UNREACHABLE, CloseReason.NUISANCE, CloseReason.OTHER)
"""The reasons a person may give. The others are found, never claimed."""


class AttemptOutcome(StrEnum):
    REACHED = "reached"  # agent and citizen talked
    AGENT_NO_ANSWER = "agent_no_answer"
    AGENT_REFUSED = "agent_refused"  # declined or busy, by the agent's phone
    AGENT_UNREACHABLE = "agent_unreachable"
    AGENT_GAVE_UP = "agent_gave_up"  # hung up while the citizen's phone rang
    BUSY = "busy"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"  # the citizen's number, or the trunk
    NOT_PLACED = "not_placed"  # nothing was sent, or the PBX refused
    UNKNOWN = "unknown"  # no trace of the call has been found as yet, or it was cut off with the PBX
