"""The files of one log, and how one of them is read. All file access of the journal is here; nothing is written."""

import contextlib
import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, Self

from telephony.journal.errors import JournalUnreadable
from telephony.journal.places import HEAD, FileFacts

_GZIP = ".gz"


def files_of(path: Path) -> list[FileFacts]:
    """Facts of every file of this log: ``path`` and what it was renamed or compressed to. Raises JournalUnreadable."""
    found = []
    with readable(path):
        for each in sorted(path.parent.glob(path.name + "*")) if path.parent.is_dir() else ():
            with contextlib.suppress(FileNotFoundError, EOFError, gzip.BadGzipFile):  # renamed meanwhile; half-written
                if each.is_file():
                    found.append(_facts(each))
    return found


def _facts(path: Path) -> FileFacts:
    with open_log(path) as log:
        return log.facts


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what the system says into words for whoever runs us."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise JournalUnreadable(
            f"{path} cannot be read: {error.strerror or error}. Let the user this program runs as read Asterisk's log "
            "folder (be in group asterisk); Asterisk goes on writing, and nothing is lost meanwhile."
        ) from error


class Log(Protocol):
    """One file, open. ``facts`` are its present ones."""

    @property
    def facts(self) -> FileFacts: ...

    def read(self, offset: int, size: int) -> bytes:
        """Up to ``size`` bytes from ``offset``; fewer at the file's end."""
        ...

    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: object) -> None: ...


def open_log(path: Path) -> Log:
    """Open one file for reading. It stays the same file whatever it is renamed to, and readable when it is removed."""
    return _Compressed(path) if path.suffix == _GZIP else _Plain(path)


class _Plain:
    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

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
