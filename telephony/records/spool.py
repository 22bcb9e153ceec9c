"""The files of the outbox: call records as lines, each with a checksum, in segments that are deleted when done.

A line is the CRC-32 of the record's JSON in eight hex digits, a space, the JSON, a line feed. A record is in the spool
when its line is whole; a line that a crash cut short is passed over. Everything here blocks and raises OSError; one
thread at a time.

    00000001.records   records that wait, in the order of their coming; synced group by group
    00000002.aside     records that the store or this program would not have: tried again at the next start
    00000001.spoilt    a file with lines that do not match their checksum, kept for a person to look at
"""

import contextlib
import fcntl
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, Generic, NamedTuple

import msgspec
import structlog

from telephony.errors import StoreError
from telephony.records import rows
from telephony.records.backlog import R

SEGMENT_BYTES = 4 * 1024 * 1024
"""A segment that has grown beyond is followed by another. It is the grain in which space is given back while what
waited is written, and in which records are written a second time after a kill then."""
ASIDE_BYTES = 64 * 1024 * 1024
"""What is set aside in one run at most; beyond it only the log tells of a record."""
_READ_BYTES = 4 * 1024 * 1024  # read at once, or one record if that is longer
_CRC_CHARS = 8

log = structlog.get_logger(__name__)


class OutboxTaken(StoreError):
    """Another process uses this outbox."""


@dataclass(slots=True, eq=False)
class Segment:
    """One file. ``left`` is kept by the outbox: records in it that are not done with."""

    path: Path
    size: int = 0  # bytes of the lines that are synced; a reader goes no further
    left: int = 0
    spoilt: bool = False


class Extent(NamedTuple):
    """Whole lines that follow each other in a segment: from byte ``start`` to ``end``."""

    segment: Segment
    start: int
    end: int
    lines: int


class Read(NamedTuple, Generic[R]):
    """What reading the first lines of an extent gave: the records, and how many lines were no record that this program
    knows (set aside). ``rest`` is what was not read of it."""

    records: list[R]
    unknown: int
    rest: Extent | None


def line_of(record: Any) -> bytes:
    """The line of ``record``. Does not raise, whatever a caller has sent."""
    try:
        body = msgspec.json.encode(record)
    except (ValueError, OverflowError, TypeError, msgspec.MsgspecError):
        body = msgspec.json.encode(rows.cleaned(msgspec.to_builtins(record, enc_hook=str)))
    return _framed(body)


def _framed(body: bytes) -> bytes:
    return b"%08x %s\n" % (zlib.crc32(body), body)


def body_of(line: bytes) -> bytes | None:
    """The JSON of a line; None when it is not as it was written."""
    body = line[_CRC_CHARS + 1 : -1]
    return body if line.endswith(b"\n") and _framed(body) == line else None


