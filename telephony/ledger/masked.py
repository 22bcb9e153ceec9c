"""What the ledger tells, without the numbers and names of citizens. Pure."""

import re

import msgspec

from telephony.ledger.attempts import Attempt
from telephony.ledger.entry import Closing, Entry, MissedCall, Undone
from telephony.ledger.missed import can_be_called
from telephony.ledger.query import Detail, Listed
from telephony.ledger.rows import Command
from telephony.ledger.terms import CallerKey
from telephony.masking import mask_name, mask_number

_replace = msgspec.structs.replace
_NUMBER = re.compile(r"\+?\d(?:[ -]?\d){6,}")
"""In words of a person: as long as somebody's number is, an agent's or a hotline's is not."""


def masked_listed(listed: Listed) -> Listed:
    return _replace(listed, entry=masked_entry(listed.entry))


def masked_detail(detail: Detail) -> Detail:
    return Detail(
        masked_entry(detail.entry),
        tuple(map(_call, detail.calls)),
        tuple(map(_attempt, detail.attempts)),
        tuple(map(_command, detail.commands)),
    )


def masked_entry(entry: Entry) -> Entry:
    closed = None if entry.closed is None else _closing(entry.closed)
    undone = tuple(map(_undone, entry.undone))
    return _replace(entry, caller=_key(entry.caller), latest=_call(entry.latest), closed=closed, undone=undone)


def _closing(closing: Closing) -> Closing:
    return _replace(closing, note=_words(closing.note))


def _undone(undone: Undone) -> Undone:
    return _replace(undone, note=_words(undone.note), closing=_closing(undone.closing))


def _call(call: MissedCall) -> MissedCall:
    number, name = mask_number(call.caller_number), mask_name(call.caller_name)
    return _replace(call, caller=_key(call.caller), caller_number=number, caller_name=name)


def _attempt(attempt: Attempt) -> Attempt:
    return _replace(attempt, caller=_key(attempt.caller), dialled=mask_number(attempt.dialled))


def _command(command: Command) -> Command:
    return _replace(command, caller=_key(command.caller), note=_words(command.note))


def _words(note: str) -> str:
    return _NUMBER.sub(lambda found: mask_number(found[0]), note)


def _key(caller: CallerKey) -> CallerKey:
    return CallerKey(mask_number(caller)) if can_be_called(caller) else caller
