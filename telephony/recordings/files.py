"""The recordings folder: look at a file, delete one. Only below the folder, whatever a name says.

A name is followed part by part from the open folder, and no link is followed on the way (``openat(2)``, O_NOFOLLOW), so
that neither ``..`` nor a link somebody laid, nor one laid while we look, leads anywhere else.
"""

import contextlib
import errno
import hashlib
import os
import stat
import struct
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from telephony.recordings.terms import Found

HEADER = 44
"""Bytes of a WAV file before its samples, as Asterisk writes it (format_wav.c, write_header)."""
_CHUNK = 1 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class UnfitName(ValueError):
    """The name is none of a file below the folder."""


class Folder:
    """The recordings of one PBX. Everything here blocks: call it in a thread. Raises OSError, UnfitName."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def is_here(self) -> bool:
        """Whether the folder is on this machine."""
        return self.path.is_dir()

    def look(self, name: str) -> Found | None:
        """The file of this name; None if there is none."""
        with self._parent(name) as (parent, last):
            if parent is None:
                return None
            with self._opened(parent, last) as file:
                return None if file is None else _found(file)

    def delete(self, name: str) -> bool:
        """Delete it; False if there was none."""
        with self._parent(name) as (parent, last):
            if parent is None:
                return False
            with self._opened(parent, last) as file:  # raises where it is no file
                if file is None:
                    return False
            os.unlink(last, dir_fd=parent)
            os.fsync(parent)
            return True

    def may_delete(self, name: str) -> bool:
        """Whether ``delete`` can be expected to succeed."""
        with self._parent(name) as (parent, _):
            return parent is None or os.access(f"/proc/self/fd/{parent}", os.W_OK | os.X_OK)

    def free_share(self) -> float:
        """How much of the folder's disk is free for the PBX, 0 to 1."""
        found = os.statvfs(self.path)
        return found.f_bavail / found.f_blocks if found.f_blocks else 1.0

    def names(self) -> Iterator[str]:
        """The files below the folder, by the names that records would have for them. Links are not followed."""
        for folder, _, files in os.walk(self.path):
            for file in files:
                yield os.path.relpath(os.path.join(folder, file), self.path)  # noqa: PTH118 - os.walk tells strings

    @contextlib.contextmanager
    def _parent(self, name: str) -> Iterator[tuple[int | None, str]]:
        """The open folder that holds the file, and the file's name in it; None where a part is missing."""
        *folders, last = parts_of(name)
        try:
            handle = self._down(folders)
        except FileNotFoundError:
            yield None, last
            return
        except NotADirectoryError as error:  # a link too: O_DIRECTORY is asked for first
            raise UnfitName(f"{name!r:.200} does not lie in folders below {self.path}.") from error
        try:
            yield handle, last
        finally:
            os.close(handle)

    def _down(self, folders: Sequence[str]) -> int:
        handle = os.open(self.path, _FOLDER)
        for part in folders:
            try:
                below = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=handle)
            finally:
                os.close(handle)
            handle = below
        return handle

    @contextlib.contextmanager
    def _opened(self, parent: int, name: str) -> Iterator[int | None]:
        try:
            handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
        except FileNotFoundError:
            yield None
            return
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENXIO):  # a link, a socket
                raise UnfitName(f"{name!r:.200} is no file, but leads somewhere else.") from error
            raise
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise UnfitName(f"{name!r:.200} is no file.")
            yield handle
        finally:
            os.close(handle)


def parts_of(name: str) -> list[str]:
    """The parts of a name below the folder. Raises UnfitName."""
    parts = name.split("/")
    if not all(part not in ("", ".", "..") and part.isprintable() and len(part) < 256 for part in parts):
        raise UnfitName(f"{name!r:.200} is no name of a file below the recordings folder.")
    return parts


def _found(file: int) -> Found:
    digest, head, size = hashlib.sha256(), b"", 0
    while data := os.read(file, _CHUNK):
        head = head or data[:HEADER]
        digest.update(data)
        size += len(data)
    rate, told = _header(head)
    length_ms = max(0, size - HEADER) * 1_000 // rate
    quiet_s = max(0.0, time.time() - os.fstat(file).st_mtime)
    return Found(length_ms, size, digest.hexdigest(), told == size - HEADER, quiet_s)


def _header(head: bytes) -> tuple[int, int]:
    """Bytes of a second, and how many bytes of samples the header tells; -1 where it is none."""
    if len(head) < HEADER or head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return 16_000, -1
    (rate,) = struct.unpack_from("<I", head, 28)
    (told,) = struct.unpack_from("<I", head, 40)
    return rate or 16_000, told
