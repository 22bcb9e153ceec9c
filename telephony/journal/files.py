"""The files of one log, and how one of them is read. All file access of the journal is here; nothing is written.

``Logs`` is the seam: what reads a log does not know whether its files lie on this machine (``LocalLogs``) or on the
PBX's, behind the journal agent (``telephony.journal.remote``).
"""

import contextlib
import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, Self

import msgspec

from telephony.journal.errors import JournalUnreadable
from telephony.journal.places import HEAD, FileFacts

CEL_LOG, QUEUE_LOG, CDR_LOG = "cel", "queue_log", "cdr"
"""How the logs are called: by readers, and where their places are kept."""
PATHS = {CEL_LOG: "cel-custom/zhitong-cel.csv", QUEUE_LOG: "queue_log", CDR_LOG: "cdr-custom/zhitong-cdr.csv"}
"""Each log of calls below Asterisk's log folder (dialplans/README.md, "Logs")."""
MESSAGES = "messages"
ALL_PATHS = PATHS | {MESSAGES: "messages.log"}
"""And the PBX's own complaints, which no call is made of."""
_GZIP = ".gz"


# --- what a reader sees -----------------------------------------------------------------------------------


class Reading(msgspec.Struct, frozen=True):
    """One look into a file: its ``facts`` just before, and ``data``; ``more``: that was not all there is. ``named`` is
    the inode of the file that bears the log's own name, the one that is written to; None: there is none."""

    facts: FileFacts
    data: bytes
    more: bool
    named: int | None


class FileGone(Exception):
    """The file must be looked for anew: whoever held it open for us has been restarted."""


class Log(Protocol):
    """One file, open. It stays the same file whatever it is renamed to, and readable when it is removed."""

    def read(self, offset: int, size: int) -> Reading:
        """Up to ``size`` bytes from ``offset``, or a smaller piece, but never a small one unless at the end: a row
        must fit into it, and twice ``cutting.MAX_ROW`` does. Raises JournalUnreadable, FileGone."""
        ...

    def close(self) -> None: ...


class LogFiles(Protocol):
    """One log: its path and what that was renamed or compressed to."""

    @property
    def name(self) -> str:
        """Of the path; for people."""
        ...

    def list(self) -> list[FileFacts]:
        """Facts of every file of this log. Raises JournalUnreadable."""
        ...

    def open(self, file: FileFacts) -> Log | None:
        """This file; None when another bears its name by now. Raises JournalUnreadable."""
        ...


class Logs(Protocol):
    """The logs of one PBX. Not for two threads at once."""

    def log(self, which: str) -> LogFiles:
        """One of ``ALL_PATHS``."""
        ...

    def close(self) -> None: ...


# --- on this machine --------------------------------------------------------------------------------------


class LocalLogs:
    """The logs in Asterisk's log folder. Without ``follow`` no symbolic link is taken for a log."""

    def __init__(self, folder: Path, *, follow: bool = True) -> None:
        self.folder = folder
        self._follow = follow

    def log(self, which: str) -> "LocalFiles":
        return LocalFiles(self.folder / ALL_PATHS[which], follow=self._follow)

    def close(self) -> None:
        """Nothing is held."""


class LocalFiles:
    """The log at ``path``."""

    def __init__(self, path: Path, *, follow: bool = True) -> None:
        self.path = path
        self._follow = follow

    @property
    def name(self) -> str:
        return self.path.name

    def list(self) -> list[FileFacts]:
        found = []
        with readable(self.path):
            for each in self._paths():
                with contextlib.suppress(FileNotFoundError, EOFError, gzip.BadGzipFile):  # renamed; half-written
                    found.append(_facts(each))
        return found

    def _paths(self) -> Iterator[Path]:
        paths = sorted(self.path.parent.glob(self.path.name + "*")) if self.path.parent.is_dir() else []
        return (path for path in paths if path.is_file() and (self._follow or not path.is_symlink()))

    def open(self, file: FileFacts) -> "LocalFile | None":
        path = self.path.with_name(file.name)
        with readable(path):
            try:
                log = LocalFile(path, self.path)
            except FileNotFoundError:
                return None
            if log.inode == file.inode:
                return log
            log.close()
            return None


class LocalFile:
    """The file at ``path``, open; ``named`` is the path of its log."""

    def __init__(self, path: Path, named: Path) -> None:
        self._path, self._named = path, named
        self._file = _open(path)
        self.inode = self._file.inode

    def read(self, offset: int, size: int) -> Reading:
        with readable(self._path):
            named, facts = self._named_inode(), self._file.facts
            data = self._file.read(offset, size)
            return Reading(facts, data, len(data) == size, named)

    def _named_inode(self) -> int | None:
        try:
            return self._named.stat().st_ino
        except FileNotFoundError:
            return None

    def close(self) -> None:
        self._file.close()


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what the system says into words for whoever runs us."""
    try:
        yield
    except FileNotFoundError:
        raise
    except EOFError as error:
        raise JournalUnreadable(f"{path} cannot be read: it is compressed and not whole (yet).") from error
    except OSError as error:
        raise JournalUnreadable(
            f"{path} cannot be read: {error.strerror or error}. Let the user this program runs as read Asterisk's log "
            "folder (be in group asterisk); Asterisk goes on writing, and nothing is lost meanwhile."
        ) from error


def _facts(path: Path) -> FileFacts:
    with _open(path) as file:
        return file.facts


def _open(path: Path) -> "_Plain | _Compressed":
    return _Compressed(path) if path.suffix == _GZIP else _Plain(path)


class _Plain:
    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.inode = os.fstat(self._handle).st_ino

    @property
    def facts(self) -> FileFacts:
        status = os.fstat(self._handle)
        return FileFacts(self._name, status.st_ino, status.st_size, status.st_mtime_ns, self.read(0, HEAD))

    def read(self, offset: int, size: int) -> bytes:
        return os.pread(self._handle, size, offset)

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class _Compressed:
    """Whole when it is there: logrotate writes it under another name first."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._status = path.stat()
        self._file = gzip.GzipFile(path)
        self.inode = self._status.st_ino

    @property
    def facts(self) -> FileFacts:
        return FileFacts(self._name, self._status.st_ino, None, self._status.st_mtime_ns, self.read(0, HEAD))

    def read(self, offset: int, size: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(size)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
