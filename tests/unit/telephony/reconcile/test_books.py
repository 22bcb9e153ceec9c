"""The books out of their files: rotated, compressed, torn, in the middle of a rotation."""

import gzip
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from telephony.journal.errors import JournalUnreadable
from telephony.journal.files import LocalFile, LocalFiles, LocalLogs
from telephony.journal.places import FileFacts
from telephony.model.ids import Micros
from telephony.reconcile.books import read_books
from telephony.reconcile.errors import BooksUnreadable
from tests.unit.telephony.journal.books import BOOT, cel, line, quoted

_SECOND = 1_000_000


def at(seconds: float) -> Micros:
    return Micros(round((BOOT + seconds) * _SECOND))


def row(begin: float, end: float, channel: str = "1") -> str:
    """A row of CDR. Times count seconds from ``BOOT``."""
    times = [f"{BOOT + int(when)}.{round(when % 1 * _SECOND):06}" for when in (begin, end)]
    name = f"pbx1-{BOOT}.{channel}"
    first = ["d1", times[0], "0.000000", times[1], "1", "0", "NO ANSWER", name, name, channel]
    parties = [f"PJSIP/trunk-a-{channel}", "", "13800000001", "s", "zt-queue-service"]
    return quoted([*first, *parties, "Queue", "service,ct", "."])


