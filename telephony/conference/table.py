"""The conference as one table: who goes where at each step that an agent takes and at each thing that others do.

It says what the dialplan does (`dialplans/templates/extensions/rooms.j2`), which ends or mends each case itself, and it
is asked by whoever carries an order out. `walk` plays it; the diagrams in docs/ are drawn from it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from telephony.conference.phases import Phase


class Step(StrEnum):
    """What an agent may want of a call, at a desktop or by the phone's keys."""

    HOLD = "hold"
    RESUME = "resume"
    CONSULT = "consult"
    CANCEL = "cancel consult"
    SWAP = "swap"
    MERGE = "merge"
    COMPLETE = "leave"  # also: complete the transfer
    INVITE = "invite"
    CANCEL_INVITE = "cancel invitation"
    DROP = "drop"
    MUTE = "mute"
    UNMUTE = "unmute"
    REJOIN = "rejoin"
    HAND_OVER = "hand over"
    EMERGENCY = "emergency"


class Deed(StrEnum):
    """What people do of their own, or time does for them."""

    CALLER_GOES = "caller hangs up"
    AGENT_GOES = "agent hangs up"
    ANSWERS = "consulted answers"
    REFUSES = "consulted refuses"
    RINGS_OUT = "consulted does not answer"
    ASIDE_GOES = "consulted hangs up"
    KEPT_GOES = "who waits hangs up"
    MUTED_GOES = "who is muted hangs up"
    GUEST_GOES = "guest hangs up"
    JOINS = "invited answers"
    DECLINES = "invited refuses"
    NOT_COMING = "invited does not answer"
    COMES_BACK = "agent answers"
    STAYS_AWAY = "agent does not answer"
    TAKES_OVER = "asked answers"
    NOBODY_TAKES = "nobody answers"
    LIMIT = "longest hold"


class Beyond(StrEnum):
    """Where a call may be when no agent has it in a room."""

    QUEUE = "queue"  # before all others
    HANDING = "handing over"  # the caller hears music while others are rung
    HANDED = "handed over"
    APART = "apart"  # the caller has hung up; agent and consulted may go on
    OVER = "over"


class Spot(StrEnum):
    """Where somebody is."""

    BRIDGE = "bridge"  # the queue's, or Dial's
    ROOM = "room"  # the caller's
    MUTED = "muted"  # in the caller's room, and nobody hears them
    SIDE = "side"
    KEPT = "kept"  # waits, with music, while the agent is with the caller
    RUNG = "rung"  # for a talk aside
    CALLED_IN = "called in"  # rung; who answers is in the caller's room at once
    ASKING = "asking"  # the caller, whose own channel rings others, and whoever it rings
    QUEUE = "queue"
    AWAY = "away"


Stage = Phase | Beyond
Input = Step | Deed


class Who(StrEnum):
    CALLER = "caller"
    AGENT = "agent"
    GUEST = "guest"


class Move(NamedTuple):
    """``of``: of the guests those that are there; ``every`` one, else one."""

    who: Who
    to: Spot
    of: Spot = Spot.AWAY
    every: bool = False


class Row(NamedTuple):
    """``unless``: not while a guest is there."""

    stages: tuple[Stage, ...]
    moves: tuple[Move, ...]
    unless: tuple[Spot, ...] = ()


def _caller(to: Spot) -> Move:
    return Move(Who.CALLER, to)


def _agent(to: Spot) -> Move:
    return Move(Who.AGENT, to)


def _one(of: Spot, to: Spot) -> Move:
    return Move(Who.GUEST, to, of)


def _all(of: Spot, to: Spot) -> Move:
    return Move(Who.GUEST, to, of, every=True)


_B, _R, _H, _RI, _C, _S, _T, _L = Phase
_ROOMS: tuple[Stage, ...] = (_R, _H, _RI, _C, _S, _T, _L)
_INSIDE: tuple[Stage, ...] = (_R, _H, _RI, _C, _S, _T)
_COME = _one(Spot.AWAY, Spot.CALLED_IN)
_ASIDE_BACK = (_one(Spot.SIDE, Spot.AWAY), _agent(Spot.ROOM))
_UNASKED = (_one(Spot.RUNG, Spot.AWAY), _agent(Spot.ROOM))

