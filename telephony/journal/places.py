"""Where in a log to go on reading, told from facts about its files. Pure.

A log is one path and the files it was renamed to. A place in it survives renaming, rotation, compression and restarts
of the reader: it is known by the file's inode and by its first bytes, never by its name.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence

import msgspec

HEAD = 256
"""Bytes at a file's beginning by which it is known again."""
_ENOUGH = 64
"""So many bytes tell a file without its inode: it was copied or compressed."""


class Cursor(msgspec.Struct, frozen=True):
    """Up to where a log was read: ``offset`` bytes of the file with this inode, whose first ``min(offset, HEAD)`` bytes
    have the SHA-1 ``fingerprint``. ``changed_ns`` is when the file was last written to as we read it."""

    inode: int
    offset: int
    fingerprint: str
    changed_ns: int


class FileFacts(msgspec.Struct, frozen=True):
    """One file of a log. ``size`` of a compressed one is not known before it is read: None."""

    name: str
    inode: int
    size: int | None
    changed_ns: int
    head: bytes  # the first HEAD bytes, uncompressed

    @property
    def begun(self) -> bool:
        """Whether it holds a whole line."""
        return b"\n" in self.head or len(self.head) >= HEAD


def fingerprint(head: bytes, offset: int) -> str:
    """What a Cursor at ``offset`` knows the file by."""
    return hashlib.sha1(head[: min(offset, HEAD)], usedforsecurity=False).hexdigest()


def file_id(head: bytes) -> str:
    """A name of the file for good: made from its first line, or what of it is in ``head``."""
    return hashlib.sha1(head.partition(b"\n")[0], usedforsecurity=False).hexdigest()[:16]


def locate(cursor: Cursor, files: Iterable[FileFacts]) -> FileFacts | None:
    """The file that the cursor stands in; None when there is none any more."""
    holding = [file for file in files if _holds(cursor, file)]
    exact = [file for file in holding if file.inode == cursor.inode]
    copies = holding if cursor.offset >= _ENOUGH else []
    return next(iter([*exact, *sorted(copies, key=_age, reverse=True)]), None)


def _holds(cursor: Cursor, file: FileFacts) -> bool:
    long_enough = file.size is None or file.size >= cursor.offset
    return long_enough and fingerprint(file.head, cursor.offset) == cursor.fingerprint


def _age(file: FileFacts) -> int:
    return file.changed_ns


def after(current: FileFacts, files: Iterable[FileFacts], done: Collection[str]) -> FileFacts | None:
    """The file that comes next: the oldest of those written to after ``current``. ``done``: ids of files that were
    read, lest a copy is read again."""
    seen = {*done, file_id(current.head)}
    later = [
        file
        for file in files
        if file.begun
        and file.inode != current.inode
        and file.changed_ns >= current.changed_ns
        and file_id(file.head) not in seen
    ]
    return min(later, key=_age, default=None)


def first_of(files: Sequence[FileFacts], since_ns: int = 0) -> FileFacts | None:
    """The oldest file that was written to after ``since_ns``: where to begin without a place to go on from."""
    return min((file for file in files if file.begun and file.changed_ns > since_ns), key=_age, default=None)
