"""The outbox's files torn, rotten, full or deleted: whole lines are records."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from telephony.records import spool as module
from telephony.records.spool import Extent, Spool
from tests.unit.telephony.records.disk import Disk
from tests.unit.telephony.records.samples import record
from tests.unit.telephony.records.spools import content, left_in, names, whole_file
from tests.unit.telephony.records.test_writer import many

# --- torn, rotten, full -----------------------------------------------------------------------------------


def test_cut_at_every_byte_all_records_before_the_cut_are_there(folder: Path) -> None:
    records = [record(number, legs=(), timeline=(), offers=(), visits=(), transfers=()) for number in range(3)]
    path, data = whole_file(folder, records)
    ends = [at + 1 for at, byte in enumerate(data) if byte == ord("\n")]
    for cut in range(len(data) + 1):
        path.write_bytes(data[:cut])
        whole = sum(end <= cut for end in ends)
        assert left_in(folder) == records[:whole], cut
        assert not (folder / "00000001.spoilt").exists(), "a torn end is nothing to look at"


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(0, 12_000), garbage=st.binary(max_size=300), zeros=st.integers(0, 5_000))
@example(cut=4_000, garbage=b"", zeros=4_096)
@example(cut=4_000, garbage=b"\n", zeros=0)
@example(cut=4_000, garbage=b"abc\n\n\ndef\n", zeros=0)
def test_what_a_power_cut_may_leave_behind_the_last_sync(
    tmp_path_factory: pytest.TempPathFactory, cut: int, garbage: bytes, zeros: int
) -> None:
    folder = tmp_path_factory.mktemp("outbox")
    path, data = whole_file(folder, many(6))
    path.write_bytes(data[:cut] + garbage + bytes(zeros))
    whole = data[:cut].count(b"\n")
    found = left_in(folder)
    assert found[:whole] == many(whole)
    assert len(found) == whole or (len(found) == whole + 1 and garbage)  # the garbage was a line feed at the cut


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_rot_costs_the_lines_it_touches_and_no_other(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("outbox")
    path, whole = whole_file(folder, many(6))
    spots = data.draw(st.sets(st.integers(0, len(whole) - 1), max_size=3))
    path.write_bytes(bytes(byte ^ (1 + at % 255 if at in spots else 0) for at, byte in enumerate(whole)))
    lines = [0, *(at + 1 for at, byte in enumerate(whole) if byte == ord("\n"))]
    hurt = {number for number in range(6) for spot in spots if lines[number] <= spot < lines[number + 1]}
    # A line feed that is gone takes the next line along; so does one that has come in its place.
    hurt |= {number + 1 for number in range(5) if lines[number + 1] - 1 in spots}
    found = left_in(folder)
    assert found == [one for number, one in enumerate(many(6)) if number not in hurt]


def test_a_rotten_file_is_kept_for_a_person_once_the_rest_of_it_is_done(folder: Path) -> None:
    path, data = whole_file(folder, many(3))
    path.write_bytes(data[:10] + b"?" + data[11:])
    spool = Spool(folder)
    with capture_logs() as logs:
        extents = spool.open()
    assert [(entry["log_level"], entry["file"], entry["lines"]) for entry in logs] == [("warning", path.name, 1)]
    assert content(spool, extents) == many(2, first=1)
    spool.discard(extents[0].segment)
    spool.close()
    assert names(folder) == ["00000001.spoilt"]


def test_a_file_without_a_single_whole_line(folder: Path) -> None:
    folder.mkdir()
    (folder / "00000001.records").write_bytes(b"deadbeef {torn")
    (folder / "00000002.records").write_bytes(b"")
    (folder / "00000003.records").write_bytes(b"rotten\nthrough\nand through\n")
    spool = Spool(folder)
    assert spool.open() == []
    spool.close()
    assert names(folder) == ["00000003.spoilt"]


@pytest.mark.parametrize("room", [0, 1, 500, 2_500, 5_000])
def test_a_group_that_does_not_fit_leaves_nothing_and_the_next_is_whole(
    disk: Disk, spool: Spool, folder: Path, room: int
) -> None:
    spool.append(many(2))
    before = spool.bytes
    disk.room = room
    with pytest.raises(OSError, match="No space"):
        spool.append(many(5, first=2))
    assert spool.bytes == before
    disk.room = None
    spool.append(many(3, first=2))
    spool.close()
    assert left_in(folder) == many(5)
    assert not list(folder.glob("*.spoilt"))


def test_after_a_failed_sync_the_file_is_not_trusted_again(disk: Disk, spool: Spool, folder: Path) -> None:
    first, _ = spool.append(many(2))
    disk.sync_fails = True
    with pytest.raises(OSError, match="Input/output"):
        spool.append(many(3, first=2))
    disk.sync_fails = False
    second, _ = spool.append(many(3, first=2))
    assert second is not first
    spool.close()
    assert left_in(folder) == many(5)


def test_tries_at_a_full_disk_leave_no_heap_of_empty_files(disk: Disk, spool: Spool, folder: Path) -> None:
    disk.room = 0
    for _ in range(50):
        with pytest.raises(OSError, match="No space"):
            spool.append(many(1))
        with pytest.raises(OSError, match="No space"):
            spool.probe()
    assert names(folder) == []


def test_a_probe_leaves_nothing(spool: Spool, folder: Path) -> None:
    spool.probe()
    spool.append(many(2))
    spool.probe()
    spool.append(many(2, first=2))
    spool.close()
    assert left_in(folder) == many(4)
    assert names(folder) == ["00000001.records"]


def test_a_file_deleted_under_us_is_not_written_to_any_more(spool: Spool, folder: Path) -> None:
    segment, _ = spool.append(many(2))
    segment.path.unlink()
    spool.append(many(2, first=2))
    spool.discard(segment)
    spool.close()
    assert left_in(folder) == many(2, first=2)


def test_a_file_cut_short_under_us_is_an_error_and_not_an_endless_loop(spool: Spool) -> None:
    segment, offsets = spool.append(many(4))
    os.truncate(segment.path, offsets[2])
    with pytest.raises(OSError, match="shorter"):
        spool.read(Extent(segment, 0, offsets[-1], 4), 10)


def test_a_file_that_cannot_be_read_waits_for_the_next_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(2):
        spool = Spool(folder)
        spool.open()
        spool.append([record(number)])
        spool.close()
    real = module._lines

    def some(path: Path) -> Iterator[bytes]:
        if path.name == "00000001.records":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(module, "_lines", some)
        assert left_in(folder) == [record(1)]
    assert "00000001.records" in logs[0]["error"]
    assert left_in(folder) == many(2)
