"""Facts of the ledger to test with: short to write, one caller unless another is named."""

from collections.abc import Iterable
from typing import Any

import msgspec

from telephony.ledger.entry import (
    Answered,
    Assigned,
    CallBegan,
    CallEnded,
    Closed,
    Entry,
    Fact,
    Missed,
    MissedCall,
    Reopened,
    Withdrawn,
)
from telephony.ledger.terms import AttemptId, CallerKey, CloseReason, EntryId
from telephony.model.ids import CallId, MemberName, Micros, PbxName, QueueName
from telephony.model.terms import AbandonedIn, Outcome

CALLER = CallerKey("13812345678")
SECOND = 1_000_000


def at(seconds: float) -> Micros:
    """So many seconds after the beginning of these stories."""
    return Micros(1_795_402_664_000_000 + round(seconds * SECOND))


def call_id(number: int) -> CallId:
    return CallId(f"CALL{number:022}")


def call(number: int, seconds: float, **changes: Any) -> MissedCall:
    plain = MissedCall(
        number=EntryId(number),
        call_id=call_id(number),
        caller=CALLER,
        caller_number="13812345678",
        caller_name="王小明",
        pbx=PbxName("pbx1"),
        trunk="carrier",
        dialled="12345",
        queue=QueueName("citizens"),
        received_at=at(seconds),
        ended_at=at(seconds + 20),
        waited_ms=20_000,
        outcome=Outcome.ABANDONED,
        abandoned_in=AbandonedIn.WAITING,
        refused_because=None,
        short=False,
    )
    return msgspec.structs.replace(plain, **changes)


def missed(number: int, seconds: float, **changes: Any) -> Missed:
    return Missed(at(seconds), call(number, seconds, **changes))


def withdrawn(number: int, seconds: float, since: float, by: int | None = None, **changes: Any) -> Withdrawn:
    told = call(number, seconds, **changes)
    return Withdrawn(at(seconds), told, at(since), None if by is None else call_id(by))


def answered(number: int, seconds: float) -> Answered:
    return Answered(at(seconds), call_id(number))


def assigned(command: int, seconds: float, agent: str = "1001") -> Assigned:
    return Assigned(at(seconds), command, MemberName(agent), at(seconds))


def closed(command: int, seconds: float, reason: CloseReason = CloseReason.RESOLVED) -> Closed:
    return Closed(at(seconds), command, reason, "li", "说好了", at(seconds))


def reopened(command: int, seconds: float, by: str = "wang") -> Reopened:
    return Reopened(at(seconds), command, by, "关错了", at(seconds))


def began(attempt: int, seconds: float, agent: str = "1001") -> CallBegan:
    return CallBegan(at(seconds), AttemptId(attempt), MemberName(agent), at(seconds))


def over(attempt: int, seconds: float, *, reached: bool = False, agent: str = "1001") -> CallEnded:
    moment = at(seconds) if reached else None
    return CallEnded(at(seconds), AttemptId(attempt), MemberName(agent), moment, call_id(900 + attempt))


def summary(entries: Iterable[Entry]) -> list[tuple[int, str, int, str | None]]:
    """Number, state, calls, and why it is closed."""
    return [(e.number, e.state.value, e.calls, e.closed.reason.value if e.closed else None) for e in entries]


def shuffled(facts: Iterable[Fact], order: list[int]) -> list[Fact]:
    """The facts in another order: ``order`` is a permutation."""
    told = list(facts)
    return [told[index] for index in order]
