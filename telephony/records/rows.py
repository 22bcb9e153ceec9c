"""A call record as rows of the tables in ``schema``. Pure.

Nothing a caller sends may make a record unwritable. What a database cannot hold (NUL, half of a surrogate
pair) is replaced by U+FFFD, an integer beyond 64 bits by the nearest within.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

import msgspec

from telephony.errors import StoreError
from telephony.numbers.received import Normalised
from telephony.records.record import CallRecord
from telephony.records.schema import calls

Row = Mapping[str, Any]

_INT64 = 2**63 - 1
_BESIDE = ("body", "caller_key", "dialled_key")
_FROM_RECORD = [column.name for column in calls.columns if column.name not in _BESIDE]
_UNSAFE = {0: "\ufffd", **dict.fromkeys(range(0xD800, 0xE000), "\ufffd")}


def clean(record: CallRecord) -> CallRecord:
    """The record as it can be stored. Most records are returned as they are."""
    plain = msgspec.to_builtins(record)
    safe = cleaned(plain)
    return record if safe == plain else msgspec.convert(safe, CallRecord)


def cleaned(value: Any) -> Any:
    """Builtins as a database can hold them."""
    if isinstance(value, str):
        return value.translate(_UNSAFE) if not value.isascii() or "\0" in value else value
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return max(-_INT64, min(_INT64, value))
    if isinstance(value, dict):
        return {key: cleaned(part) for key, part in value.items()}
    return type(value)(cleaned(part) for part in value)


def body_of(record: CallRecord) -> str:
    """The whole record as JSON."""
    return msgspec.json.encode(record).decode()


def record_of(body: str, place: str) -> CallRecord:
    """The record of a stored body. Raises StoreError, naming the call if it can still be read."""
    try:
        return msgspec.json.decode(body, type=CallRecord)
    except (msgspec.MsgspecError, ValueError) as error:
        raise StoreError(
            f"A call record in {place} cannot be read ({error}); it begins {body[:60]!r}. It was written by a newer "
            "program or damaged: run the program that wrote it, or restore a backup."
        ) from error


def call_row(record: CallRecord) -> Row:
    """The row of ``calls``."""
    row = {name: _plain(getattr(record, name)) for name in _FROM_RECORD}
    keys = {"caller_key": _key(record.caller_normalised), "dialled_key": _key(record.dialled_normalised)}
    return {**row, **keys, "body": body_of(record)}


def _key(number: Normalised | None) -> str | None:
    return None if number is None else key_column(number)


def key_column(number: Normalised | None) -> str:
    """Of a number that was looked at; empty where there is nothing to compare, or no number to look at."""
    return (number.key if number is not None else None) or ""


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def channel_rows(record: CallRecord) -> list[Row]:
    """The rows of ``call_channels``: every Uniqueid by which somebody may ask for the call."""
    uniqueids: Iterable[str] = dict.fromkeys(
        [
            *record.uniqueids,
            *(leg.uniqueid for leg in record.legs),
            *(offer.uniqueid for offer in record.offers),
            *(visit.uniqueid for visit in record.visits),
        ]
    )
    return [{"uniqueid": uniqueid, "call_id": record.call_id, "pbx": record.pbx} for uniqueid in uniqueids if uniqueid]


def offer_rows(record: CallRecord) -> list[Row]:
    """The rows of ``offers``."""
    return [
        {
            "call_id": record.call_id,
            "sequence": sequence,
            "member": offer.member,
            "queue": offer.queue,
            "uniqueid": offer.uniqueid,
            "at": offer.at,
            "ended_at": offer.ended_at,
            "outcome": offer.outcome.value,
            "cause": offer.cause,
        }
        for sequence, offer in enumerate(record.offers)
    ]


def alias_rows(record: CallRecord) -> list[Row]:
    """The rows of ``aliases``."""
    return [{"alias": alias, "call_id": record.call_id} for alias in record.aliases]
