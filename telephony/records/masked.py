"""A call record without the telephone numbers and names of people outside the site. Pure."""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec

from telephony.masking import mask_name, mask_normalised, mask_number, mask_text
from telephony.model.terms import Direction
from telephony.numbers.received import Normalised
from telephony.records.record import CallRecord
from telephony.records.remarked import Remarked

# Ids are needed to find the call again, and tell nothing about the caller.
_IDS = frozenset({"call_id", "aliases", "related", "uniqueid", "uniqueids", "linkedids"})
_LONG_NUMBER = re.compile(r"\+?\d{7,}")


def masked(record: CallRecord) -> CallRecord:
    """The record with each such number masked wherever it stands: as the caller's, as a party of a leg or
    of the timeline, as the target of a transfer or a consult, and inside channel names (``Local/13812345678@…``).
    Agents' and service numbers stay; so do ids and times.
    """
    words = {number: mask_number(number) for number in _personal(record)}
    without: CallRecord = _replace(record, words)
    return msgspec.structs.replace(
        without,
        caller_name=mask_name(record.caller_name),
        caller_normalised=_normalised(record.caller_normalised),
        dialled_normalised=_normalised(record.dialled_normalised),
        remarks=_remarks(record.remarks),
    )


def _normalised(number: Normalised | None) -> Normalised | None:
    return None if number is None else mask_normalised(number)


def _remarks(said: Remarked | None) -> Remarked | None:
    """Notes are free text: any number in them is somebody's."""
    if said is None:
        return None
    notes = tuple(msgspec.structs.replace(note, text=mask_text(note.text)) for note in said.notes)
    return msgspec.structs.replace(said, notes=notes)


def _personal(record: CallRecord) -> list[str]:
    """Longest first, so that a number is masked before another one that is a part of it."""
    parties = [leg.party for leg in record.legs] + [transfer.to for transfer in record.transfers]
    parties += [party for segment in record.timeline for party in segment.with_]
    parties += [tried.mobile for tried in record.duty] + [out.number for out in record.out]
    parties += [told.number for told in record.refused_out] + [consult.whom for consult in record.consults]
    parties += [tried.number for invitation in record.invitations for tried in invitation.tries]
    parties += [invitation.to for invitation in record.invitations]
    parties += [who.who for who in record.participants] + [name for part in record.private_parts for name in part.who]
    found = {text for text in parties if _LONG_NUMBER.fullmatch(text)}
    found |= {text for leg in record.legs for text in _LONG_NUMBER.findall(leg.name.partition("@")[0])}
    found.add(record.caller_number)
    if record.direction is Direction.OUTBOUND:
        found.add(record.dialled)
    return sorted(found, key=len, reverse=True)


def _replace(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, Enum):  # a caller may call himself "connected"
        return value
    if isinstance(value, str):
        return _in_text(value, words)
    if isinstance(value, msgspec.Struct):
        parts = {key: part for key, part in msgspec.structs.asdict(value).items() if key not in _IDS}
        return msgspec.structs.replace(value, **{key: _replace(part, words) for key, part in parts.items()})
    if isinstance(value, tuple):
        return tuple(_replace(part, words) for part in value)
    return value


def _in_text(text: str, words: Mapping[str, str]) -> str:
    if text in words:
        return words[text]
    for word, mask in words.items():
        if word in text and _LONG_NUMBER.fullmatch(word):
            text = text.replace(word, mask)
    return text