ROWS: Mapping[Input, tuple[Row, ...]] = {
    Step.HOLD: (Row((_B, _R, _S), (_caller(Spot.ROOM), _agent(Spot.SIDE))),),
    Step.RESUME: (
        Row((_H,), (_agent(Spot.ROOM),)),
        Row((_C,), (_all(Spot.SIDE, Spot.KEPT), _agent(Spot.ROOM))),
    ),
    Step.CONSULT: (
        Row((_B, _R, _T), (_caller(Spot.ROOM), _agent(Spot.SIDE), _one(Spot.AWAY, Spot.RUNG))),
        Row((_H,), (_one(Spot.AWAY, Spot.RUNG),), unless=(Spot.KEPT,)),
    ),
    Step.CANCEL: (
        Row((_RI,), (_all(Spot.RUNG, Spot.AWAY), _agent(Spot.ROOM))),
        Row((_C,), _ASIDE_BACK),
        Row((_S,), (_one(Spot.KEPT, Spot.AWAY),)),
        # Whoever came last, muted or not: not played where that is left open.
        Row((_T,), (_one(Spot.ROOM, Spot.AWAY),), unless=(Spot.MUTED,)),
    ),
    Step.SWAP: (
        Row((_C,), (_all(Spot.SIDE, Spot.KEPT), _agent(Spot.ROOM))),
        Row((_S,), (_all(Spot.KEPT, Spot.SIDE), _agent(Spot.SIDE))),
    ),
    Step.MERGE: (
        Row((_C,), (_all(Spot.SIDE, Spot.ROOM), _agent(Spot.ROOM))),
        Row((_S,), (_all(Spot.KEPT, Spot.ROOM),)),
        Row((_H,), (_one(Spot.KEPT, Spot.ROOM), _agent(Spot.ROOM))),
    ),
    Step.COMPLETE: (Row((_C, _S, _T), (_agent(Spot.AWAY),)),),
    Step.INVITE: (
        Row((_B,), (_caller(Spot.ROOM), _agent(Spot.ROOM), _COME)),
        Row((_R, _T), (_COME,)),
    ),
    Step.CANCEL_INVITE: (Row(_INSIDE, (_one(Spot.CALLED_IN, Spot.AWAY), _all(Spot.CALLED_IN, Spot.AWAY))),),
    Step.DROP: (
        Row((_C,), _ASIDE_BACK),
        Row((_S,), (_one(Spot.KEPT, Spot.AWAY),)),
        Row((_T,), (_one(Spot.ROOM, Spot.AWAY),)),
    ),
    Step.MUTE: (Row((_S, _T), (_one(Spot.ROOM, Spot.MUTED),)),),
    Step.UNMUTE: (Row((_S, _T), (_one(Spot.MUTED, Spot.ROOM),)),),
    Step.REJOIN: (Row((_L,), (_agent(Spot.CALLED_IN),)),),
    Step.HAND_OVER: (
        Row(
            (_B, _R, _H),
            (_caller(Spot.ASKING), _agent(Spot.AWAY), _one(Spot.AWAY, Spot.ASKING)),
            unless=(Spot.KEPT, Spot.ROOM, Spot.MUTED),
        ),
    ),
    # Whoever is aside comes to the caller meanwhile.
    Step.EMERGENCY: (
        Row((_B,), (_caller(Spot.ROOM), _agent(Spot.ROOM), _COME)),
        Row((_R, _S, _T), (_COME,)),
        Row((_H, _RI, _C), (_all(Spot.RUNG, Spot.AWAY), _all(Spot.SIDE, Spot.ROOM), _agent(Spot.ROOM), _COME)),
    ),
    Deed.CALLER_GOES: (
        Row((_B, *_ROOMS, Beyond.QUEUE), (_caller(Spot.AWAY),)),
        Row((Beyond.HANDING,), (_caller(Spot.AWAY), _all(Spot.ASKING, Spot.AWAY))),
        Row((Beyond.HANDED,), (_caller(Spot.AWAY), _one(Spot.BRIDGE, Spot.AWAY))),
    ),
    Deed.AGENT_GOES: (
        # Connected by the queue: the caller's call is over with the agent's.
        Row((_B,), (_agent(Spot.AWAY), _caller(Spot.AWAY))),
        Row((_R,), (_agent(Spot.AWAY),)),
        Row((_S, _T), (_agent(Spot.AWAY),)),
        Row((_H, _RI, _C, Beyond.APART), (_agent(Spot.AWAY),)),
    ),
    Deed.ANSWERS: (Row((_RI, Beyond.APART), (_one(Spot.RUNG, Spot.SIDE),)),),
    Deed.REFUSES: (Row((_RI, Beyond.APART), _UNASKED),),
    Deed.RINGS_OUT: (Row((_RI, Beyond.APART), _UNASKED),),
    Deed.ASIDE_GOES: (Row((_C, Beyond.APART), _ASIDE_BACK),),
    Deed.MUTED_GOES: (Row((_S, _T), (_one(Spot.MUTED, Spot.AWAY),)),),
    Deed.KEPT_GOES: (Row((_S, _H), (_one(Spot.KEPT, Spot.AWAY),)),),
    Deed.GUEST_GOES: (
        Row((_H, _RI, _C, _S, _T, _L), (_one(Spot.ROOM, Spot.AWAY),)),
        Row((Beyond.HANDED,), (_one(Spot.BRIDGE, Spot.AWAY), _caller(Spot.AWAY))),
    ),
    Deed.JOINS: (Row(_ROOMS, (_one(Spot.CALLED_IN, Spot.ROOM),)),),
    Deed.DECLINES: (Row(_ROOMS, (_one(Spot.CALLED_IN, Spot.AWAY),)),),
    Deed.NOT_COMING: (Row(_ROOMS, (_one(Spot.CALLED_IN, Spot.AWAY),)),),
    Deed.COMES_BACK: (Row((_L,), (_agent(Spot.ROOM),)),),
    Deed.STAYS_AWAY: (Row((_L,), (_agent(Spot.AWAY),)),),
    Deed.TAKES_OVER: (Row((Beyond.HANDING,), (_caller(Spot.BRIDGE), _one(Spot.ASKING, Spot.BRIDGE))),),
    Deed.NOBODY_TAKES: (Row((Beyond.HANDING,), (_caller(Spot.QUEUE), _one(Spot.ASKING, Spot.AWAY))),),
    Deed.LIMIT: (
        Row((_H,), (_agent(Spot.ROOM),)),
        Row((_C,), (_all(Spot.SIDE, Spot.AWAY), _agent(Spot.ROOM))),
        Row((Beyond.APART,), (_all(Spot.SIDE, Spot.AWAY), _agent(Spot.AWAY)), unless=(Spot.RUNG,)),
    ),
}
"""What an input does where it may come; a stage that an input's rows do not name does not know it. What follows for
those who are left is in `walk`, as it is in the dialplan's sweep."""

_STAGES = {given: {stage: row for row in rows for stage in row.stages} for given, rows in ROWS.items()}

PHASES: Mapping[Step, frozenset[Phase]] = {
    step: frozenset(stage for stage in _STAGES[step] if isinstance(stage, Phase)) for step in Step
}
"""In which phases each step may be asked for. What a phase does not tell (whether there is an invitation to cancel, who
is meant by a drop) is looked at by whoever carries the step out."""


def allowed(step: Step, phase: Phase) -> bool:
    """Whether an agent whose phase this is may take the step."""
    return phase in PHASES[step]


def row(given: Input, stage: Stage) -> Row | None:
    """What this input does in this stage; None if it is not known there."""
    return _STAGES[given].get(stage)
