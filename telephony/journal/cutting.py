"""Bytes of a log, cut into rows. Pure.

Asterisk writes a row with one ``write()``, but a disk that fills up keeps only its beginning, and the next row then
follows without a line break (measured); and a caller's text can hold a line break. So a line break is never trusted: a
row is what can be read as a whole one. What cannot is reported, never guessed at.

A caller whose number holds ``|`` can make queue_log show a line that nobody wrote. Such a line can name a call only by
its Uniqueid, which no caller is told, and decides nothing that CEL does not confirm.
"""

import re
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import msgspec

from telephony.journal.cdr import CdrRow, cdr_row
from telephony.journal.rows import CelRow, QueueLine, RowId, cel_row, queue_line

Row = TypeVar("Row", CelRow, QueueLine, CdrRow)
Naming = Callable[[int], RowId | None]
"""The id of the row that begins at this offset."""

MAX_LINES = 3
"""Lines that one row may stretch over, when a field holds line breaks."""
MAX_ROW = 64 * 1024
"""Bytes without a line break that are waited for. Asterisk's own limit of a row is 4 KiB."""


class Form(msgspec.Struct, Generic[Row], frozen=True):
    """How rows of one log look. ``read`` makes one of its whole text; ``start`` finds where one may begin in the middle
    of a line; ``is_open`` tells whether a text may go on in the next line. ``torn``: what is no row and begins like
    this was one; what does not is text of a caller's."""

    name: str
    read: Callable[[str, RowId | None], Row | None]
    start: re.Pattern[bytes]
    is_open: Callable[[bytes], bool]
    torn: re.Pattern[bytes] = re.compile(b"")


class Piece(msgspec.Struct, Generic[Row], frozen=True):
    """Bytes ``start`` to ``end`` of the file. ``row`` is None, or not ``whole``, when a part of it is missing."""

    start: int
    end: int
    row: Row | None
    whole: bool = True


def _is_open_cel(text: bytes) -> bool:
    return text.startswith(b'"c1","') and text.count(b'"') % 2 == 1


def _is_open_cdr(text: bytes) -> bool:
    return text.startswith(b'"d1","') and text.count(b'"') % 2 == 1


def _read_line(text: str, row_id: RowId | None) -> QueueLine | None:
    """Not one within which another begins: it was torn, and its fields may not be what they seem."""
    return None if QUEUE_LOG.start.search(text.encode(), 1) else queue_line(text, row_id)


CEL = Form("CEL", cel_row, re.compile(rb'"c1","'), _is_open_cel)
CDR = Form("CDR", cdr_row, re.compile(rb'"d1","'), _is_open_cdr)
QUEUE_LOG = Form(
    "queue_log",
    _read_line,
    re.compile(rb"\d{10}\|[^|]*\|[^|]*\|[^|]*\|[A-Z]+\|", re.ASCII),
    lambda _text: False,
    re.compile(rb"\d{1,10}(\||\d|$)", re.ASCII),
)


def cut(
    data: bytes, offset: int, form: Form[Row], naming: Naming, *, final: bool = False
) -> tuple[list[Piece[Row]], int]:
    """The pieces of ``data``, which begins at ``offset`` of its file; and the offset where they end.

    What follows the last line break is left for the next time, and so is a row that may go on in a line to come.
    ``final``: nothing is to come, so nothing is left.
    """
    cutter = _Cutter(data, offset, form, naming, final)
    pieces = list(cutter.pieces())
    return pieces, offset + cutter.taken


class _Cutter(Generic[Row]):
    def __init__(self, data: bytes, offset: int, form: Form[Row], naming: Naming, final: bool) -> None:
        self._data, self._offset, self._final = data, offset, final
        self._form: Form[Row] = form
        self._naming = naming
        self.taken = 0

    def pieces(self) -> Iterator[Piece[Row]]:
        while (end := self._line_end(self.taken)) is not None:
            found = self._found(self.taken, end)
            if not found:
                return
            yield from found
            self.taken = found[-1].end - self._offset + 1
        self.taken = min(self.taken, len(self._data))

    def _found(self, start: int, end: int) -> list[Piece[Row]]:
        """What this line holds; nothing, when that depends on lines to come."""
        whole = self._read(start, end)
        if whole is not None:
            return [whole]
        parts = list(self._split(start, end))
        if any(part.row is not None for part in parts) or not self._form.is_open(self._data[start:end]):
            return parts
        joined = self._joined(start, end)
        if joined is not None:
            return [joined]
        return [] if self._may_go_on(end) else parts

    def _line_end(self, start: int) -> int | None:
        """Where the line ends that begins at ``start``; None when that is still to come."""
        if start >= len(self._data):
            return None
        end = self._data.find(b"\n", start)
        if end < 0 and (self._final or len(self._data) - start > MAX_ROW):
            end = len(self._data)
        return end if end >= 0 else None

    def _read(self, start: int, end: int) -> Piece[Row] | None:
        text = self._data[start:end].decode("utf-8", "replace")
        row = self._form.read(text, self._naming(self._offset + start))
        return None if row is None else Piece(self._offset + start, self._offset + end, row)

    def _following(self, end: int) -> Iterator[tuple[int, int]]:
        """The lines that a row may stretch over: none that is a row itself."""
        for _ in range(MAX_LINES - 1):
            start, next_end = end + 1, self._line_end(end + 1)
            if next_end is None or self._read(start, next_end) is not None:
                return
            yield start, next_end
            end = next_end

    def _joined(self, start: int, end: int) -> Piece[Row] | None:
        found = (self._read(start, last) for _, last in self._following(end))
        return next((piece for piece in found if piece is not None), None)

    def _may_go_on(self, end: int) -> bool:
        lines = list(self._following(end))
        last = lines[-1][1] if lines else end
        return not self._final and len(lines) < MAX_LINES - 1 and self._line_end(last + 1) is None

    def _split(self, start: int, end: int) -> Iterator[Piece[Row]]:
        """A line that is no row: rows without a line break between them, or without their ends."""
        begun = start
        for mark in self._form.start.finditer(self._data, start + 1, end):
            head, tail = self._read(begun, mark.start()), self._read(mark.start(), end)
            if head is not None:
                yield Piece(head.start, head.end, head.row, whole=self._form.name != QUEUE_LOG.name)
                begun = mark.start()
            elif tail is not None:
                yield Piece(self._offset + begun, tail.start, None)
                begun = mark.start()
                break
        yield self._read(begun, end) or Piece(self._offset + begun, self._offset + end, None)
