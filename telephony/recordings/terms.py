"""The words a recording's fate is told in. Pure."""

from enum import StrEnum

import msgspec

from telephony.model.ids import CallId, Micros, PbxName


class State(StrEnum):
    PENDING = "pending"  # looked for, and not settled yet
    RECORDED = "recorded"
    INCOMPLETE = "incomplete"  # less than was said
    NOT_RECORDED = "not_recorded"
    ELSEWHERE = "elsewhere"  # the folder is not on this machine
    DELETING = "deleting"  # chosen by a run of the retention that has not ended
    DELETED = "deleted"


KEPT = (State.PENDING, State.RECORDED, State.INCOMPLETE, State.NOT_RECORDED, State.ELSEWHERE)
FILED = (State.RECORDED, State.INCOMPLETE)
"""There was a file, and its hash is known."""


class Why(StrEnum):
    """More of it, where there is more to say."""

    NOT_WRITTEN = "not_written"  # the PBX told that there is no file: disk full, folder not writable
    MISSING = "missing"  # the PBX wrote one, or told nothing, and there is none
    EMPTY = "empty"  # a file without a sound: disk full
    CUT_SHORT = "cut_short"  # the file ends before the talk did
    UNFINISHED = "unfinished"  # nobody closed the file: the PBX died
    UNREADABLE = "unreadable"  # it is there, and this program may not read it
    UNFIT = "unfit"  # a name that leads out of the folder, or to something that is no file
    ALTERED = "altered"  # the file is not the one that was hashed first


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What the records tell of one recording. ``expected_ms`` is the talk that must be in it, ``told_bytes`` what the
    PBX told of the file's size (None: nothing)."""

    pbx: PbxName
    path: str
    call_id: CallId
    ended_at: Micros
    expected_ms: int
    told_bytes: int | None


class Found(msgspec.Struct, frozen=True):
    """A file as it is now. ``finished``: its header fits its size, as Asterisk leaves it on closing; ``quiet_s``:
    seconds since it was written to."""

    length_ms: int
    size: int
    sha256: str
    finished: bool
    quiet_s: float


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it. ``length_ms``, ``size`` (bytes) and ``sha256`` (hex) are of the file."""

    state: State
    why: Why | None = None
    length_ms: int | None = None
    size: int | None = None
    sha256: str | None = None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One recording as it is on record. ``certificate`` is the number of that of its deletion."""

    case: Case
    fate: Fate
    checked_at: Micros
    deleted_at: Micros | None = None
    certificate: int | None = None