class Spool(Generic[R]):
    """The folder of one outbox. ``open`` it first; it may be tried again after an OSError. ``decode`` makes a record
    of its JSON, or raises StoreError; left out, a call record."""

    def __init__(
        self,
        folder: Path,
        segment_bytes: int = SEGMENT_BYTES,
        aside_bytes: int = ASIDE_BYTES,
        decode: Callable[[str], R] | None = None,
    ) -> None:
        self.folder = folder
        self.bytes = 0
        """Of all segments that hold records which are not done with, and of those not yet deleted."""
        self._segment_bytes = segment_bytes
        self._aside_room = aside_bytes
        self._decode: Callable[[str], Any] = decode or _call_record
        self._number = 0
        self._folder_fd: int | None = None
        self._active: tuple[Segment, int] | None = None
        self._aside: tuple[Segment, int] | None = None

    # -- opening

    def open(self) -> list[Extent]:
        """Take the folder for this process alone, and say what waits in it, the oldest first. Lets go of it with the
        process, however that ends.

        Raises OutboxTaken when another process has it.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            _lock(folder, self.folder)
            found = [extent for path in self._files() for extent in self._extents(path)]
        except BaseException:
            os.close(folder)
            raise
        self._folder_fd = folder
        self.bytes += sum(segment.size for segment in dict.fromkeys(extent.segment for extent in found))
        return found

    def _files(self) -> list[Path]:
        numbered = [path for path in self.folder.iterdir() if path.stem.isdecimal()]
        self._number = max([self._number, *(int(path.stem) for path in numbered)])
        waiting = [path for path in numbered if path.suffix in (".records", ".aside")]
        return sorted(waiting, key=lambda path: int(path.stem))

    def _extents(self, path: Path) -> list[Extent]:
        segment = Segment(path)
        try:
            found = list(_runs(segment, _lines(path)))
        except OSError as error:  # one file must not keep the others from being written
            log.warning("outbox: a file cannot be read; it is tried again at the next start", error=str(error))
            return []
        if found:
            segment.size = found[-1].end
        else:
            self._remove(segment)
        return found

    @property
    def is_open(self) -> bool:
        return self._folder_fd is not None

    # -- writing

    def append(self, records: Sequence[R]) -> tuple[Segment, list[int]]:
        """Write ``records`` and sync them: all of them are on disk when this returns. Says where: byte offsets in the
        segment, one more than there are records.

        When it raises none of them counts, though some may be found at the next start.
        """
        lines = [line_of(record) for record in records]
        segment, file = self._writable()
        offsets = list(accumulate(map(len, lines), initial=segment.size))
        try:
            _write(file, b"".join(lines))
        except BaseException:
            self._abandon(segment, file)
            raise
        self.bytes += offsets[-1] - segment.size
        segment.size = offsets[-1]
        return segment, offsets

    def _writable(self) -> tuple[Segment, int]:
        if self._active is not None:
            segment, file = self._active
            if segment.size < self._segment_bytes and os.fstat(file).st_nlink:
                return self._active
            self._active = None  # full, or somebody deleted it
            os.close(file)
        self._active = self._new(".records")
        return self._active

    def _new(self, suffix: str) -> tuple[Segment, int]:
        assert self._folder_fd is not None
        self._number += 1
        segment = Segment(self.folder / f"{self._number:08}{suffix}")
        file = os.open(segment.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.fsync(self._folder_fd)  # or a power cut takes the name, and the records with it
        except BaseException:
            os.close(file)
            raise
        return segment, file

    def _abandon(self, segment: Segment, file: int) -> None:
        """After a write that failed go on in another file: half a line would spoil the next one, and after a failed
        sync the kernel may hold pages for clean that never reached the disk."""
        self._active = None
        with contextlib.suppress(OSError):
            os.ftruncate(file, segment.size)
        os.close(file)
        if not segment.size:
            with contextlib.suppress(OSError):
                segment.path.unlink()

    def probe(self) -> None:
        """See whether the disk takes anything, without leaving anything. Raises if not."""
        segment, file = self._writable()
        try:
            _write(file, b"\n")
            os.ftruncate(file, segment.size)
        except BaseException:
            self._abandon(segment, file)
            raise

    def set_aside(self, records: Iterable[R]) -> bool:
        """Keep ``records`` for the next start, synced. False when there is no room for more of them."""
        return self._set_aside([line_of(record) for record in records])

    def _set_aside(self, lines: Sequence[bytes]) -> bool:
        self._aside_room -= sum(map(len, lines))
        if self._aside_room < 0:
            return False
        if self._aside is None:
            self._aside = self._new(".aside")
        try:
            _write(self._aside[1], b"".join([b"\n", *lines]))  # the first byte ends what a failure left by half
        except BaseException:
            self._aside_room += sum(map(len, lines))
            raise
        return True

    # -- reading and being done

    def read(self, extent: Extent, count: int) -> Read[R]:
        """Up to ``count`` records from the beginning of ``extent``; fewer when they are long."""
        lines: list[bytes] = []
        at = extent.start
        with extent.segment.path.open("rb") as file:
            file.seek(at)
            while at < extent.end and len(lines) < count and at - extent.start < _READ_BYTES:
                lines.append(file.readline())
                at += len(lines[-1])
                if not lines[-1]:
                    raise OSError(f"{extent.segment.path} has become shorter")
        records, unknown = self._told(lines)
        if unknown and not self._set_aside(unknown):
            extent.segment.spoilt = True
        left = extent.lines - len(lines)
        return Read(records, len(unknown), extent._replace(start=at, lines=left) if left else None)

    def _told(self, lines: Sequence[bytes]) -> tuple[list[R], list[bytes]]:
        """The records of ``lines``, and the lines that hold none."""
        records: list[R] = []
        unknown: list[bytes] = []
        for line in lines:
            try:
                records.append(self._decode((body_of(line) or b"").decode()))
            except (StoreError, ValueError):
                unknown.append(line)
        return records, unknown

    def is_active(self, segment: Segment) -> bool:
        """Whether the next records may go into this file."""
        return self._active is not None and self._active[0] is segment

    def discard(self, segment: Segment) -> None:
        """Everything in ``segment`` is done with: delete the file, or empty it when it is the one written to."""
        if self._active is not None and self._active[0] is segment:
            # Not synced: at worst a power cut brings records back that the store has already.
            os.ftruncate(self._active[1], 0)
        else:
            self._remove(segment)
        self.bytes -= segment.size
        segment.size = 0

    def _remove(self, segment: Segment) -> None:
        with contextlib.suppress(FileNotFoundError):
            if segment.spoilt:
                segment.path.rename(segment.path.with_suffix(".spoilt"))
            else:
                segment.path.unlink()

    def close(self) -> None:
        """Let go of everything; an empty file is not left behind."""
        for kept in (self._active, self._aside):
            if kept is not None:
                os.close(kept[1])
        if self._active is not None and not self._active[0].size:
            self._remove(self._active[0])
        self._active = self._aside = None
        if self._folder_fd is not None:
            os.close(self._folder_fd)
            self._folder_fd = None


def _lock(folder: int, path: Path) -> None:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutboxTaken(
            f"The outbox {path} is used by another process: another zhitong serve of this site is running. Stop that "
            "one first, or give this site a var folder of its own."
        ) from None


def _write(file: int, data: bytes) -> None:
    """All of ``data``, on disk when this returns."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
    os.fdatasync(file)


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


def _runs(segment: Segment, lines: Iterable[bytes]) -> Iterator[Extent]:
    """The whole lines of a file, as runs without a gap. Notes in ``segment`` whether it is damaged: a torn end is what
    a crash leaves of a record nobody was promised, a bad line with others after it is not."""
    start = end = count = bad = 0
    for line in lines:
        after = end + len(line)
        if body_of(line) is not None:
            segment.spoilt = segment.spoilt or bad > 0
            count += 1
        else:
            bad += line != b"\n"
            if count:
                yield Extent(segment, start, end, count)
            start, count = after, 0
        end = after
    if count:
        yield Extent(segment, start, end, count)
    segment.spoilt = segment.spoilt or bad > 1
    if bad:
        log.warning("outbox: lines that are not whole were passed over", file=segment.path.name, lines=bad)


def _call_record(body: str) -> Any:
    return rows.record_of(body, "the outbox")