class Folder:
    """Asterisk's log folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.queue_log = path / "queue_log"
        self.cdr = path / "cdr-custom" / "zhitong-cdr.csv"
        self.cel = path / "cel-custom" / "zhitong-cel.csv"
        for file in (self.cdr, self.cel):
            file.parent.mkdir()
        self.write(self.queue_log, [line(0, "NONE", "QUEUESTART", queue="NONE")], 0)
        self.write(self.cdr, [row(1, 2)], 2)

    def write(self, path: Path, texts: Iterable[str], changed: float, end: str = "\n") -> None:
        """Append; as if last written to at that time."""
        with path.open("a", encoding="utf-8") as file:
            file.write("\n".join(texts) + end)
        os.utime(path, (BOOT + changed, BOOT + changed))

    def rotate(self, path: Path, number: int, *, compress: bool = False) -> Path:
        """As logrotate does; the time of the last writing stays."""
        to = path.with_name(f"{path.name}.{number}")
        status = path.stat()
        path.rename(to)
        if compress:
            packed = to.with_name(to.name + ".gz")
            packed.write_bytes(gzip.compress(to.read_bytes()))
            os.utime(packed, ns=(status.st_atime_ns, status.st_mtime_ns))
            to.unlink()
            return packed
        return to


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_what_was_written_in_the_interval(folder: Folder) -> None:
    folder.write(folder.queue_log, [line(second, "1", "ENTERQUEUE", "", 138, 1) for second in (10, 20, 30)], 30)
    folder.write(folder.cdr, [row(9, 10), row(19, 20), row(29, 30)], 30)
    folder.write(folder.cel, [cel(20, "HANGUP")], 20)
    books = read_books(LocalLogs(folder.path), at(15), at(25))
    assert [each.second - BOOT for each in books.lines] == [20]
    assert [each.end for each in books.rows] == [at(20)]
    assert books.cel is not None
    assert len(books.cel) == 1
    assert books.damages == ()


def test_rotated_and_compressed_files_are_read_and_a_night_goes_through_them(folder: Folder) -> None:
    """The call began before the rotation at midnight and ended after it."""
    folder.write(folder.queue_log, [line(100, "1", "ENTERQUEUE", "", 138, 1)], 100)
    folder.rotate(folder.queue_log, 1, compress=True)
    folder.write(folder.queue_log, [line(200, "1", "CONNECT", 1, 2, 3)], 200)
    folder.rotate(folder.queue_log, 0)
    folder.write(folder.queue_log, [line(300, "1", "COMPLETECALLER", 1, 2, 3)], 300)
    books = read_books(LocalLogs(folder.path), at(50), at(400))
    assert [each.event for each in books.lines] == ["ENTERQUEUE", "CONNECT", "COMPLETECALLER"]


def test_a_file_and_its_compressed_copy_are_one(folder: Folder) -> None:
    folder.write(folder.queue_log, [line(100, "1", "ENTERQUEUE", "", 138, 1)], 100)
    rotated = folder.rotate(folder.queue_log, 1)
    rotated.with_name("queue_log.1.gz").write_bytes(gzip.compress(rotated.read_bytes()))
    folder.write(folder.queue_log, [line(200, "1", "ABANDON", 1, 1, 1)], 200)
    books = read_books(LocalLogs(folder.path), at(50), at(400))
    assert [each.event for each in books.lines] == ["ENTERQUEUE", "ABANDON"]


def test_files_of_before_the_interval_are_not_read(folder: Folder) -> None:
    """One that would be called torn from end to end is not opened."""
    folder.write(folder.queue_log, ["rubbish"] * 100, 50)
    folder.rotate(folder.queue_log, 1)
    folder.write(folder.queue_log, [line(200, "1", "ABANDON", 1, 1, 1)], 200)
    assert read_books(LocalLogs(folder.path), at(150), at(400)).damages == ()


def test_a_torn_row_is_named_by_file_and_byte(folder: Folder) -> None:
    whole = row(10, 11)
    folder.write(folder.cdr, [whole[:60] + row(20, 21), row(30, 31)], 31)
    books = read_books(LocalLogs(folder.path), at(5), at(60))
    assert [each.end for each in books.rows] == [at(21), at(31)]
    (damage,) = books.damages
    start = len(row(1, 2)) + 1
    assert (damage.book, damage.file, damage.offset, damage.size) == ("CDR", "zhitong-cdr.csv", start, 60)
    assert (damage.after, damage.before) == (at(2), at(21))


def test_a_row_that_is_just_being_written_is_no_damage(folder: Folder) -> None:
    folder.write(folder.cdr, [row(10, 11)[:80]], 11, end="")
    assert read_books(LocalLogs(folder.path), at(5), at(60)).damages == ()


def test_a_row_without_an_end_in_a_rotated_file_is(folder: Folder) -> None:
    folder.write(folder.cdr, [row(10, 11)[:80]], 11, end="")
    folder.rotate(folder.cdr, 1)
    folder.write(folder.cdr, [row(20, 21)], 21)
    (damage,) = read_books(LocalLogs(folder.path), at(5), at(60)).damages
    assert (damage.file, damage.size, damage.before) == ("zhitong-cdr.csv.1", 80, None)


def test_every_start_of_the_pbx_and_when_it_was_last_heard_of(folder: Folder) -> None:
    folder.write(folder.queue_log, [line(40, "1", "ENTERQUEUE", "", 138, 1)], 40)
    folder.write(folder.cel, [cel(41.5, "HANGUP")], 41)
    folder.write(folder.queue_log, [line(90, "NONE", "QUEUESTART", queue="NONE")], 90)
    books = read_books(LocalLogs(folder.path), at(30), at(60))
    assert [(boot.at, boot.alive) for boot in books.boots] == [(at(90), at(41.5))]


@pytest.mark.parametrize("missing", ["queue_log", "cdr"])
def test_without_a_book_there_is_nothing_to_reconcile_with(folder: Folder, missing: str) -> None:
    getattr(folder, missing).unlink()
    with pytest.raises(BooksUnreadable, match="queue_log" if missing == "queue_log" else "zhitong-cdr.csv"):
        read_books(LocalLogs(folder.path), at(0), at(60))


def test_without_cel_there_is_no_witness(folder: Folder) -> None:
    shutil.rmtree(folder.cel.parent)
    assert read_books(LocalLogs(folder.path), at(0), at(60)).cel is None


class Rotating(LocalLogs):
    """Each of the first ``times`` files is renamed between being listed and being opened."""

    def __init__(self, folder: Path, times: int) -> None:
        super().__init__(folder)
        self.times = times

    def log(self, which: str) -> LocalFiles:
        found = super().log(which)
        return _Rotating(found.path, self)


class _Rotating(LocalFiles):
    def __init__(self, path: Path, logs: Rotating) -> None:
        super().__init__(path)
        self._logs = logs

    def open(self, file: FileFacts) -> LocalFile | None:
        if self._logs.times > 0:
            self._logs.times -= 1
            return None
        return super().open(file)


def test_a_rotation_in_that_moment_is_survived(folder: Folder) -> None:
    assert len(read_books(Rotating(folder.path, 2), at(0), at(60)).rows) == 1
    with pytest.raises(JournalUnreadable, match="again and again"):
        read_books(Rotating(folder.path, 1000), at(0), at(60))
