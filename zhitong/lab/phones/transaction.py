"""SIP transactions over UDP as tables, ``TABLE[state, input] -> Step(state, effects)``. Pure; times are in T1.

RFC 3261 §17 with the corrections of RFC 6026 (a 2xx to an INVITE does not end the transaction at once). One difference,
on the answering side: a 2xx is sent again by the transaction, where the RFC gives that to the layer above (§13.3.1.4);
a phone has no proxy to care for, and one place that sends again is enough.

A pair that is not in the table is a message or timer that comes too late to matter, and is dropped.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

T1 = 0.5
"""Seconds; RFC 3261's estimate of the round trip, from which every timer is made."""


class State(StrEnum):
    """Prefixed by whose transaction it is: I/O = incoming/outgoing, then INVITE or any other method."""

    CALLING = "INVITE sent"
    PROCEEDING = "INVITE on its way"
    REFUSED = "INVITE refused"
    ACCEPTED = "INVITE accepted"
    TRYING = "request sent"
    WAITING = "request on its way"
    ANSWERED = "request answered"
    OFFERED = "INVITE received"
    REFUSING = "refusal sent"
    ACCEPTING = "2xx sent"
    CONFIRMED = "ACK received"
    ASKED = "request received"
    REPLIED = "reply sent"
    OVER = "over"


class Input(StrEnum):
    """What can happen to a transaction."""

    PROVISIONAL = "1xx"
    SUCCESS = "2xx"
    FAILURE = "3xx-6xx"
    REQUEST = "request again"
    ACK = "ACK"
    RESEND = "time to send again"
    EXPIRE = "time is up"


class Effect(StrEnum):
    """What to do about it."""

    SEND = "send the response"
    REPEAT = "send the last message again"
    DELIVER = "hand to the call"
    ACKNOWLEDGE = "send ACK (RFC 3261 §17.1.1.3)"
    GIVE_UP = "tell the call that nobody answered"


class Step(NamedTuple):
    """The next state and what to do on the way."""

    state: State
    effects: tuple[Effect, ...] = ()


class Timers(NamedTuple):
    """How long a state lasts and how it repeats itself, in units of T1. 0 = never."""

    first: int = 0
    cap: int = 0
    lifetime: int = 0


_S, _I, _E = State, Input, Effect

OUTGOING: Mapping[tuple[State, Input], Step] = {
    # An INVITE of ours (Figure 5, RFC 6026 §7.2)
    (_S.CALLING, _I.RESEND): Step(_S.CALLING, (_E.REPEAT,)),
    (_S.CALLING, _I.EXPIRE): Step(_S.OVER, (_E.GIVE_UP,)),
    (_S.CALLING, _I.PROVISIONAL): Step(_S.PROCEEDING, (_E.DELIVER,)),
    (_S.CALLING, _I.SUCCESS): Step(_S.ACCEPTED, (_E.DELIVER,)),
    (_S.CALLING, _I.FAILURE): Step(_S.REFUSED, (_E.ACKNOWLEDGE, _E.DELIVER)),
    (_S.PROCEEDING, _I.PROVISIONAL): Step(_S.PROCEEDING, (_E.DELIVER,)),
    (_S.PROCEEDING, _I.SUCCESS): Step(_S.ACCEPTED, (_E.DELIVER,)),
    (_S.PROCEEDING, _I.FAILURE): Step(_S.REFUSED, (_E.ACKNOWLEDGE, _E.DELIVER)),
    (_S.REFUSED, _I.FAILURE): Step(_S.REFUSED, (_E.ACKNOWLEDGE,)),
    (_S.REFUSED, _I.EXPIRE): Step(_S.OVER),
    (_S.ACCEPTED, _I.SUCCESS): Step(_S.ACCEPTED, (_E.DELIVER,)),
    (_S.ACCEPTED, _I.EXPIRE): Step(_S.OVER),
    # Any other request of ours (Figure 6)
    (_S.TRYING, _I.RESEND): Step(_S.TRYING, (_E.REPEAT,)),
    (_S.TRYING, _I.EXPIRE): Step(_S.OVER, (_E.GIVE_UP,)),
    (_S.TRYING, _I.PROVISIONAL): Step(_S.WAITING, (_E.DELIVER,)),
    (_S.TRYING, _I.SUCCESS): Step(_S.ANSWERED, (_E.DELIVER,)),
    (_S.TRYING, _I.FAILURE): Step(_S.ANSWERED, (_E.DELIVER,)),
    (_S.WAITING, _I.RESEND): Step(_S.WAITING, (_E.REPEAT,)),
    (_S.WAITING, _I.EXPIRE): Step(_S.OVER, (_E.GIVE_UP,)),
    (_S.WAITING, _I.PROVISIONAL): Step(_S.WAITING, (_E.DELIVER,)),
    (_S.WAITING, _I.SUCCESS): Step(_S.ANSWERED, (_E.DELIVER,)),
    (_S.WAITING, _I.FAILURE): Step(_S.ANSWERED, (_E.DELIVER,)),
    (_S.ANSWERED, _I.EXPIRE): Step(_S.OVER),
}

