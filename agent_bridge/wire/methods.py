"""The methods: one row each. Pure.

A row says what a method takes, what it gives, which right it needs and which order it becomes. docs/asyncapi.yaml is
made from this table, and so is what a gateway does.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from agent_bridge.wire import orders, params
from agent_bridge.wire.messages import Done, Hits, Position, Renewed, Revealed, State, Welcome
from telephony.control.commands import AnyOrder
from zhitong.access.roles import Principal, Right

Concerns = tuple[Literal["own", "call", "part", "agent"], ...]
"""Whom an order concerns, which the gateway looks up before it hands it on: ``own``: who asks must have an agent's
number; ``call``: a live call they may see; ``part``: one they take part in; ``agent``: an agent they may see."""
_OWN: Concerns = ("own",)
_PART: Concerns = ("own", "part")
_CALL: Concerns = ("call",)
_AGENT: Concerns = ("agent",)
_LISTENING: Concerns = ("own", "agent")
_TAKING: Concerns = ("own", "call")
Build = Callable[[Any, Principal], AnyOrder]


class Method(NamedTuple):
    """``order`` None: the gateway itself answers. ``words`` say what it does."""

    name: str
    words: str
    params: type[params.Params]
    result: type[msgspec.Struct] = Done
    right: Right | None = None
    concerns: Concerns = ()
    order: Build | None = None


_R, _P = Right, params
_ROWS = (
    Method("hello", "Say who you are; the first request.", _P.Hello, Welcome),
    Method("renew", "Give a new token before the old one expires.", _P.Renew, Renewed),
    Method("ping", "Be heard; hear where the stream is.", _P.Nothing, Position),
    Method("snapshot", "Have all documents again.", _P.Nothing, State),
    # the agent's own state
    Method("agent.sign_in", "Sign in to queues.", _P.InQueues, Done, _R.OWN_STATE, _OWN, orders.sign_in),
    Method("agent.sign_out", "Sign out of queues.", _P.InQueues, Done, _R.OWN_STATE, _OWN, orders.sign_out),
    Method("agent.ready", "End a pause, or a wrap-up.", _P.Order, Done, _R.OWN_STATE, _OWN, orders.ready),
    Method("agent.pause", "Take no calls.", _P.PauseFor, Done, _R.OWN_STATE, _OWN, orders.pause),
    Method("agent.extend_wrap_up", "Wrap up longer.", _P.Longer, Done, _R.OWN_STATE, _OWN, orders.extend),
    # whom an agent may bring in
    Method("directory.search", "Find departments and specialists.", _P.Search, Hits, _R.OWN_CALLS),
    # the agent's own calls
    Method("call.answer", "Have the phone answer.", _P.OfCall, Done, _R.OWN_CALLS, _OWN, orders.pick_up),
    Method("call.decline", "Give the offer back.", _P.OfCall, Done, _R.OWN_CALLS, _OWN, orders.decline),
    Method("call.hang_up", "End the own leg.", _P.OfCall, Done, _R.OWN_CALLS, _OWN, orders.hang_up),
    Method("call.hold", "The caller hears music.", _P.OfCall, Done, _R.OWN_CALLS, _OWN, orders.hold),
    Method("call.resume", "Back to the caller.", _P.OfCall, Done, _R.OWN_CALLS, _OWN, orders.resume),
    Method("call.transfer", "Send the caller on.", _P.CallTo, Done, _R.OWN_CALLS, _OWN, orders.transfer),
    Method("call.consult", "Talk with another first.", _P.CallAsks, Done, _R.OWN_CALLS, _OWN, orders.consult),
    Method("call.cancel_consult", "Drop who is consulted.", _P.OfCall, Done, _R.OWN_CALLS, _OWN, orders.cancel),
    Method("call.complete", "Leave both to each other.", _P.OfCall, Done, _R.OWN_CALLS, _OWN, orders.complete),
    Method("call.swap", "Talk with the other of both.", _P.OfCall, Done, _R.OWN_CALLS, _OWN, orders.swap),
    Method("call.merge", "All three together.", _P.OfCall, Done, _R.OWN_CALLS, _OWN, orders.merge),
    Method("call.invite", "Have another join at once.", _P.CallAsks, Done, _R.OWN_CALLS, _OWN, orders.invite),
    Method("call.cancel_invite", "Ring no longer.", _P.OfInvitation, Done, _R.OWN_CALLS, _OWN, orders.cancel_invite),
    Method("call.drop", "End the leg of who was invited.", _P.OfLeg, Done, _R.OWN_CALLS, _OWN, orders.drop),
    Method("call.mute", "Nobody hears them.", _P.OfLeg, Done, _R.OWN_CALLS, _OWN, orders.mute),
    Method("call.unmute", "They are heard again.", _P.OfLeg, Done, _R.OWN_CALLS, _OWN, orders.unmute),
    Method("call.rejoin", "Be back in the call that one left.", _P.OfCall, Done, _R.OWN_CALLS, _OWN, orders.rejoin),
    Method("call.hand_over", "Leave the caller to another.", _P.CallAsks, Done, _R.OWN_CALLS, _OWN, orders.hand_over),
    Method("call.emergency", "Police, fire, ambulance; now.", _P.Urgent, Done, _R.OWN_CALLS, _OWN, orders.emergency),
    Method("call.call_together", "Call back with another.", _P.Together, Done, _R.CALL_OUT, _OWN, orders.together),
    Method("call.requeue", "Back to the front of a queue.", _P.CallToQueue, Done, _R.OWN_CALLS, _OWN, orders.requeue),
    Method("call.dial", "Call out.", _P.Dial, Done, _R.CALL_OUT, _OWN, orders.dial),
    Method("missed.call_back", "Call a missed caller back.", _P.Entry, Done, _R.CALL_BACK, _OWN, orders.call_back),
    Method("recording.pause", "Silence the recording.", _P.OfCall, Done, _R.OWN_CALLS, _PART, orders.pause_recording),
    Method("recording.resume", "Let it go on.", _P.OfCall, Done, _R.OWN_CALLS, _PART, orders.resume_recording),
    # what people say of a call
    Method("call.note", "Write a note, in place of the last.", _P.NoteText, Done, _R.REMARK, (), orders.note),
    Method("call.dispose", "Say what it was about.", _P.Topics, Done, _R.REMARK, (), orders.dispose),
    Method("call.resolve", "Say whether it was resolved.", _P.Outcome, Done, _R.REMARK, (), orders.resolve),
    Method("call.mark", "Mark it nuisance or silent.", _P.MarkAs, Done, _R.REMARK, (), orders.mark),
    Method("help.ask", "Ask a supervisor for help.", _P.Help, Done, _R.OWN_CALLS, _OWN, orders.ask_help),
    # a supervisor's
    Method("supervisor.listen", "Listen, whisper, barge.", _P.ListenTo, Done, _R.LISTEN, _LISTENING, orders.listen),
    Method("supervisor.stop", "Stop listening.", _P.OfAgent, Done, _R.LISTEN, _LISTENING, orders.stop),
    Method("supervisor.take_over", "Take the caller.", _P.OfCall, Done, _R.TAKE_OVER, _TAKING, orders.take_over),
    Method("supervisor.move_first", "Make a caller the next.", _P.OfCall, Done, _R.MOVE_CALLERS, _CALL, orders.first),
    Method("supervisor.withdraw", "To another queue.", _P.Elsewhere, Done, _R.MOVE_CALLERS, _CALL, orders.withdraw),
    Method("supervisor.set_state", "Set an agent's state.", _P.StateOf, Done, _R.SET_STATE, _AGENT, orders.set_state),
    Method("number.limit", "Limit a number.", _P.LimitTo, Done, _R.LIMIT_NUMBERS, (), orders.limit),
    Method("number.lift", "Lift a limit.", _P.Lift, Done, _R.LIMIT_NUMBERS, (), orders.lift),
    Method("number.reveal", "See a number in full; audited.", _P.Reveal, Revealed, _R.SEE_NUMBERS, _CALL),
)
METHODS: Mapping[str, Method] = {row.name: row for row in _ROWS}
