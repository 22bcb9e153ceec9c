"""Whether two tellings are of one call. Pure.

A call is told by who saw it, by the logs, by an outbox that is replayed; all of them name it by its first channel. That
name can repeat: Asterisk's Uniqueid is a second and a counter, and the counter begins anew when the PBX is started
again. With its clock set back, or within one second, a later call bears the name of an earlier one. Both stay on
record: the later is given an id of another generation (``telephony.model.ids.generation_of``).
"""

from collections.abc import Iterable, Mapping

import msgspec

from telephony.model.ids import GENERATIONS, MICROS_PER_SECOND, CallId, generation_of
from telephony.model.terms import Direction
from telephony.records.record import CallRecord

_RESOLUTION = MICROS_PER_SECOND // 20
"""The logs and the events tell the same moment no further apart."""
_APART = 10 * MICROS_PER_SECOND
"""However busy the PBX, it tells the end of one call no further apart."""


def same_call(one: CallRecord, other: CallRecord) -> bool:
    """Whether these, of one CallId, are of one call. In doubt they are: a call that was seen in part is not told apart
    from another by what nobody saw of it."""
    guesses = {*one.estimated, *other.estimated}
    if "received_at" in guesses:
        return True
    citizens = one.direction is other.direction is Direction.INBOUND
    if citizens and one.caller_number and other.caller_number and one.caller_number != other.caller_number:
        return False
    began_apart = abs(one.received_at - other.received_at) > _RESOLUTION
    return "ended_at" in guesses or not began_apart or abs(one.ended_at - other.ended_at) <= _APART


def family(call_id: CallId) -> tuple[CallId, ...]:
    """All ids that a call may have whose channel's name gives ``call_id``."""
    return tuple(generation_of(call_id, generation) for generation in range(GENERATIONS))


def contested(told: Iterable[CallRecord], stored: Iterable[CallRecord]) -> set[CallId]:
    """Ids under which not all of these are one call: of each, all of its ``family`` must be looked at."""
    first: dict[CallId, CallRecord] = {}
    found: set[CallId] = set()
    for record in (*stored, *told):
        known = first.setdefault(record.call_id, record)
        if known is not record and not same_call(known, record):
            found.add(record.call_id)
    return found


def settled(record: CallRecord, rows: Mapping[CallId, CallRecord]) -> CallRecord:
    """The record under the id that it has among ``rows``, or is to have: that of its own call, else the first free."""
    known = rows.get(record.call_id)
    if known is None or same_call(known, record):
        return record
    ids = family(record.call_id)
    own = next((call_id for call_id in ids if call_id in rows and same_call(rows[call_id], record)), None)
    free = next((call_id for call_id in ids if call_id not in rows), ids[-1])
    return msgspec.structs.replace(record, call_id=own or free)