INCOMING: Mapping[tuple[State, Input], Step] = {
    # An INVITE to us (Figure 7, RFC 6026 §7.1)
    (_S.OFFERED, _I.REQUEST): Step(_S.OFFERED, (_E.REPEAT,)),
    (_S.OFFERED, _I.PROVISIONAL): Step(_S.OFFERED, (_E.SEND,)),
    (_S.OFFERED, _I.SUCCESS): Step(_S.ACCEPTING, (_E.SEND,)),
    (_S.OFFERED, _I.FAILURE): Step(_S.REFUSING, (_E.SEND,)),
    (_S.REFUSING, _I.REQUEST): Step(_S.REFUSING, (_E.REPEAT,)),
    (_S.REFUSING, _I.RESEND): Step(_S.REFUSING, (_E.REPEAT,)),
    (_S.REFUSING, _I.ACK): Step(_S.CONFIRMED),
    (_S.REFUSING, _I.EXPIRE): Step(_S.OVER),
    (_S.ACCEPTING, _I.REQUEST): Step(_S.ACCEPTING, (_E.REPEAT,)),
    (_S.ACCEPTING, _I.RESEND): Step(_S.ACCEPTING, (_E.REPEAT,)),
    (_S.ACCEPTING, _I.ACK): Step(_S.CONFIRMED, (_E.DELIVER,)),
    (_S.ACCEPTING, _I.EXPIRE): Step(_S.OVER, (_E.GIVE_UP,)),
    (_S.CONFIRMED, _I.EXPIRE): Step(_S.OVER),
    # Any other request to us (Figure 8)
    (_S.ASKED, _I.PROVISIONAL): Step(_S.ASKED, (_E.SEND,)),
    (_S.ASKED, _I.SUCCESS): Step(_S.REPLIED, (_E.SEND,)),
    (_S.ASKED, _I.FAILURE): Step(_S.REPLIED, (_E.SEND,)),
    (_S.REPLIED, _I.REQUEST): Step(_S.REPLIED, (_E.REPEAT,)),
    (_S.REPLIED, _I.EXPIRE): Step(_S.OVER),
}

TIMERS: Mapping[State, Timers] = {
    _S.CALLING: Timers(first=1, lifetime=64),  # A doubles without a cap, B
    _S.REFUSED: Timers(lifetime=64),  # D
    _S.ACCEPTED: Timers(lifetime=64),  # M
    _S.TRYING: Timers(first=1, cap=8, lifetime=64),  # E, F
    _S.WAITING: Timers(first=8, cap=8, lifetime=64),
    _S.ANSWERED: Timers(lifetime=10),  # K
    _S.REFUSING: Timers(first=1, cap=8, lifetime=64),  # G, H
    _S.ACCEPTING: Timers(first=1, cap=8, lifetime=64),
    _S.CONFIRMED: Timers(lifetime=10),  # I
    _S.REPLIED: Timers(lifetime=64),  # J
}
"""A state that is not here waits for as long as people do (a phone rings)."""


def outgoing(method: str) -> State:
    """Where a request of ours begins."""
    return State.CALLING if method == "INVITE" else State.TRYING


def incoming(method: str) -> State:
    """Where a request to us begins."""
    return State.OFFERED if method == "INVITE" else State.ASKED


def input_of(code: int) -> Input:
    """The input that a response with this status code is."""
    if code < 200:
        return Input.PROVISIONAL
    return Input.SUCCESS if code < 300 else Input.FAILURE


def resends(timers: Timers) -> list[int]:
    """The moments, in T1 after the state began, at which its message is sent again. For timers and their tests."""
    if not timers.first:
        return []
    moments, interval = [timers.first], timers.first
    while moments[-1] < timers.lifetime:
        interval = min(interval * 2, timers.cap) if timers.cap else interval * 2
        moments.append(moments[-1] + interval)
    return [moment for moment in moments if moment < timers.lifetime]
