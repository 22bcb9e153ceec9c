"""A chain of audit lines in files: appended to, synced, shared by the processes of one machine.

A folder holds one chain: ``000001.jsonl`` and, when that is full, ``000002.jsonl`` …; ``head``, how far it has come;
and ``lock``. The head is written after the lines are on disk. So a log that ends before its head was cut off, and a
head that is behind its log was written by a process that was killed between the two.
"""

import contextlib
import datetime
import fcntl
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from telephony.errors import AuditError
from telephony.files import PRIVATE
from zhitong.access.chain import (
    BEGINS,
    GOES_ON,
    HEALED,
    MAX_LINE,
    Broken,
    Note,
    Place,
    entry_of,
    line_of,
    note_of,
)

SEGMENT_BYTES = 16 * 1024 * 1024
HEAD_NAME = "head"


def utc_now() -> datetime.datetime:
    """The wall clock."""
    return datetime.datetime.now(datetime.UTC)


def segments(folder: Path) -> list[Path]:
    """The files of a chain, in order."""
    return sorted(folder.glob("[0-9][0-9][0-9][0-9][0-9][0-9].jsonl"))


def read_head(folder: Path) -> Place | None:
    """How far the chain had come; None when that is not to be read there."""
    try:
        return msgspec.json.decode((folder / HEAD_NAME).read_bytes(), type=Place)
    except (OSError, msgspec.MsgspecError):
        return None


class Trail:
    """One chain. ``site`` and ``seals`` are named in its first line: of which site it is, and the hashes of files that
    were there before. Several processes may append to one chain; a process that appends all the time has its own.
    """

    def __init__(
        self,
        folder: Path,
        site: str,
        *,
        seals: Callable[[], Mapping[str, str]] = dict,
        clock: Callable[[], datetime.datetime] = utc_now,
        segment_bytes: int = SEGMENT_BYTES,
    ) -> None:
        self.folder, self._site, self._seals = folder, site, seals
        self._clock, self._segment_bytes = clock, segment_bytes
        self._last: tuple[Path, int, Place] | None = None

    def note(self, by: str, deed: str, /, **details: Any) -> None:
        """One deed, on disk when this returns. Raises AuditError when that cannot be: then it must not be done."""
        self.append([self.made(by, deed, details)])

    def made(self, by: str, deed: str, details: Mapping[str, Any]) -> Note:
        """A note of this moment. Raises AuditError when it cannot stand on a line."""
        at = self._clock().astimezone(datetime.UTC).isoformat(timespec="milliseconds")
        return note_of(at, by, deed, dict(details))

    def append(self, notes: Sequence[Note]) -> None:
        """All of these, on disk when this returns; or none. Raises AuditError."""
        try:
            with self._alone():
                self._append(list(notes))
        except OSError as error:
            self._last = None
            raise AuditError(
                f"The audit log {self.folder} cannot be written ({error.strerror or error}); what was to be put on "
                "record is not done. Free space there, or give the folder back to its owner."
            ) from error

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self.folder / "lock", os.O_WRONLY | os.O_CREAT, PRIVATE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _append(self, notes: list[Note]) -> None:
        path, size, place, first = self._here()
        lines = []
        for note in (*first, *notes):
            line, place = line_of(note, place)
            lines.append(line)
        block = b"".join(lines)
        new = not path.exists()
        _write(path, size, block)
        if new:
            _sync_folder(self.folder)
        self._write_head(place)
        self._last = (path, size + len(block), place)

    def _here(self) -> tuple[Path, int, Place, list[Note]]:
        """The file that goes on, its size, the place of its last line, and what the log itself has to say first."""
        files = segments(self.folder)
        if not files:
            return (*self._first_file(), read_head(self.folder) or Place(), [self._begins()])
        path = files[-1]
        size = path.stat().st_size
        if self._last is not None and self._last[:2] == (path, size):
            place, first = self._last[2], list[Note]()
        else:
            size, place, first = self._found(path, size)
        if size >= self._segment_bytes:
            following = path.with_name(f"{int(path.stem) + 1:06}.jsonl")
            return following, 0, place, [*first, self.made("zhitong", GOES_ON, {"before": path.name})]
        return path, size, place, first

    def _first_file(self) -> tuple[Path, int]:
        return self.folder / "000001.jsonl", 0

    def _begins(self) -> Note:
        details = {"site": self._site, "chain": self.folder.name, "file": secrets.token_hex(8), "seals": self._seals()}
        return self.made("zhitong", BEGINS, details)

    def _found(self, path: Path, size: int) -> tuple[int, Place, list[Note]]:
        """Where a file that others wrote goes on. What it must say of itself so that no later line hides it: a line
        that a kill cut off (nobody was told that it was written), lines that are gone, a head that is."""
        last, whole, torn = _end_of(path, size)
        head, first = read_head(self.folder), list[Note]()
        if torn:
            first.append(self.made("zhitong", HEALED, {"cut_off": whole, "sha256": hashlib.sha256(torn).hexdigest()}))
        if head is None:
            if last is None:
                raise AuditError(
                    f"The audit log {self.folder} is damaged, and so is its head: nothing can be bound to it. See "
                    "`zhitong audit verify`, then move the folder aside; a new one begins by itself."
                )
            return whole, last, [*first, self.made("zhitong", HEALED, {"head": "missing"})]
        if last is None or last.n < head.n or (last.n == head.n and last.hash != head.hash):
            return whole, head, first  # the gap stays to be seen: the next line follows what was there
        return whole, last, first

    def _write_head(self, place: Place) -> None:
        """In place and in one write: 100 bytes, which a kill does not tear."""
        handle = os.open(self.folder / HEAD_NAME, os.O_WRONLY | os.O_CREAT, PRIVATE)
        try:
            os.pwrite(handle, msgspec.json.encode(place).ljust(127) + b"\n", 0)
            os.ftruncate(handle, 128)
        finally:
            os.close(handle)


def _end_of(path: Path, size: int) -> tuple[Place | None, int, bytes]:
    """The last whole line's place (None: it is not as it was written), where it ends, and what stands after it."""
    start = max(0, size - 2 * MAX_LINE)
    with path.open("rb") as file:
        file.seek(start)
        block = file.read(size - start)
    end = block.rfind(b"\n") + 1
    line = block[block.rfind(b"\n", 0, max(end - 1, 0)) + 1 : end - 1] if end else b""
    try:
        return entry_of(line).place, start + end, block[end:]
    except Broken:
        return None, start + end, block[end:]


def _write(path: Path, size: int, block: bytes) -> None:
    """``block`` at ``size``, where nothing worth keeping stands; synced. When it fails the file is as it was."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, PRIVATE)
    try:
        os.ftruncate(handle, size)
        os.lseek(handle, size, os.SEEK_SET)
        try:
            rest = memoryview(block)
            while rest:
                rest = rest[os.write(handle, rest) :]
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def when_of(at: str) -> datetime.datetime:
    """The moment of a line; the beginning of time where it is not to be read."""
    try:
        found = datetime.datetime.fromisoformat(at)
    except ValueError:
        return datetime.datetime.fromtimestamp(0, datetime.UTC)
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)
