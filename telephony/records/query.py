"""What to look for among the call records, and a page of what was found. Pure."""

import base64
import binascii

import msgspec

from telephony.errors import StoreError
from telephony.model.ids import CallId, MemberName, Micros, PbxName, QueueName
from telephony.model.terms import Outcome
from telephony.numbers.sought import Sought
from telephony.records.record import CallRecord

PAGE_LIMIT = 1_000


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended. Calls that arrive meanwhile neither shift nor repeat what follows it."""

    received_at: Micros
    call_id: CallId

    def text(self) -> str:
        """For URLs and command lines; opaque to whoever keeps it."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Raises StoreError for anything ``text`` did not make."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            return msgspec.json.decode(raw, type=cls)
        except (binascii.Error, ValueError, msgspec.MsgspecError):
            raise StoreError(
                "The cursor is not one of ours. Take it as it was given, or leave it out to start at the first page."
            ) from None


class CallQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls. What is None does not narrow; all that is given must hold."""

    since: Micros | None = None
    """Received at or after."""
    until: Micros | None = None
    """Received before, so that days and hours meet without overlap."""
    caller: Sought | None = None
    """The whole number, however it was written."""
    agent: MemberName | None = None
    """Answered the caller first. Whom a phone was offered to, or who took over later, is not searched."""
    queue: QueueName | None = None
    """Answered there, else waited there last."""
    outcome: Outcome | None = None
    refused_out: bool = False
    """Of which something was not let out over a trunk."""
    oldest_first: bool = False
    limit: int = 100
    """Of one page, 1 to PAGE_LIMIT."""
    after: Cursor | None = None


class Damaged(msgspec.Struct, frozen=True):
    """A record that cannot be read, as far as the columns beside it tell. ``why`` does not quote the record."""

    call_id: CallId
    received_at: Micros
    pbx: PbxName
    why: str

    def __str__(self) -> str:
        return (
            f"The record of call {self.call_id} cannot be read ({self.why}). It was written by a newer program or "
            "damaged: run the program that wrote it, or restore a backup."
        )


class Page(msgspec.Struct, frozen=True):
    """Some of the calls that were asked for; ``next`` is None when there are no more. The limit counts the
    ``damaged`` too."""

    records: tuple[CallRecord, ...]
    next: Cursor | None
    damaged: tuple[Damaged, ...] = ()
