"""What can be asked of the ledger, and what it answers. Pure."""

import msgspec

from telephony.ledger.attempts import Attempt
from telephony.ledger.entry import Entry, MissedCall
from telephony.ledger.rows import Command
from telephony.ledger.terms import AttemptOutcome, EntryState
from telephony.model.ids import MemberName, Micros
from telephony.numbers.sought import Sought

PAGE_LIMIT = 1_000

NOT_CLOSED = (EntryState.OPEN, EntryState.ASSIGNED, EntryState.CALLING)


class EntryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Whatever is given must all hold. ``since`` and ``until`` (exclusive) are of the first missed call."""

    states: tuple[EntryState, ...] = NOT_CLOSED
    owner: MemberName | None = None
    caller: Sought | None = None
    since: Micros | None = None
    until: Micros | None = None
    limit: int = PAGE_LIMIT


class Listed(msgspec.Struct, frozen=True):
    """One line of a list: the entry, how often it was tried, and what became of the last try (None: under way)."""

    entry: Entry
    attempts: int
    last_attempt: AttemptOutcome | None


class Detail(msgspec.Struct, frozen=True):
    """All that is kept of one entry. ``calls`` are the last missed ones, in their order."""

    entry: Entry
    calls: tuple[MissedCall, ...]
    attempts: tuple[Attempt, ...]
    commands: tuple[Command, ...]
