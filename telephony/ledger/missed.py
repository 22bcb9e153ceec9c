"""What a call record says to the ledger. Pure."""

import re

from telephony.ledger.entry import MissedCall
from telephony.ledger.terms import CallerKey, EntryId
from telephony.model.terms import Direction, Outcome
from telephony.records.record import CallRecord

SHORT_ABANDON_MS = 5_000
"""Who gives up within this time is in the ledger all the same, marked (metrics: short abandon)."""

INTERNAL = "internal"
"""The trunk of a phone of the site that dials the hotline (dialplans.contract.INTERNAL_TRUNK): no citizen."""

_PROMISED = ("given", "heard")
"""Of ``CallRecord.promise``: who hung up during the sentence may have understood."""

_NUMBER = re.compile(r"\+?[0-9]{3,}")
_MS = 1_000


def can_be_called(number: str) -> bool:
    """Whether this is a telephone number. Carriers write many words for a number that was withheld, and zeros."""
    return _NUMBER.fullmatch(number) is not None and number.strip("+0") != ""


_MOBILE = re.compile(r"(?:\+?86|0086|0)?(1[3-9][0-9]{9})")
_LANDLINE = re.compile(r"(?:(?:\+|00)860?|0)((?:10|2[0-9])[0-9]{8}|[3-9][0-9]{2}[0-9]{7,8})")
"""A mobile number, and a landline with its area code, as carriers write them: at home, with the country's
code, and a mobile with the 0 of a call from another area."""


def key_of(number: str) -> CallerKey:
    """One name for each of the ways to write a Chinese number; any other number is its own."""
    if mobile := _MOBILE.fullmatch(number):
        return CallerKey(mobile[1])
    landline = _LANDLINE.fullmatch(number)
    return CallerKey(f"0{landline[1]}" if landline else number)


def ways_to_write(key: CallerKey) -> tuple[str, ...]:
    """All numbers whose key this is."""
    if _MOBILE.fullmatch(key):
        return tuple(before + key for before in ("", "0", "86", "+86", "0086"))
    if _LANDLINE.fullmatch(key):
        return tuple(before + key[1:] for before in ("0", "+86", "0086", "+860", "00860"))
    return (key,)


def caller_key(record: CallRecord) -> CallerKey:
    """Whose call it was: by the number, however the trunk wrote it. A call without a number is a caller of its own,
    never merged with another: two who withhold their numbers are two people."""
    if can_be_called(record.caller_number):
        return key_of(record.caller_number)
    return CallerKey(f"call:{record.call_id}")


def is_citizens(record: CallRecord) -> bool:
    """Whether a citizen called the hotline."""
    return record.direction is Direction.INBOUND and record.trunk != INTERNAL


def is_missed(record: CallRecord) -> bool:
    """Whether the call is owed an answer: any end but *answered*, also one that nobody has observed as yet. And
    one that was answered, sent on and then promised a call-back, since nobody took it any more."""
    return is_citizens(record) and (record.outcome is not Outcome.ANSWERED or is_promised(record))


def is_promised(record: CallRecord) -> bool:
    """Whether the caller was told that we call back."""
    return record.promise in _PROMISED


def is_answered(record: CallRecord) -> bool:
    """Whether a citizen got through by it."""
    return is_citizens(record) and record.answered_at is not None and not is_missed(record)


def missed_call(record: CallRecord, number: EntryId, short_ms: int = SHORT_ABANDON_MS) -> MissedCall:
    """The ledger's own note of a missed call; ``number`` is the one it got when it was first heard of."""
    waited_ms = record.wait_ms
    if waited_ms is None:
        waited_ms = max(0, record.ended_at - record.received_at) // _MS
    return MissedCall(
        number=number,
        call_id=record.call_id,
        caller=caller_key(record),
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
