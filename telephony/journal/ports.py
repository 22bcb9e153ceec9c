"""What the journal at work needs of others, how often it does what, and how it tells of itself."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from telephony.journal.gaps import Gap
from telephony.journal.places import Cursor
from telephony.model.ids import CallId, Micros, PbxName, Uniqueid
from telephony.records.record import CallRecord


class Pace(msgspec.Struct, frozen=True):
    """How often; seconds."""

    poll: float = 1.0
    review: float = 300.0
    after_login: float = 5.0
    """A call that ended unseen settles for a second, and its record is on its way for a moment."""
    again: float = 5.0
    """Until the store is asked whether it has what was handed on."""
    arrive: float = 3.0
    """A call that the model has told the end of is expected on record for so long, and while records wait for the
    store."""
    save: float = 10.0
    silent: float = 30.0
    """So long after a call's end CEL may be without it; then it hangs, or its rows are lost."""


class Records(Protocol):
    """What is on record; ``kept.KeptRecords``."""

    async def find(self, call_ids: Sequence[CallId]) -> Mapping[CallId, CallRecord]: ...
    async def known(self, uniqueids: Sequence[Uniqueid]) -> set[Uniqueid]: ...


class Places(Protocol):
    """Where the places in the logs are kept; ``cursors.CursorStore``."""

    async def load(self, pbx: PbxName) -> Mapping[str, Cursor]: ...
    async def save(self, pbx: PbxName, places: Mapping[str, Cursor]) -> None: ...


class Status(msgspec.Struct, frozen=True):
    """For health, metrics and alarms. ``counts``: rows, lines, flaws by kind; rebuilt, completed, differing, given up,
    failures, gaps. ``due`` calls wait to be judged, ``held`` rows belong to calls that are not over.

    ``problem``: why the journal does not get on at present, in words; None while it does. ``unreadable``: the same,
    where it is the logs. ``behind_s``: seconds since the logs were last read to their end. ``gaps``: where rows of the
    logs are missing, those found since the start, the newest last. ``silent_since``: calls that ended after this have
    left nothing in CEL, which hangs or cannot be written; None while all is well.
    """

    due: int
    held: int
    counts: Mapping[str, int]
    problem: str | None
    unreadable: str | None = None
    behind_s: float = 0.0
    gaps: tuple[Gap, ...] = ()
    silent_since: Micros | None = None
