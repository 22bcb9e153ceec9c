"""What reconciling finds: a finding for each difference between a record and a book, and what explains it. Pure."""

from enum import StrEnum

import msgspec

from telephony.model.ids import CallId, Micros


class Book(StrEnum):
    """Who says so. CEL is asked only for what the first two leave open; ``RECORDS`` are our own."""

    QUEUE_LOG = "queue_log"
    CDR = "CDR"
    CEL = "CEL"
    RECORDS = "records"


class Kind(StrEnum):
    NO_RECORD = "no record"  # a call of the book is not on record
    NO_ROW = "no row"  # the book has no row of a call, or of a part of it, that is on record
    DIFFERS = "differs"  # both tell of it, and not the same
    DOUBLED = "doubled"  # one call, two records
    UNREADABLE = "unreadable"  # the record is there and cannot be read; ``told`` says why


class Reason(StrEnum):
    """Why a difference is none: how Asterisk writes its books. Measured on Asterisk 22.10; see docs/operations.md."""

    NOT_LET_IN = "not let in"
    REFUSAL_WRITTEN_AS_NO_ANSWER = "refusal written as no answer"
    OTHER_PHONE_QUICKER = "other phone quicker"
    TAKEN_OUT_OF_THE_LINE = "taken out of the line"
    TAKEN_AWAY = "taken away"
    PBX_STOPPED = "pbx stopped"
    PBX_KILLED = "pbx killed"
    INSTANT_OF_THE_ANSWER = "instant of the answer"
    BOTH_HUNG_UP = "both hung up"
    AFTER_TRANSFER = "after transfer"
    TRANSFER_BEYOND_THE_QUEUE = "transfer beyond the queue"
    ESTIMATED = "estimated"
    TORN = "torn"


class Finding(msgspec.Struct, frozen=True):
    """``what``: the fact in question, by the record's field. ``recorded`` and ``told``: the record's and the book's
    word of it, None when it has none. ``because`` None: nothing explains it."""

    kind: Kind
    book: Book
    what: str
    recorded: str | None
    told: str | None
    because: Reason | None = None


class CallFindings(msgspec.Struct, frozen=True):
    """All findings of one call. ``call_id`` is None when it is not on record; ``at`` is its beginning, ``uniqueid`` its
    first channel."""

    call_id: CallId | None
    uniqueid: str
    at: Micros
    findings: tuple[Finding, ...]

    @property
    def explained(self) -> bool:
        """Whether something explains each of them."""
        return all(finding.because is not None for finding in self.findings)


class Damage(msgspec.Struct, frozen=True):
    """Bytes of a book that are no row, written between ``after`` and ``before`` (None: nothing was written since)."""

    book: str
    file: str
    offset: int
    size: int
    after: Micros
    before: Micros | None

    def covers(self, at: Micros, slack: int) -> bool:
        """Whether a row of that time may be in it."""
        return self.after - slack <= at and (self.before is None or at <= self.before + slack)


class Boot(msgspec.Struct, frozen=True):
    """A start of the PBX ``at`` a second; it was last heard of ``alive``."""

    at: Micros
    alive: Micros


class Counts(msgspec.Struct, frozen=True):
    """Calls. ``unsettled``: under way, or ended so lately that a book may not have them yet; they are in none of the
    other counts but those of the books."""

    records: int
    queue_log: int
    cdr: int
    agreed: int
    explained: int
    unexplained: int
    unsettled: int


class Report(msgspec.Struct, frozen=True):
    """``calls`` are those with findings. ``cel`` tells whether CEL was there to be a witness."""

    since: Micros
    until: Micros
    counts: Counts
    calls: tuple[CallFindings, ...]
    damages: tuple[Damage, ...]
    cel: bool
