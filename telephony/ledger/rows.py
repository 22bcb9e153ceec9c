"""The ledger's structs as rows of its tables, and back. Pure but for the database's name in errors."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from telephony.errors import StoreError
from telephony.ledger.attempts import Attempt
from telephony.ledger.entry import (
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
from telephony.ledger.terms import CallerKey, CloseReason, EntryId
from telephony.model.ids import CallId, MemberName, Micros

Row = Mapping[str, Any]
Body = TypeVar("Body", bound=msgspec.Struct)

ASSIGN, CLOSE, REOPEN = "assign", "close", "reopen"
"""Kinds of commands."""


class KnownCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call the ledger has heard of as missed, and what it holds of it now."""

    call: MissedCall
    at: Micros
    entry: EntryId | None
    withdrawn_at: Micros | None = None
    withdrawn_by: CallId | None = None

    def fact(self) -> Fact:
        if self.withdrawn_at is None:
            return Missed(self.at, self.call)
        return Withdrawn(self.at, self.call, self.withdrawn_at, self.withdrawn_by)


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody ordered: ``kind`` is assign (``agent``), close (``reason``, ``note``) or reopen (``note``)."""

    number: int
    caller: CallerKey
    entry: EntryId
    kind: str
    at: Micros
    said_at: Micros
    said_by: str
    agent: MemberName | None = None
    reason: CloseReason | None = None
    note: str = ""

    def fact(self) -> Fact:
        if self.kind == ASSIGN:
            return Assigned(self.at, self.number, MemberName(self.agent or ""), self.said_at)
        if self.kind == REOPEN:
            return Reopened(self.at, self.number, self.said_by, self.note, self.said_at)
        return Closed(self.at, self.number, self.reason or CloseReason.OTHER, self.said_by, self.note, self.said_at)


def facts_of(attempt: Attempt) -> list[Fact]:
    """That it began, and how it ended if it has."""
    facts: list[Fact] = [CallBegan(attempt.at, attempt.number, attempt.agent, attempt.said_at)]
    if attempt.ended_place is not None:
        facts.append(end_of(attempt, attempt.ended_place))
    return facts


def end_of(attempt: Attempt, place: Micros) -> CallEnded:
    return CallEnded(place, attempt.number, attempt.agent, attempt.reached_at, attempt.call_id)


# --- rows -------------------------------------------------------------------------------------------------


def call_row(known: KnownCall) -> Row:
    return {
        "call_id": known.call.call_id,
        "number": known.call.number,
        "caller": known.call.caller,
        "at": known.at,
        "received_at": known.call.received_at,
        "entry": known.entry,
        "withdrawn_at": known.withdrawn_at,
        "withdrawn_by": known.withdrawn_by,
        "body": _body(known.call),
    }


def known_call(row: Any, place: str) -> KnownCall:
    """A row of ``ledger_calls``."""
    return KnownCall(
        call=_read(row.body, MissedCall, place),
        at=row.at,
        entry=row.entry,
        withdrawn_at=row.withdrawn_at,
        withdrawn_by=row.withdrawn_by,
    )


def entry_row(entry: Entry) -> Row:
    closed = entry.closed
    return {
        "number": entry.number,
        "caller": entry.caller,
        "caller_number": entry.latest.caller_number,
        "state": entry.state.value,
        "owner": entry.owner,
        "opened_at": entry.opened_at,
        "first_at": entry.first.at,
        "closed_at": closed.at if closed else None,
        "reason": closed.reason.value if closed else None,
        "closed_call": closed.call if closed else None,
        "body": _body(entry),
    }


def entry_of(body: str, place: str) -> Entry:
    return _read(body, Entry, place)


def attempt_row(attempt: Attempt) -> Row:
    columns = ("number", "key", "caller", "entry", "agent", "at", "said_at", "uniqueid", "ended_place")
    row = {name: getattr(attempt, name) for name in columns}
    return {**row, "outcome": attempt.outcome.value if attempt.outcome else None, "body": _body(attempt)}


def attempt_of(row: Any, place: str) -> Attempt:
    """A row of ``ledger_attempts``; the entry's number may have changed since the body was written."""
    return msgspec.structs.replace(_read(row.body, Attempt, place), entry=row.entry)


def command_row(command: Command) -> Row:
    return msgspec.to_builtins(command)  # type: ignore[no-any-return]


def command_of(row: Any) -> Command:
    """A row of ``ledger_commands``."""
    return msgspec.convert({str(name): value for name, value in row._mapping.items()}, Command)


def _body(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()


def _read(body: str, kind: type[Body], place: str) -> Body:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError) as error:
        raise StoreError(
            f"The missed-call ledger in {place} cannot be read ({error}). It was written by a newer program or "
            "damaged: run the program that wrote it, or restore a backup."
        ) from error
