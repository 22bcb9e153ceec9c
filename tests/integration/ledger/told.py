"""Records of one citizen's calls, at seconds of one story."""

from typing import Any

import msgspec

from telephony.ledger.attempts import Attempt
from telephony.model.ids import CallId, Micros, Uniqueid, call_id_of
from telephony.model.terms import AbandonedIn, Direction, Outcome, Role, Side
from telephony.records.record import CallRecord, Interval, Leg
from tests.unit.telephony.records.samples import START, record, uniqueid

CALLER = "13812345678"
OTHER = "02161234567"
S = 1_000_000


def at(seconds: float) -> Micros:
    return Micros(START + round(seconds * S))


def missed(number: int, seconds: float, caller: str = CALLER, **changes: Any) -> CallRecord:
    """Given up after twenty seconds in the queue."""
    facts: dict[str, Any] = {
        "caller_number": caller,
        "received_at": at(seconds),
        "answered_at": None,
        "ended_at": at(seconds + 20),
        "wait_ms": 20_000,
        "talk_ms": 0,
        "agent": None,
        "recording": None,
        "outcome": Outcome.ABANDONED,
        "abandoned_in": AbandonedIn.WAITING,
        "legs": (),
        "offers": (),
        "transfers": (),
        "timeline": (),
        "visits": (),
        "uniqueids": (uniqueid(number),),
    }
    return record(number, **{**facts, **changes})


def answered(number: int, seconds: float, caller: str = CALLER, **changes: Any) -> CallRecord:
    """Received at ``seconds``, answered three seconds later."""
    facts: dict[str, Any] = {"outcome": Outcome.ANSWERED, "abandoned_in": None, "agent": "1001"}
    return missed(number, seconds, caller, **{**facts, "answered_at": at(seconds + 3), **changes})


def called_back(attempt: Attempt, seconds: float, reached: bool, **changes: Any) -> CallRecord:
    """The call of a try: the agent answered after two seconds, the citizen (if at all) after eight; over after 30."""
    begun, ended = at(seconds), at(seconds + 30)
    talking = (Interval(at(seconds + 8), ended),) if reached else ()
    plain = missed(1, seconds)
    agent = _leg(attempt.uniqueid, "PJSIP/1001-00000001", begun, ended, talking, Role.CALLER, 16)
    citizens = Uniqueid(f"{attempt.uniqueid}9")
    citizen = _leg(citizens, "PJSIP/trunk-carrier-00000002", begun, ended, talking, Role.TARGET, 16 if reached else 17)
    facts: dict[str, Any] = {
        "call_id": call_id_of("pbx1", attempt.uniqueid),
        "uniqueids": (attempt.uniqueid, citizens),
        "linkedids": (),
        "direction": Direction.OUTBOUND,
        "caller_number": "1001",
        "dialled": attempt.dialled,
        "calls_back": str(attempt.entry),
        "ended_at": ended,
        "answered_at": at(seconds + 8) if reached else None,
        "talk_ms": 22_000 if reached else 0,
        "outcome": Outcome.ANSWERED if reached else Outcome.FAILED,
        "abandoned_in": None,
        "hung_up_by": Side.OTHER,
        "legs": (agent, citizen),
    }
    return msgspec.structs.replace(plain, **{**facts, **changes})


def _leg(
    uniqueid: Uniqueid, name: str, begun: Micros, ended: Micros, talking: tuple[Interval, ...], role: Role, cause: int
) -> Leg:
    return Leg(uniqueid, name, role, "", begun, Micros(begun + 2 * S), ended, talking, (), cause, False)


def joined(kept: CallRecord, *gone: CallId) -> CallRecord:
    """The record when other calls have become a part of it."""
    return msgspec.structs.replace(kept, aliases=tuple(sorted({*kept.aliases, *gone})))
