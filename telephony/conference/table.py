"""Which step of a conference is allowed in which phase: one table, asked by whoever carries steps out."""

from collections.abc import Mapping
from enum import StrEnum

from telephony.conference.phases import Phase


class Step(StrEnum):
    """What an agent may want of a call, at a desktop or by the phone's keys."""

    HOLD = "hold"
    RESUME = "resume"
    CONSULT = "consult"
    CANCEL = "cancel consult"
    SWAP = "swap"
    MERGE = "merge"
    COMPLETE = "complete transfer"
    INVITE = "invite"
    CANCEL_INVITE = "cancel invitation"
    DROP = "drop"
    MUTE = "mute"
    UNMUTE = "unmute"
    LEAVE = "leave"
    REJOIN = "rejoin"
    HAND_OVER = "hand over"
    EMERGENCY = "emergency"


_ALONE = frozenset({Phase.BRIDGE, Phase.ROOM})
_TWO = frozenset({Phase.CONSULT, Phase.SWAPPED})
_PRESENT = frozenset(Phase) - {Phase.LEFT}
_WITH_A_GUEST = _TWO | {Phase.THREE}

PHASES: Mapping[Step, frozenset[Phase]] = {
    Step.HOLD: _ALONE | {Phase.SWAPPED},
    Step.RESUME: frozenset({Phase.HOLD, Phase.CONSULT}),
    Step.CONSULT: _ALONE | {Phase.HOLD, Phase.THREE},
    Step.CANCEL: _WITH_A_GUEST | {Phase.RINGING},
    Step.SWAP: _TWO,
    Step.MERGE: _TWO,
    Step.COMPLETE: _WITH_A_GUEST,
    Step.INVITE: _ALONE | {Phase.THREE},
    Step.CANCEL_INVITE: frozenset(Phase) - {Phase.BRIDGE},
    Step.DROP: _WITH_A_GUEST,
    Step.MUTE: frozenset({Phase.THREE}),
    Step.UNMUTE: frozenset({Phase.THREE}),
    Step.LEAVE: _WITH_A_GUEST,
    Step.REJOIN: frozenset({Phase.LEFT}),
    Step.HAND_OVER: _ALONE | {Phase.HOLD},
    Step.EMERGENCY: _PRESENT,
}
"""In which phases each step may be asked for. What a phase does not tell (whether there is an invitation to cancel, who
is meant by a drop) is looked at by whoever carries the step out."""


def allowed(step: Step, phase: Phase) -> bool:
    """Whether an agent whose phase this is may take the step."""
    return phase in PHASES[step]
