"""A call as one table: ``TABLE[state, input] -> Step(state, actions)``. Pure.

RFC 3261 §9, §13, §15. A pair that is not in the table changes nothing: a CANCEL that comes after the answer, a second
hang-up of ours.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    CALLING = "calling"
    PROGRESS = "in progress"
    CANCEL_DUE = "to be cancelled"
    CANCELLING = "cancelling"
    RINGING = "ringing"
    ANSWERING = "answering"
    DROPPING = "to be hung up"
    UP = "up"
    CLOSING = "hanging up"
    OVER = "over"


class Input(StrEnum):
    PROVISIONAL = "1xx"
    ACCEPTED = "2xx"
    REFUSED = "3xx-6xx"
    ACK = "ACK"
    NO_ACK = "no ACK"
    CANCEL = "CANCEL"
    BYE = "BYE"
    BYE_ANSWERED = "BYE answered"
    ANSWER = "we answer"
    HANG_UP = "we hang up"


class Action(StrEnum):
    ACK = "send ACK"
    CANCEL = "send CANCEL"
    BYE = "send BYE"
    ACCEPT = "send 200"
    REFUSE = "send the refusal"
    TERMINATE = "send 487"


class Step(NamedTuple):
    state: State
    actions: tuple[Action, ...] = ()


_S, _I, _A = State, Input, Action

TABLE: Mapping[tuple[State, Input], Step] = {
    # A call of ours. CANCEL must wait for a 1xx (§9.1); it may cross the answer, which is then hung up (§15).
    (_S.CALLING, _I.PROVISIONAL): Step(_S.PROGRESS),
    (_S.CALLING, _I.ACCEPTED): Step(_S.UP, (_A.ACK,)),
    (_S.CALLING, _I.REFUSED): Step(_S.OVER),
    (_S.CALLING, _I.HANG_UP): Step(_S.CANCEL_DUE),
    (_S.CANCEL_DUE, _I.PROVISIONAL): Step(_S.CANCELLING, (_A.CANCEL,)),
    (_S.CANCEL_DUE, _I.ACCEPTED): Step(_S.CLOSING, (_A.ACK, _A.BYE)),
    (_S.CANCEL_DUE, _I.REFUSED): Step(_S.OVER),
    (_S.PROGRESS, _I.PROVISIONAL): Step(_S.PROGRESS),
    (_S.PROGRESS, _I.ACCEPTED): Step(_S.UP, (_A.ACK,)),
    (_S.PROGRESS, _I.REFUSED): Step(_S.OVER),
    (_S.PROGRESS, _I.HANG_UP): Step(_S.CANCELLING, (_A.CANCEL,)),
    (_S.CANCELLING, _I.PROVISIONAL): Step(_S.CANCELLING),
    (_S.CANCELLING, _I.ACCEPTED): Step(_S.CLOSING, (_A.ACK, _A.BYE)),
    (_S.CANCELLING, _I.REFUSED): Step(_S.OVER),
    # A 2xx that comes again asks for our ACK again, whatever has happened since (§13.2.2.4).
    (_S.UP, _I.ACCEPTED): Step(_S.UP, (_A.ACK,)),
    (_S.CLOSING, _I.ACCEPTED): Step(_S.CLOSING, (_A.ACK,)),
    (_S.OVER, _I.ACCEPTED): Step(_S.OVER, (_A.ACK,)),
    # A call to us. BYE must wait for the ACK (§15).
    (_S.RINGING, _I.ANSWER): Step(_S.ANSWERING, (_A.ACCEPT,)),
    (_S.RINGING, _I.HANG_UP): Step(_S.OVER, (_A.REFUSE,)),
    (_S.RINGING, _I.CANCEL): Step(_S.OVER, (_A.TERMINATE,)),
    (_S.ANSWERING, _I.ACK): Step(_S.UP),
    (_S.ANSWERING, _I.NO_ACK): Step(_S.CLOSING, (_A.BYE,)),
    (_S.ANSWERING, _I.BYE): Step(_S.OVER),
    (_S.ANSWERING, _I.HANG_UP): Step(_S.DROPPING),
    (_S.DROPPING, _I.ACK): Step(_S.CLOSING, (_A.BYE,)),
    (_S.DROPPING, _I.NO_ACK): Step(_S.CLOSING, (_A.BYE,)),
    (_S.DROPPING, _I.BYE): Step(_S.OVER),
    # Both.
    (_S.UP, _I.HANG_UP): Step(_S.CLOSING, (_A.BYE,)),
    (_S.UP, _I.BYE): Step(_S.OVER),
    (_S.CLOSING, _I.BYE): Step(_S.OVER),  # both hung up at once
    (_S.CLOSING, _I.BYE_ANSWERED): Step(_S.OVER),
}
