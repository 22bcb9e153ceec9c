"""What the ledger tells, without the numbers and names of citizens. Pure."""

import msgspec

from telephony.ledger.attempts import Attempt
from telephony.ledger.entry import Entry, MissedCall
from telephony.ledger.missed import can_be_called
from telephony.ledger.query import Detail, Listed
from telephony.ledger.rows import Command
from telephony.ledger.terms import CallerKey
from telephony.masking import mask_name, mask_number

_replace = msgspec.structs.replace


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
    return _replace(entry, caller=_key(entry.caller), latest=_call(entry.latest))


def _call(call: MissedCall) -> MissedCall:
    number, name = mask_number(call.caller_number), mask_name(call.caller_name)
    return _replace(call, caller=_key(call.caller), caller_number=number, caller_name=name)


def _attempt(attempt: Attempt) -> Attempt:
    return _replace(attempt, caller=_key(attempt.caller), dialled=mask_number(attempt.dialled))


def _command(command: Command) -> Command:
    return _replace(command, caller=_key(command.caller))


def _key(caller: CallerKey) -> CallerKey:
    return CallerKey(mask_number(caller)) if can_be_called(caller) else caller
