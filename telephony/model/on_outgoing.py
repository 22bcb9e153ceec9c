"""Calls that leave over a trunk, and those that were refused: what ``zt-out`` says of them (dialplans/README.md)."""

from telephony.model.calls import MAX_TRANSFERS, Call, RefusedOut, WentOut
from telephony.model.changes import CallOutRefused
from telephony.model.events import CallWentOut, OutRefused
from telephony.model.invites import EMERGENCY
from telephony.model.terms import Direction
from telephony.model.world import World

_CALL_BACK = "call-back"
_CALLS_OUT = ("call-out", EMERGENCY)
"""What an agent's phone dials, from rest."""


def went_out(world: World, event: CallWentOut) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ZtOut")
    _begun(call, event)
    if _is_for_the_call(call, event) or (event.uniqueid == call.caller and event.purpose == _CALL_BACK):
        call.trunk = event.trunk
        call.recording = event.recording or call.recording
    tried = WentOut(event.at, event.purpose, event.number, event.agent, event.trunk)
    if tried in call.out:
        return None  # told twice
    if len(call.out) < MAX_TRANSFERS:
        call.out.append(tried)
    else:
        call.left_out += 1
    return None


def refused(world: World, event: OutRefused) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ZtOutRefused")
    _begun(call, event)
    if _is_for_the_call(call, event):
        call.refused_because = event.reason
    told = RefusedOut(event.at, event.purpose, event.number, event.agent, event.reason)
    if told in call.refused_out:
        return None
    if len(call.refused_out) < MAX_TRANSFERS:
        call.refused_out.append(told)
    else:
        call.left_out += 1
    world.emit(CallOutRefused(world.now, call.call_id, event.purpose, event.agent, event.reason))
    return None


def _is_for_the_call(call: Call, event: CallWentOut | OutRefused) -> bool:
    """Said by the agent's own channel; or by the line that rings a citizen, while agent and specialist talk. A
    citizen's channel that is handed over to an emergency number stays a citizen's call."""
    own = event.uniqueid == call.caller and event.purpose in _CALLS_OUT
    return call.direction is not Direction.INBOUND and (own or event.purpose == _CALLS_OUT[0])


def _begun(call: Call, event: CallWentOut | OutRefused) -> None:
    """What an agent's phone dials is a call to outside, allowed or not."""
    if _is_for_the_call(call, event):
        call.direction = Direction.OUTBOUND
        # A phone that we had rung for it dialled nothing; an emergency has a code, too, which is no number.
        if call.dialled in ("", "s") or event.purpose == EMERGENCY:
            call.dialled = event.number
