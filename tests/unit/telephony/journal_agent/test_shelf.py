"""The files that are open for readers elsewhere: what is listed, and nothing else."""

import os
from pathlib import Path

import pytest

from telephony.journal.agent import shelf as module
from telephony.journal.agent.shelf import IDLE_S, MOST, Shelf
from telephony.journal.errors import JournalUnreadable
from telephony.journal.files import FileGone

ROW = b"1795402664|pbx1-1|q|NONE|ENTERQUEUE||138|1\n"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "queue_log").write_bytes(ROW)
    (tmp_path / "secret").write_text("nobody's business")
    return tmp_path


@pytest.fixture
def shelf(folder: Path, clock: Clock) -> Shelf:
    return Shelf(folder, clock=clock)


def opened(shelf: Shelf, folder: Path, name: str = "queue_log") -> str:
    handle = shelf.open("queue_log", name, (folder / name).stat().st_ino)
    assert handle
    return handle


def test_every_file_of_the_log_is_listed(shelf: Shelf, folder: Path) -> None:
    (folder / "queue_log.1").write_bytes(ROW * 20)
    (folder / "queue_log-folder").mkdir()
    files = {file.name: file for file in shelf.list("queue_log")}
    assert list(files) == ["queue_log", "queue_log.1"]
    assert (files["queue_log"].size, files["queue_log"].head) == (len(ROW), ROW)
    assert files["queue_log.1"].head == (ROW * 20)[:256]
    assert shelf.list("cdr") == []


def test_bytes_from_an_offset(shelf: Shelf, folder: Path) -> None:
    reading = shelf.read(opened(shelf, folder), 10, 5)
    assert (reading.data, reading.more) == (ROW[10:15], True)
    assert reading.named == (folder / "queue_log").stat().st_ino
    rest = shelf.read(opened(shelf, folder), 10, 5_000)
    assert (rest.data, rest.more) == (ROW[10:], False)
    assert shelf.read(opened(shelf, folder), 5_000, 10).data == b""


def test_a_piece_is_no_larger_than_agreed(shelf: Shelf, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PIECE", 8)
    reading = shelf.read(opened(shelf, folder), 0, 1_000_000)
    assert (reading.data, reading.more) == (ROW[:8], True)


def test_it_stays_the_same_file_whatever_becomes_of_its_name(shelf: Shelf, folder: Path) -> None:
    handle = opened(shelf, folder)
    (folder / "queue_log").rename(folder / "queue_log.1")
    assert shelf.read(handle, 0, 100).named is None
    (folder / "queue_log").write_bytes(b"another\n")
    reading = shelf.read(handle, 0, 100)
    assert (reading.data, reading.named) == (ROW, (folder / "queue_log").stat().st_ino)
    (folder / "queue_log.1").unlink()
    assert shelf.read(handle, 0, 100).data == ROW


@pytest.mark.parametrize(
    "name", ["secret", "../secret", "/etc/passwd", "./queue_log", "queue_log/", "queue_log\0", "", ".", "QUEUE_LOG"]
)
def test_only_what_was_listed_is_opened(shelf: Shelf, folder: Path, name: str) -> None:
    for inode in {(folder / "secret").stat().st_ino, (folder / "queue_log").stat().st_ino}:
        assert shelf.open("queue_log", name, inode) is None


def test_a_name_that_has_gone_to_another_file_is_not_opened(shelf: Shelf, folder: Path) -> None:
    assert shelf.open("queue_log", "queue_log", (folder / "secret").stat().st_ino) is None


def test_a_log_that_does_not_exist_is_a_bug_of_the_callers(shelf: Shelf) -> None:
    with pytest.raises(KeyError):
        shelf.list("../../etc/passwd")


def test_no_symbolic_link_is_followed(shelf: Shelf, folder: Path) -> None:
    """Whoever may write into the log folder must not read with our rights."""
    (folder / "queue_log.1").symlink_to(folder / "secret")
    assert [file.name for file in shelf.list("queue_log")] == ["queue_log"]
    assert shelf.open("queue_log", "queue_log.1", (folder / "secret").stat().st_ino) is None


def test_the_state_of_each_log(shelf: Shelf, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shelf.state()["queue_log"] is None
    assert "not there" in (shelf.state()["cel"] or "")
    (folder / "cdr-custom").mkdir()
    (folder / "cdr-custom" / "zhitong-cdr.csv").symlink_to(folder / "secret")
    assert "symbolic link" in (shelf.state()["cdr"] or "")

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("telephony.journal.files.os.open", refuse)
    assert "Permission denied" in (shelf.state()["queue_log"] or "")
    with pytest.raises(JournalUnreadable, match="Permission denied"):
        shelf.list("queue_log")


def handles_of(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208


def test_what_nobody_asks_for_is_closed(shelf: Shelf, folder: Path, clock: Clock) -> None:
    before = handles_of(os.getpid())
    idle, used = opened(shelf, folder), opened(shelf, folder)
    assert handles_of(os.getpid()) == before + 2
    clock.now = IDLE_S
    shelf.read(used, 0, 1)
    clock.now = IDLE_S + 1
    shelf.tidy()
    assert handles_of(os.getpid()) == before + 1
    shelf.read(used, 0, 1)
    with pytest.raises(FileGone):
        shelf.read(idle, 0, 1)


def test_so_many_are_open_and_the_longest_unused_goes_first(shelf: Shelf, folder: Path) -> None:
    before = handles_of(os.getpid())
    first, second = opened(shelf, folder), opened(shelf, folder)
    shelf.read(first, 0, 1)
    for _ in range(MOST - 1):
        opened(shelf, folder)
    assert handles_of(os.getpid()) == before + MOST
    shelf.read(first, 0, 1)
    with pytest.raises(FileGone):
        shelf.read(second, 0, 1)
    shelf.close()
    assert handles_of(os.getpid()) == before
    with pytest.raises(FileGone):
        shelf.read(first, 0, 1)


def test_handles_of_another_start_mean_nothing(shelf: Shelf, folder: Path) -> None:
    handle, again = opened(shelf, folder), Shelf(folder)
    assert opened(again, folder) != handle
    with pytest.raises(FileGone):
        again.read(handle, 0, 1)
