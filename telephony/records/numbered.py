"""What the numbers of a record mean, for the site that received them. Pure."""

import msgspec

from telephony.model.terms import Direction
from telephony.numbers.kinds import Rules
from telephony.numbers.received import Normalised, normalised
from telephony.records.record import CallRecord

INTERNAL = "internal"
"""The trunk of a phone of the site that dials the hotline (dialplans.contract.INTERNAL_TRUNK): no citizen."""


def numbered(record: CallRecord, rules: Rules) -> CallRecord:
    """The record with the caller's number as it is understood at this site, and of a call to outside the dialled one.
    The same record always comes to the same, whoever told it."""
    return msgspec.structs.replace(
        record,
        caller_normalised=caller_of(record, rules),
        dialled_normalised=dialled_of(record, rules),
    )


def caller_of(record: CallRecord, rules: Rules) -> Normalised:
    return normalised(record.caller_number, rules, inside=is_of_site(record.direction, record.trunk))


def dialled_of(record: CallRecord, rules: Rules) -> Normalised | None:
    return normalised(record.dialled, rules) if record.direction is Direction.OUTBOUND else None


def is_of_site(direction: Direction, trunk: str) -> bool:
    """Whether a phone of the site makes this call: then its number is one of the site's own."""
    return direction is not Direction.INBOUND or trunk == INTERNAL
