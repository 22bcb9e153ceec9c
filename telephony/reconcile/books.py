"""Asterisk's books of an interval, read once from their files, rotated and compressed ones too. Nothing is written.

A file that was last written to before the interval is not opened. What cannot be read as rows is reported as
``Damage``, by file and place; the rows around it are read all the same.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Generic

import msgspec

from telephony.journal.cdr import CdrRow
from telephony.journal.cutting import CDR, CEL, QUEUE_LOG, Form, Piece, Row, cut
from telephony.journal.errors import JournalUnreadable
from telephony.journal.files import CDR_LOG, CEL_LOG, PATHS, FileGone, Log, LogFiles, Logs
from telephony.journal.files import QUEUE_LOG as QUEUE_LOG_LOG
from telephony.journal.places import FileFacts, file_id
from telephony.journal.rows import CelRow, QueueLine
from telephony.model.ids import MICROS_PER_SECOND, NEVER, Micros
from telephony.reconcile.errors import BooksUnreadable
from telephony.reconcile.finding import Boot, Damage

_READ = 1 << 20
_SLACK = Micros(2 * MICROS_PER_SECOND)
_BOOT = "QUEUESTART"
_WITNESSED = frozenset(("CHAN_START", "HANGUP"))
"""All that CEL is asked for: a channel's names and its end."""
_TRIES = 5
"""A file can be renamed between being listed and being opened: a rotation. Then all is read anew."""


class Books(msgspec.Struct, frozen=True):
    """``cel``: beginnings and ends of channels; None when there is no CEL: then nobody bears witness of who hung up."""

    lines: tuple[QueueLine, ...]
    rows: tuple[CdrRow, ...]
    cel: tuple[CelRow, ...] | None
    boots: tuple[Boot, ...]
    damages: tuple[Damage, ...]


class _Read(msgspec.Struct, Generic[Row], frozen=True):
    rows: tuple[Row, ...]
    damages: tuple[Damage, ...]


def read_books(logs: Logs, since: Micros, until: Micros) -> Books:
    """What was written to the books from ``since`` to ``until``, and every start of the PBX since. Raises
    BooksUnreadable, and JournalUnreadable."""
    for _ in range(_TRIES):
        with contextlib.suppress(FileGone):
            return _read_books(logs, since, until)
    raise JournalUnreadable("Asterisk's books are renamed again and again while they are read. Try it later.")


def _read_books(logs: Logs, since: Micros, until: Micros) -> Books:
    lines = _read(logs, QUEUE_LOG_LOG, QUEUE_LOG, since, lambda line: _when(line, since, until))
    rows = _read(logs, CDR_LOG, CDR, since, lambda row: since - _SLACK <= row.at <= until)
    cel = _read(logs, CEL_LOG, CEL, since, lambda row: row.event in _WITNESSED and since - _SLACK <= row.at <= until)
    if lines is None or rows is None:
        raise _missing(QUEUE_LOG_LOG if lines is None else CDR_LOG)
    damages = [*lines.damages, *rows.damages, *(cel.damages if cel is not None else ())]
    return Books(
        lines=tuple(line for line in lines.rows if line.event != _BOOT),
        rows=rows.rows,
        cel=None if cel is None else cel.rows,
        boots=tuple(_boots(lines.rows, rows.rows, () if cel is None else cel.rows)),
        damages=tuple(damage for damage in damages if damage.after <= until and (damage.before or until) >= since),
    )


def _missing(which: str) -> BooksUnreadable:
    return BooksUnreadable(
        f"Asterisk's log folder has no {PATHS[which]}. Name the folder, or a copy of it, with --logs; `zhitong doctor` "
        "looks at whether Asterisk writes its books."
    )


def _when(line: QueueLine, since: Micros, until: Micros) -> bool:
    return since - _SLACK <= line.at <= until or (line.event == _BOOT and line.at > since)


def _boots(lines: tuple[QueueLine, ...], rows: tuple[CdrRow, ...], cel: tuple[CelRow, ...]) -> Iterator[Boot]:
    for boot in (line for line in lines if line.event == _BOOT):
        before = [each.at for book in (lines, rows, cel) for each in book if each.at < boot.at]
        yield Boot(boot.at, max(before, default=NEVER))


# --- one book ---------------------------------------------------------------------------------------------


def _read(logs: Logs, which: str, form: Form[Row], since: Micros, wanted: Callable[[Row], bool]) -> _Read[Row] | None:
    """None when there is no such book."""
    log = logs.log(which)
    files = _distinct(log.list())
    rows: list[Row] = []
    damages: list[Damage] = []
    for file in files:
        if file.changed_ns // 1_000 >= since - _SLACK:
            read = _File(log, file, form, final=file is not files[-1])
            rows += filter(wanted, read.rows())
            damages += read.damages
    return _Read(tuple(rows), tuple(damages)) if files else None


def _distinct(files: list[FileFacts]) -> list[FileFacts]:
    """Oldest first; of a file and its compressed copy, which are there together for a moment, one."""
    by_id: dict[str, FileFacts] = {}
    for file in files:
        known = by_id.get(file_id(file.head))
        if file.begun and (known is None or known.size is None):
            by_id[file_id(file.head)] = file
    return sorted(by_id.values(), key=lambda file: file.changed_ns)


class _File(Generic[Row]):
    """One file, read to its end. ``final``: nothing more is written to it, so its last line is whole or torn."""

    def __init__(self, log: LogFiles, file: FileFacts, form: Form[Row], *, final: bool) -> None:
        self._log, self._file, self._final = log, file, final
        self._form: Form[Row] = form
        self.damages: list[Damage] = []
        self._last = NEVER

    def rows(self) -> Iterator[Row]:
        pending: list[Piece[Row]] = []
        for piece in self._pieces():
            if piece.row is None or not piece.whole:
                pending.append(piece)
            if piece.row is not None:
                self._note(pending, piece.row.at)
                pending = []
                self._last = max(self._last, piece.row.at)
                yield piece.row
        self._note(pending, None)

    def _note(self, pieces: list[Piece[Row]], before: Micros | None) -> None:
        for piece in pieces:
            size = piece.end - piece.start
            self.damages.append(Damage(self._form.name, self._file.name, piece.start, size, self._last, before))

    def _pieces(self) -> Iterator[Piece[Row]]:
        offset, more = 0, True
        with self._open() as log:
            while more:
                reading = log.read(offset, _READ)  # a smaller piece, when it comes from another machine
                data, more = reading.data, reading.more
                pieces, end = cut(data, offset, self._form, lambda _offset: None, final=self._final and not more)
                more = more and end > offset
                offset = end
                yield from pieces

    @contextlib.contextmanager
    def _open(self) -> Iterator[Log]:
        log = self._log.open(self._file)
        if log is None:
            raise FileGone
        try:
            yield log
        finally:
            log.close()
