"""Every state machine of the model, as one table each: ``table[state, input] -> state``.

A pair that is not in its table is refused: the table gives None and the caller reports an ``Anomaly``. The diagrams
in docs/ are drawn from these tables (``python -m tools.diagrams``).
"""

from collections.abc import Mapping
from enum import StrEnum

# --- a channel --------------------------------------------------------------------------------------------


class ChannelState(StrEnum):
    DOWN = "down"
    RINGING = "ringing"
    UP = "up"
    BRIDGED = "bridged"
    GONE = "gone"


class ChannelInput(StrEnum):
    RING = "ring"
    ANSWER = "answer"
    ENTER_BRIDGE = "enter bridge"
    LEAVE_BRIDGE = "leave bridge"
    HANG_UP = "hang up"


_C, _CI = ChannelState, ChannelInput
CHANNEL: Mapping[tuple[ChannelState, ChannelInput], ChannelState] = {
    (_C.DOWN, _CI.RING): _C.RINGING,
    (_C.DOWN, _CI.ANSWER): _C.UP,
    (_C.DOWN, _CI.ENTER_BRIDGE): _C.BRIDGED,  # Local halves are bridged before anyone answers
    (_C.DOWN, _CI.HANG_UP): _C.GONE,
    (_C.RINGING, _CI.RING): _C.RINGING,
    (_C.RINGING, _CI.ANSWER): _C.UP,
    (_C.RINGING, _CI.ENTER_BRIDGE): _C.BRIDGED,
    (_C.RINGING, _CI.HANG_UP): _C.GONE,
    (_C.UP, _CI.ANSWER): _C.UP,
    (_C.UP, _CI.ENTER_BRIDGE): _C.BRIDGED,
    (_C.UP, _CI.HANG_UP): _C.GONE,
    (_C.BRIDGED, _CI.ANSWER): _C.BRIDGED,
    (_C.BRIDGED, _CI.LEAVE_BRIDGE): _C.UP,  # hanging up leaves the bridge first
}


# --- an offer: one agent's phone rung for one caller ------------------------------------------------------


class OfferState(StrEnum):
    RINGING = "ringing"
    PICKED_UP = "picked up"
    ANSWERED = "answered"
    NO_ANSWER = "no answer"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    CANCELLED = "cancelled"
    LOST = "lost"
    DROPPED = "dropped"
    UNKNOWN = "unknown"


class OfferInput(StrEnum):
    PICK_UP = "pick up"
    BRIDGE = "bridge"
    RING_OUT = "ring out"
    REFUSE = "refuse"
    UNREACHABLE = "unreachable"
    CANCEL = "cancel"
    LOSE_RACE = "lose race"
    LEG_GONE = "leg gone"


_O, _OI = OfferState, OfferInput
OFFER: Mapping[tuple[OfferState, OfferInput], OfferState] = {
    (_O.RINGING, _OI.PICK_UP): _O.PICKED_UP,
    (_O.RINGING, _OI.BRIDGE): _O.ANSWERED,
    (_O.RINGING, _OI.RING_OUT): _O.NO_ANSWER,
    (_O.RINGING, _OI.REFUSE): _O.REFUSED,
    (_O.RINGING, _OI.UNREACHABLE): _O.UNAVAILABLE,
    (_O.RINGING, _OI.CANCEL): _O.CANCELLED,
    (_O.RINGING, _OI.LOSE_RACE): _O.LOST,
    (_O.RINGING, _OI.LEG_GONE): _O.UNKNOWN,
    (_O.PICKED_UP, _OI.BRIDGE): _O.ANSWERED,
    (_O.PICKED_UP, _OI.CANCEL): _O.DROPPED,
    (_O.PICKED_UP, _OI.LEG_GONE): _O.DROPPED,
    (_O.PICKED_UP, _OI.RING_OUT): _O.DROPPED,
    (_O.PICKED_UP, _OI.LOSE_RACE): _O.LOST,
    (_O.PICKED_UP, _OI.REFUSE): _O.DROPPED,
    (_O.PICKED_UP, _OI.UNREACHABLE): _O.DROPPED,
}


# --- a call, as its caller lives it -----------------------------------------------------------------------


class CallState(StrEnum):
    RECEIVED = "received"
    WAITING = "waiting"
    OFFERED = "offered"
    TALKING = "talking"
    APART = "apart"  # was talking, is with nobody now: a transfer or a hold is under way, or it is about to end
    ENDED = "ended"


