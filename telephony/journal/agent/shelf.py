"""The log files that are open for readers on other machines. Read only; each step may wait for the disk.

A reader stays in its file while that is renamed or removed, so the file is held open for it. What nobody has asked for
in ten minutes is closed, lest the disk space of a removed file stay taken.
"""

import itertools
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from telephony.journal.errors import JournalUnreadable
from telephony.journal.files import PATHS, FileGone, LocalFile, LocalLogs, Reading
from telephony.journal.places import FileFacts
from telephony.journal.wire import PIECE

MOST = 32
"""Files open at once; the one that was not used for longest goes first. A reader has two."""
IDLE_S = 600.0


class _Held(msgspec.Struct):
    file: LocalFile
    used_at: float


class Shelf:
    """The logs in Asterisk's log folder ``folder``. From any thread; one step at a time. ``close`` it."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._logs = LocalLogs(folder, follow=False)  # a link could lead to a file that is not the readers' business
        self._clock = clock
        self._held: dict[str, _Held] = {}  # least recently used first
        start = secrets.token_hex(6)  # handles of an earlier run mean nothing
        self._handles = (f"{start}-{number}" for number in itertools.count(1))
        self._lock = threading.Lock()

    def state(self) -> dict[str, str | None]:
        """For each log None when it is there and can be read, else what is wrong with it."""
        with self._lock:
            return {which: self._problem(which) for which in PATHS}

    def _problem(self, which: str) -> str | None:
        files = self._logs.log(which)
        if files.path.is_symlink():
            return f"{files.path} is a symbolic link, and none is followed"
        try:
            return None if files.list() else f"{files.path} is not there"
        except JournalUnreadable as error:
            return str(error)

    def list(self, which: str) -> list[FileFacts]:
        """Every file of this log, one of ``ALL_PATHS``. Raises JournalUnreadable."""
        with self._lock:
            return self._logs.log(which).list()

    def open(self, which: str, name: str, inode: int) -> str | None:
        """A handle of the file that is listed so; None when there is none (any more). Raises JournalUnreadable."""
        with self._lock:
            files = self._logs.log(which)
            listed = next((file for file in files.list() if (file.name, file.inode) == (name, inode)), None)
            file = files.open(listed) if listed else None
            return None if file is None else self._hold(file)

    def _hold(self, file: LocalFile) -> str:
        handle = next(self._handles)
        self._held[handle] = _Held(file, self._clock())
        while len(self._held) > MOST:
            self._let_go(next(iter(self._held)))
        return handle

    def read(self, handle: str, offset: int, size: int) -> Reading:
        """At most PIECE bytes. Raises FileGone, JournalUnreadable."""
        with self._lock:
            held = self._held.pop(handle, None)
            if held is None:
                raise FileGone
            self._held[handle] = held
            held.used_at = self._clock()
            return held.file.read(offset, min(size, PIECE))

    def tidy(self) -> None:
        """Close what nobody asks for."""
        with self._lock:
            now = self._clock()
            for handle in [key for key, held in self._held.items() if now - held.used_at > IDLE_S]:
                self._let_go(handle)

    def close(self) -> None:
        """Close everything."""
        with self._lock:
            for handle in list(self._held):
                self._let_go(handle)

    def _let_go(self, handle: str) -> None:
        self._held.pop(handle).file.close()
