"""What a call record says to the ledger. Pure."""

import re

from telephony.ledger.entry import MissedCall
from telephony.ledger.terms import CallerKey, EntryId
from telephony.model.terms import Direction, Outcome
from telephony.numbers.kinds import Rules
from telephony.numbers.received import normalised
from telephony.records.numbered import INTERNAL
from telephony.records.record import CallRecord

SHORT_ABANDON_MS = 5_000
"""Who gives up within this time is in the ledger all the same, marked (metrics: short abandon)."""

PROMISED = ("given", "heard")
"""Of ``CallRecord.promise``: who hung up during the sentence may have understood."""

_PLAIN = re.compile(r"\+?[0-9]+")
_MS = 1_000


def can_be_called(number: str) -> bool:
    """Whether this is a telephone number. Carriers write many words for a number that was withheld, and zeros."""
    return normalised(number, Rules()).key is not None


def caller_key(record: CallRecord, rules: Rules) -> CallerKey:
    """Whose call it was: by what the number means, however the trunk wrote it. A call without a number is a caller of
    its own, never merged with another: two who withhold their numbers are two people. What the record says of the
    number is what was known when it was made; here all of a caller's calls must be seen alike."""
    return CallerKey(normalised(record.caller_number, rules).key or f"call:{record.call_id}")


def to_dial(call: MissedCall) -> str:
    """The number to call back: as received, where that can be dialled; else what it means, without extension."""
    number = normalised(call.caller_number, Rules())
    return call.caller_number if _PLAIN.fullmatch(call.caller_number) else number.national


def is_citizens(record: CallRecord) -> bool:
    """Whether a citizen called the hotline."""
    return record.direction is Direction.INBOUND and record.trunk != INTERNAL


def is_missed(record: CallRecord) -> bool:
    """Whether the call is owed an answer: any end but *answered*, also one that nobody has observed as yet. And
    one that was answered, sent on and then promised a call-back, since nobody took it any more."""
    return is_citizens(record) and (record.outcome is not Outcome.ANSWERED or is_promised(record))


def is_promised(record: CallRecord) -> bool:
    """Whether the caller was told that we call back."""
    return record.promise in PROMISED


def is_answered(record: CallRecord) -> bool:
    """Whether a citizen got through by it."""
    return is_citizens(record) and record.answered_at is not None and not is_missed(record)


def missed_call(record: CallRecord, number: EntryId, rules: Rules, short_ms: int = SHORT_ABANDON_MS) -> MissedCall:
    """The ledger's own note of a missed call; ``number`` is the one it got when it was first heard of."""
    waited_ms = record.wait_ms
    if waited_ms is None:
        waited_ms = max(0, record.ended_at - record.received_at) // _MS
    return MissedCall(
        number=number,
        call_id=record.call_id,
        caller=caller_key(record, rules),
        caller_number=record.caller_number,
        caller_name=record.caller_name,
        pbx=record.pbx,
        trunk=record.trunk,
        dialled=record.dialled,
        queue=record.queue,
        received_at=record.received_at,
        ended_at=record.ended_at,
        waited_ms=waited_ms,
        outcome=record.outcome,
        abandoned_in=record.abandoned_in,
        refused_because=record.refused_because,
        short=record.outcome is Outcome.ABANDONED and waited_ms < short_ms,
        promised=is_promised(record),
    )
