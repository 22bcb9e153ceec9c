"""One thing that somebody put down of a call, and what all of them come to. Pure.

A remark is never changed: who thinks better of it makes another, and the last one holds. So the history is what there
is, and what holds is made from it.
"""

import unicodedata
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from telephony.model.ids import CallId, Micros, PbxName
from telephony.records.remarked import Disposed, Marked, NoteSaid, Remarked, Resolved

TEXT_LIMIT = 2_000
"""Characters of a note."""
TOPICS_LIMIT = 10
_UNFIT = frozenset(("Cc", "Cs", "Zl", "Zp"))
_DIRECTIONS = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
"""Overrides and isolates of the writing direction: a text could look like another one."""


class Mark(StrEnum):
    NUISANCE = "nuisance"
    SILENT = "silent"


class Resolution(StrEnum):
    """Whether it was resolved on the call; empty: a word on it is taken back."""

    YES = "yes"
    NO = "no"
    TAKEN_BACK = ""


class Remark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``key`` is its name: told twice it is one. ``call_id`` as the call was called when it was said; ``at`` by our
    own wall clock. ``who``: whose remark it is; ``by``: who made it. Of note, topics, mark and
    resolution what is None was not spoken of, and what is empty is taken back; ``answered`` goes with the topics."""

    key: str
    call_id: CallId
    pbx: PbxName
    at: Micros
    who: str
    by: str
    note: str | None = None
    topics: tuple[str, ...] | None = None
    answered: bool | None = None
    mark: str | None = None
    resolved: Resolution | None = None


def unfit(text: str, *, limit: int = TEXT_LIMIT, lines: bool = True) -> str:
    """Why this may not be kept and shown; empty: it may. Line feeds are the only control characters, where ``lines``
    may be several: a terminal, a spreadsheet and a page all show what remains as it is."""
    if len(text) > limit:
        return f"has {len(text)} characters; at most {limit} are kept."
    for place, each in enumerate(text, 1):
        if each == "\n" and lines:
            continue
        if unicodedata.category(each) in _UNFIT or each in _DIRECTIONS:
            return f"character {place} (U+{ord(each):04X}) is no text. Leave it out."
    return ""


def remarked(told: Iterable[Remark]) -> Remarked:
    """What holds of these remarks on one call, told in the order of their being made."""
    notes: dict[str, NoteSaid] = {}
    disposed: dict[str, Disposed] = {}
    resolved: dict[str, Resolved] = {}
    mark: Marked | None = None
    for each in told:
        if each.note is not None:
            notes.pop(each.who, None)  # the order is that of the last word
            notes[each.who] = NoteSaid(each.who, each.note, each.at, each.by)
        if each.topics is not None:
            disposed.pop(each.who, None)
            disposed[each.who] = Disposed(each.who, each.topics, each.answered, each.at, each.by)
        if each.resolved is not None:
            resolved.pop(each.who, None)
            if each.resolved is not Resolution.TAKEN_BACK:
                resolved[each.who] = Resolved(each.who, each.resolved is Resolution.YES, each.at, each.by)
        if each.mark is not None:
            mark = Marked(each.mark, each.at, each.by) if each.mark else None
    return Remarked(
        notes=tuple(note for note in notes.values() if note.text),
        dispositions=tuple(each for each in disposed.values() if each.topics or each.answered is not None),
        mark=mark,
        resolutions=tuple(resolved.values()),
    )
