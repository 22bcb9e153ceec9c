"""One try to call somebody back: the agent's phone first, then the citizen's. Pure.

A try is known before it is made: its number, and the Uniqueid that the PBX is told to give to the agent's channel. So
its call record is found again whoever writes it, the bridge or the journal, and even if the bridge died in between.
"""

import msgspec

from telephony.ledger.terms import AttemptId, AttemptOutcome, CallerKey, EntryId
from telephony.model.counters import CALL_BACKS
from telephony.model.ids import CallId, MemberName, Micros, PbxName, Uniqueid
from telephony.model.names import trunk_of
from telephony.model.terms import Direction, Outcome
from telephony.records.record import CallRecord, Leg


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """``answer``: how the PBX took the command (accepted, refused, unknown), None while it has not; ``outcome``: what
    became of the calls, None while they last."""

    number: AttemptId
    key: str
    entry: EntryId
    caller: CallerKey
    agent: MemberName
    by: str
    at: Micros  # place in the order of facts
    said_at: Micros
    trunk: str
    dialled: str
    uniqueid: Uniqueid
    answer: str | None = None
    why: str = ""
    outcome: AttemptOutcome | None = None
    ended_place: Micros | None = None
    ended_at: Micros | None = None
    reached_at: Micros | None = None
    call_id: CallId | None = None
    talk_ms: int | None = None


def uniqueid_of(attempt: AttemptId, pbx: PbxName, now: Micros) -> Uniqueid:
    """The name for the agent's channel, of the form of Asterisk's own. The PBX refuses a second channel of one name."""
    counter = CALL_BACKS[attempt % len(CALL_BACKS)]
    return Uniqueid(f"{pbx}-{now // 1_000_000}.{counter}")


def ended(attempt: Attempt, record: CallRecord) -> Attempt:
    """The attempt as its call's record tells it. The same record gives the same attempt."""
    leg = _leg(record, attempt.uniqueid)
    outcome = _outcome(record, leg)
    reached_at = _reached_at(record, leg) if outcome is AttemptOutcome.REACHED else None
    return msgspec.structs.replace(
        attempt,
        outcome=outcome,
        ended_place=Micros(max(reached_at or record.ended_at, attempt.at + 1)),
        ended_at=record.ended_at,
        reached_at=reached_at,
        call_id=record.call_id,
        talk_ms=record.talk_ms if outcome is AttemptOutcome.REACHED else None,
    )


def failed(attempt: Attempt, outcome: AttemptOutcome, place: Micros, now: Micros) -> Attempt:
    """The attempt when no call came of it, or none is to be found."""
    return msgspec.structs.replace(
        attempt, outcome=outcome, ended_place=Micros(max(place, attempt.at + 1)), ended_at=now
    )


def _leg(record: CallRecord, uniqueid: Uniqueid) -> Leg | None:
    return next((leg for leg in record.legs if leg.uniqueid == uniqueid), None)


def _reached_at(record: CallRecord, agent: Leg | None) -> Micros | None:
    if agent is not None and agent.talking:
        return agent.talking[0].start
    return record.answered_at if record.direction is Direction.OUTBOUND else None


_CUT_OFF = (Outcome.UNOBSERVED, Outcome.SYSTEM)
"""Nobody saw the end, or it was the PBX's own: that says nothing of whoever was being rung."""
_BUSY, _DECLINED = 17, 21
_RANG_OUT = (None, 0, 16, 18, 19, 127)
"""Q.850 of a leg that rang and was not answered: measured 0, 16, 19 and 127; 18 is a phone that says nothing at all."""


def _outcome(record: CallRecord, agent: Leg | None) -> AttemptOutcome:
    if _reached_at(record, agent) is not None:
        return AttemptOutcome.REACHED
    if agent is None or record.outcome in _CUT_OFF:
        return AttemptOutcome.UNKNOWN
    if agent.answered_at is None:
        return _of_agent(agent.cause)
    citizen = next((leg for leg in record.legs if _is_called(leg, agent)), None)
    if citizen is None:
        return AttemptOutcome.AGENT_GAVE_UP if agent.hung_up_first else AttemptOutcome.UNREACHABLE
    return _of_citizen(citizen, agent)


def _is_called(leg: Leg, agent: Leg) -> bool:
    """Whether this is the leg that the dialplan made to the citizen."""
    return leg is not agent and trunk_of(leg.name) != "" and leg.created_at >= agent.created_at


def _of_agent(cause: int | None) -> AttemptOutcome:
    if cause in (_BUSY, _DECLINED):
        return AttemptOutcome.AGENT_REFUSED
    return AttemptOutcome.AGENT_NO_ANSWER if cause in _RANG_OUT else AttemptOutcome.AGENT_UNREACHABLE


_AT_ONCE = 500_000
"""Microseconds: the citizen's phone stops ringing right with the agent's hanging up; else the agent heard it fail."""


def _of_citizen(citizen: Leg, agent: Leg) -> AttemptOutcome:
    if citizen.cause == _BUSY:
        return AttemptOutcome.BUSY
    if citizen.cause == _DECLINED:
        return AttemptOutcome.DECLINED
    if agent.hung_up_first and _ended(agent) - _ended(citizen) < _AT_ONCE:
        return AttemptOutcome.AGENT_GAVE_UP
    return AttemptOutcome.NO_ANSWER if citizen.cause in _RANG_OUT else AttemptOutcome.UNREACHABLE


def _ended(leg: Leg) -> int:
    return leg.ended_at or leg.created_at