class CallInput(StrEnum):
    JOIN_QUEUE = "join queue"
    OFFER = "offer"
    OFFERS_OVER = "offers over"
    CONNECT = "connect"
    PART = "part"
    LEAVE_QUEUE = "leave queue"
    LAST_LEG_GONE = "last leg gone"
    LEG_ADDED = "leg added"


_S, _SI = CallState, CallInput
CALL: Mapping[tuple[CallState, CallInput], CallState] = {
    (_S.RECEIVED, _SI.JOIN_QUEUE): _S.WAITING,
    (_S.RECEIVED, _SI.OFFER): _S.OFFERED,  # found by a snapshot, its joining unseen
    (_S.RECEIVED, _SI.CONNECT): _S.TALKING,
    (_S.RECEIVED, _SI.LAST_LEG_GONE): _S.ENDED,
    (_S.WAITING, _SI.OFFER): _S.OFFERED,
    (_S.WAITING, _SI.CONNECT): _S.TALKING,
    (_S.WAITING, _SI.LEAVE_QUEUE): _S.RECEIVED,
    (_S.WAITING, _SI.LAST_LEG_GONE): _S.ENDED,
    (_S.OFFERED, _SI.OFFER): _S.OFFERED,  # ring-all
    (_S.OFFERED, _SI.OFFERS_OVER): _S.WAITING,
    (_S.OFFERED, _SI.CONNECT): _S.TALKING,
    (_S.OFFERED, _SI.LEAVE_QUEUE): _S.RECEIVED,
    (_S.OFFERED, _SI.LAST_LEG_GONE): _S.ENDED,
    (_S.TALKING, _SI.PART): _S.APART,
    (_S.TALKING, _SI.LAST_LEG_GONE): _S.ENDED,
    (_S.APART, _SI.CONNECT): _S.TALKING,
    (_S.APART, _SI.JOIN_QUEUE): _S.WAITING,  # transferred into a queue
    (_S.APART, _SI.LAST_LEG_GONE): _S.ENDED,
    (_S.ENDED, _SI.LEG_ADDED): _S.APART,  # a late leg of a call that was about to be closed
}


# --- an agent ---------------------------------------------------------------------------------------------


class AgentState(StrEnum):
    SIGNED_OUT = "signed out"
    UNREACHABLE = "unreachable"
    READY = "ready"
    PAUSED = "paused"
    BUSY = "busy otherwise"  # their phone is in use for something that is not an offer of ours
    OFFERED = "offered"
    ON_CALL = "on call"
    HOLD = "hold"
    CONSULT = "consult"  # apart from the caller, to ask somebody, or while that one's phone rings
    CONFERENCE = "conference"  # three people or more
    WRAP_UP = "wrap-up"


class AgentInput(StrEnum):
    SIGN_OUT = "sign out"
    LOSE_PHONE = "lose phone"
    FREE = "free"
    PAUSE = "pause"
    USE_PHONE = "use phone"
    OFFER = "offer"
    CONNECT = "connect"
    HOLD = "hold"
    CONSULT = "consult"
    CONFER = "confer"
    WRAP_UP = "wrap up"


_A, _AI = AgentState, AgentInput
AGENT: Mapping[tuple[AgentState, AgentInput], AgentState] = {
    # The input is not what happened but what the facts, taken together, say of the agent (``Agent.entry``), so it
    # alone decides, whatever was believed before. Each of these was seen or can come of an event that was lost:
    # offered straight to hold (the phone's hold came before the bridge), on call straight to offered (two lines),
    # offered back to wrap-up, signed in again within wrap-up.
    **{(state, _AI.SIGN_OUT): _A.SIGNED_OUT for state in AgentState},
    **{(state, _AI.LOSE_PHONE): _A.UNREACHABLE for state in AgentState},
    **{(state, _AI.FREE): _A.READY for state in AgentState},
    **{(state, _AI.PAUSE): _A.PAUSED for state in AgentState},
    **{(state, _AI.USE_PHONE): _A.BUSY for state in AgentState},
    **{(state, _AI.OFFER): _A.OFFERED for state in AgentState},
    **{(state, _AI.CONNECT): _A.ON_CALL for state in AgentState},
    **{(state, _AI.HOLD): _A.HOLD for state in AgentState},
    **{(state, _AI.CONSULT): _A.CONSULT for state in AgentState},
    **{(state, _AI.CONFER): _A.CONFERENCE for state in AgentState},
    **{(state, _AI.WRAP_UP): _A.WRAP_UP for state in AgentState},
}
