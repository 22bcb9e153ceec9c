"""The lines of an audit log, each bound to the one before it. Pure.

A line is one JSON object: ``n`` (from 1), ``at`` (UTC), ``by``, ``deed``, ``details``, ``prev`` (hash of the line
before; 64 zeros before the first) and ``hash``: SHA-256, in hex, of the line as it stands without its ``hash``. It is
taken of the bytes, so that anybody can compute it again:
``sed 's/,"hash":"[0-9a-f]*"}$/}/' | tr -d '\\n' | sha256sum`` of that one line.
"""

import hashlib
import re
from typing import Any

import msgspec

from telephony.errors import AuditError

NOTHING = "0" * 64
BEGINS, GOES_ON, HEALED = "audit begins", "audit goes on", "audit healed"
"""Deeds of the log itself: its first line, the first of each further file, and what was found amiss while writing."""
MAX_LINE = 64 * 1024
_END = re.compile(rb',"hash":"([0-9a-f]{64})"\}\Z')


class Note(msgspec.Struct, frozen=True):
    """What is to be put on record. ``details`` is JSON already."""

    at: str
    by: str
    deed: str
    details: msgspec.Raw


class Place(msgspec.Struct, frozen=True):
    """How far a chain has come: its last line's number and hash."""

    n: int = 0
    hash: str = NOTHING


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line as it was read."""

    n: int
    at: str
    by: str
    deed: str
    details: dict[str, Any]
    prev: str
    hash: str

    @property
    def place(self) -> Place:
        return Place(self.n, self.hash)


class Broken(Exception):
    """Not a line as it was written."""


def note_of(at: str, by: str, deed: str, details: dict[str, Any]) -> Note:
    """Raises AuditError for what cannot stand on a line."""
    try:
        made = Note(at, by, deed, msgspec.Raw(msgspec.json.encode(details, enc_hook=str)))
        size = len(msgspec.json.encode(made))
    except UnicodeEncodeError as error:
        raise AuditError("What was to be put on record is not UTF-8; so it is not done.") from error
    if size > MAX_LINE - 512:
        raise AuditError(f"What was to be put on record is too long ({size} bytes); so it is not done.")
    return made


def line_of(note: Note, after: Place) -> tuple[bytes, Place]:
    """The line that says it, with its line break, and where the chain is then."""
    n = after.n + 1
    body = msgspec.json.encode(
        {"n": n, "at": note.at, "by": note.by, "deed": note.deed, "details": note.details, "prev": after.hash}
    )
    digest = hashlib.sha256(body).hexdigest()
    return body[:-1] + f',"hash":"{digest}"}}\n'.encode(), Place(n, digest)


def entry_of(line: bytes) -> Entry:
    """The entry of a line without its line break. Raises Broken, in words, when it is not as it was written."""
    end = _END.search(line)
    if end is None:
        raise Broken("is no line of this log")
    if hashlib.sha256(line[: end.start()] + b"}").hexdigest().encode() != end[1]:
        raise Broken("was changed")
    try:
        return msgspec.json.decode(line, type=Entry)
    except msgspec.MsgspecError:
        raise Broken("is no line of this log") from None
