"""One log, read as it grows: never written to, never waited for, whatever becomes of its files.

What was rotated is read to its end before the next file is begun, however many rotations lie between. Rows that were
torn, files that are gone, files that were cut off under us: each is reported as a ``Flaw``, by name and place.
"""

from collections import deque
from pathlib import Path
from typing import Generic

import msgspec

from telephony.journal.cutting import Form, Piece, Row, cut
from telephony.journal.files import FileGone, LocalFiles, Log, LogFiles
from telephony.journal.gaps import Gap
from telephony.journal.places import Cursor, FileFacts, after, file_id, fingerprint, first_of, locate
from telephony.journal.rows import RowId
from telephony.model.ids import MICROS_PER_SECOND, NEVER, Micros, PbxName

READ = 1 << 20
"""Bytes read at once."""
QUIET = Micros(MICROS_PER_SECOND * 3 // 10)
QUIET_LOOKS = 3
"""A renamed file is done with when nothing was added for so long, and so many looks: its writer may still hold it."""
TORN_AFTER = Micros(5 * MICROS_PER_SECOND)
"""A row without its end is told of after so long. Should its end come yet, it is taken all the same."""
CLOCK_STEP = Micros(2 * MICROS_PER_SECOND)
_DONE_KEPT = 64
_NO_FILE = FileFacts("", 0, None, 0, b"")


class Flaw(msgspec.Struct, frozen=True):
    """Something is missing from a log, or may be: ``torn row``, ``file lost``, ``file cut off``, ``clock set back``."""

    kind: str
    file: str
    offset: int
    detail: str


class Batch(msgspec.Struct, Generic[Row], frozen=True):
    """What one look at a log gave. ``at_end``: there was no more to be had. ``before``: the place where it began.
    ``gaps``: those that ended in it."""

    rows: tuple[Row, ...]
    flaws: tuple[Flaw, ...]
    before: Cursor | None
    at_end: bool
    gaps: tuple[Gap, ...] = ()


class Tail(Generic[Row]):
    """Reads the log ``files``, or at that path, from ``cursor`` on; without one from its oldest file on. ``close`` it.

    A look that ends in an error has taken nothing: the next one finds what it would have found.
    """

    def __init__(self, files: LogFiles | Path, form: Form[Row], pbx: PbxName, cursor: Cursor | None = None) -> None:
        self._files: LogFiles = LocalFiles(files) if isinstance(files, Path) else files
        self.cursor = cursor
        """Where the next look begins."""
        self._form: Form[Row] = form
        self._pbx = pbx
        self._log: Log | None = None
        self._file = _NO_FILE
        self._offset = 0
        self._done: deque[str] = deque(maxlen=_DONE_KEPT)
        self._quiet: tuple[int, Micros] | None = None  # looks, and since when
        self._rest: tuple[int, Micros] | None = None  # where a row without its end ends, and since when
        self._told_of: tuple[str, int] | None = None  # the row without its end that we have told of: file and offset
        self._latest = NEVER
        self._known = NEVER if cursor is None else Micros(cursor.changed_ns // 1_000)  # when nothing was read yet
        self._flaws: list[Flaw] = []
        self.gap: Gap | None = None
        """A gap after which nothing has come yet."""
        self._gaps: list[Gap] = []

    def close(self) -> None:
        """Close what is open. The next look opens it again."""
        if self._log is not None:
            self._log.close()
            self._log = None

    def look(self, now: Micros) -> Batch[Row]:
        """What has been written since the last look. ``now`` is our monotonic time. Raises JournalUnreadable."""
        before = self.cursor
        rows, at_end = self._look(now)
        flaws, self._flaws = tuple(self._flaws), []
        gaps, self._gaps = tuple(self._gaps), []
        return Batch(tuple(rows), flaws, before, at_end, gaps)

    def _look(self, now: Micros) -> tuple[list[Row], bool]:
        if self._log is None and not self._open():
            return [], True
        assert self._log is not None
        start = self._offset
        try:
            reading = self._log.read(start, READ)
        except FileGone:
            self.close()
            return [], False
        self._file, data = reading.facts, reading.data
        if self.cursor is not None and start and self._was_cut_off(self.cursor):
            self._follow_cut_off(self.cursor)
            return [], False
        rows = self._take(data)
        if reading.more:
            return rows, False
        self._note_rest(data[self._offset - start :], now)
        if self._offset > start:
            self._quiet = None
            return rows, True
        if not self._is_quiet(reading.named, now):
            return rows, True
        return rows + self._move_on(data), self._log is not None

    # --- rows ---------------------------------------------------------------------------------------------

    def _take(self, data: bytes, *, final: bool = False) -> list[Row]:
        file = file_id(self._file.head)
        start = self._offset
        pieces, end = cut(data, start, self._form, lambda offset: RowId(self._pbx, file, offset), final=final)
        for piece in pieces:
            if not piece.whole or piece.row is None:
                self._torn(piece.start, data[piece.start - start : piece.end - start])
            if piece.row is not None:
                self._watch_clock(piece.row, piece)
        self._stand_at(min(end, start + len(data)))
        return [piece.row for piece in pieces if piece.row is not None]

    def _stand_at(self, offset: int) -> None:
        """At a file's beginning the cursor stays where it was: nothing is known yet by which to know the file again but
        its inode, and that may be another's tomorrow."""
        file = self._file
        self._offset = offset
        if offset:
            self.cursor = Cursor(file.inode, offset, fingerprint(file.head, offset), file.changed_ns)

    def _torn(self, start: int, text: bytes) -> None:
        if (file_id(self._file.head), start) == self._told_of:
            return
        self._flaw("torn row", start, f"{len(text)} bytes are no row: a full disk, or text of a caller's")
        if self._form.torn.match(text):
            self._lost("torn row")

    def _lost(self, why: str) -> None:
        """Rows are missing from here on, until the next whole one."""
        if self.gap is None:
            self.gap = Gap(self._files.name, self._latest or self._known, None, why)

    def _watch_clock(self, row: Row, piece: Piece[Row]) -> None:
        if self.gap is not None:
            self._gaps.append(msgspec.structs.replace(self.gap, until=max(self.gap.since, row.at)))
            self.gap = None
        if self._latest - row.at > CLOCK_STEP:
            self._flaw("clock set back", piece.start, f"by {(self._latest - row.at) / MICROS_PER_SECOND:.1f} s")
        self._latest = row.at

    def _note_rest(self, rest: bytes, now: Micros) -> None:
        """Tell once of a row whose end does not come."""
        end = self._offset + len(rest)
        if end == self._offset:
            self._rest = None
        elif self._rest is None or self._rest[0] != end:
            self._rest = (end, now)
        elif now - self._rest[1] >= TORN_AFTER:
            self._torn(self._offset, rest)
            self._told_of = (file_id(self._file.head), self._offset)

    def _flaw(self, kind: str, offset: int, detail: str) -> None:
        self._flaws.append(Flaw(kind, self._file.name or self._files.name, offset, detail))

    # --- files --------------------------------------------------------------------------------------------

    def _open(self) -> bool:
        files = self._files.list()
        if self.cursor is None:
            return self._enter(first_of(files), 0)
        here = locate(self.cursor, files)
        if here is None:
            return bool(files) and self._enter_after_loss(self.cursor, first_of(files, self.cursor.changed_ns))
        in_a_copy = here.inode != self.cursor.inode and any(file.inode == self.cursor.inode for file in files)
        entered = self._enter(here, self.cursor.offset)
        if entered and in_a_copy:
            self._cut_off(self._files.name)
        return entered

    def _enter_after_loss(self, cursor: Cursor, file: FileFacts | None) -> bool:
        """Nothing newer yet: it will come, and the loss is told of then."""
        if not self._enter(file, 0):
            return False
        self._flaw("file lost", 0, f"the file read up to byte {cursor.offset} is gone; reading begins at this one")
        self._lost("file lost")
        return True

    def _enter(self, file: FileFacts | None, offset: int) -> bool:
        """Go on in this file. False when there is none, or it was renamed in this very moment."""
        log = None if file is None else self._files.open(file)
        if log is None or file is None:
            return False
        self._stand_in(file, log, offset)
        return True

    def _stand_in(self, file: FileFacts, log: Log, offset: int) -> None:
        self.close()
        self._log, self._file, self._quiet = log, file, None
        self._stand_at(offset)

    def _was_cut_off(self, cursor: Cursor) -> bool:
        shorter = self._file.size is not None and self._file.size < cursor.offset
        return shorter or fingerprint(self._file.head, cursor.offset) != cursor.fingerprint

    def _cut_off(self, file: str) -> None:
        detail = "by copytruncate or the like: what was written in that moment is lost"
        self._flaws.append(Flaw("file cut off", file, 0, detail))
        self._lost("file cut off")

    def _follow_cut_off(self, cursor: Cursor) -> None:
        """Go on in the copy that was made before, if there is one; else from the beginning."""
        name = self._file.name
        copies = [file for file in self._files.list() if file.inode != cursor.inode]
        if not self._enter(locate(cursor, copies), cursor.offset):
            self._stand_at(0)
        self._cut_off(name)

    def _is_quiet(self, named: int | None, now: Micros) -> bool:
        """Whether our file is not the log's any more, ``named`` is, and nothing more comes."""
        if named == self._file.inode:
            self._quiet = None
            return False
        looks, since = self._quiet or (0, now)
        self._quiet = (looks + 1, since)
        return looks + 1 >= QUIET_LOOKS and now - since >= QUIET

    def _move_on(self, rest: bytes) -> list[Row]:
        """To the file that comes next, once that has been begun. What is left of this one is torn."""
        following = after(self._file, self._files.list(), self._done)
        log = None if following is None else self._files.open(following)
        if log is None or following is None:
            return []  # not yet, or renamed in this very moment: looked for again
        rows = self._take(rest, final=True)  # nothing may go wrong from here on
        self._done.append(file_id(self._file.head))
        self._stand_in(following, log, 0)
        return rows
