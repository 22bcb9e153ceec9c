"""The outbox's files: whatever a crash, a full disk or rot leaves of them, whole lines are records."""

import errno
import fcntl
import os
import stat
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from telephony.records import spool as module
from telephony.records.record import CallRecord
from telephony.records.rows import clean
from telephony.records.spool import Extent, OutboxTaken, Segment, Spool, body_of, line_of
from tests.unit.telephony.records.disk import Disk
from tests.unit.telephony.records.samples import record, tellings


def many(count: int, first: int = 0) -> list[CallRecord]:
    return [record(number) for number in range(first, first + count)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture
def spool(folder: Path) -> Iterator[Spool]:
    opened = Spool(folder)
    assert opened.open() == []
    yield opened
    opened.close()


def content(spool: Spool, extents: Sequence[Extent], at_once: int = 7) -> list[CallRecord]:
    records: list[CallRecord] = []
    for extent in extents:
        rest: Extent | None = extent
        while rest is not None:
            read = spool.read(rest, at_once)
            assert len(read.records) + read.unknown <= at_once
            records += read.records
            rest = read.rest
    return records


def left_in(folder: Path) -> list[CallRecord]:
    """What the next start finds."""
    spool = Spool(folder)
    try:
        return content(spool, spool.open())
    finally:
        spool.close()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- lines ------------------------------------------------------------------------------------------------


@given(tellings(st.integers(0, 9)))
def test_a_line_is_the_record_and_its_checksum(told: CallRecord) -> None:
    line = line_of(told)
    body = body_of(line)
    assert body is not None
    assert msgspec.json.decode(body, type=CallRecord) == told
    assert line == f"{zlib.crc32(body):08x} ".encode() + body + b"\n"
    assert line.count(b"\n") == 1


@pytest.mark.parametrize("name", ["half \ud800 a pair", "\0", "line\nfeed\r\u2028", "\U0001f9d1", "\x7f" * 50])
def test_whatever_a_caller_calls_himself(name: str) -> None:
    body = body_of(line_of(record(1, caller_name=name)))
    assert body is not None
    assert clean(msgspec.json.decode(body, type=CallRecord)) == clean(record(1, caller_name=name))


@pytest.mark.parametrize("odd", [10**40, -(10**40), object(), b"bytes", {1, 2}])
def test_a_value_that_is_no_value_of_a_record_makes_a_line_all_the_same(odd: Any) -> None:
    assert body_of(line_of(record(1, cause=odd))) is not None


@given(st.data())
def test_a_line_with_one_byte_changed_or_missing_is_no_line(data: st.DataObject) -> None:
    line = line_of(record(1))
    at = data.draw(st.integers(0, len(line) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != line[at]))
    assert body_of(line[:at] + bytes([other]) + line[at + 1 :]) is None
    assert body_of(line[:at] + line[at + 1 :]) is None
    assert body_of(line[:at]) is None


# --- written and read -------------------------------------------------------------------------------------


def test_what_is_written_is_read_at_once_and_after_a_restart(spool: Spool, folder: Path) -> None:
    segment, offsets = spool.append(many(20))
    assert len(offsets) == 21
    assert content(spool, [Extent(segment, offsets[0], offsets[-1], 20)]) == many(20)
    assert content(spool, [Extent(segment, offsets[5], offsets[9], 4)], 1) == many(4, first=5)
    spool.close()
    assert left_in(folder) == many(20)


def test_a_group_is_synced_before_append_returns_and_its_name_too(
    spool: Spool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def spy(name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(fd: int, *rest: Any) -> Any:
            what = "folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file"
            done.append(f"{name} {what}")
            return real(fd, *rest)

        return call

    for name in ("write", "fsync", "fdatasync"):
        monkeypatch.setattr(os, name, spy(name))
    spool.append(many(3))
    spool.append(many(3))
    assert done == ["fsync folder", "write file", "fdatasync file", "write file", "fdatasync file"]


def test_citizens_numbers_are_for_the_owner_alone(spool: Spool, folder: Path) -> None:
    spool.append(many(1))
    spool.set_aside(many(1))
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_full_segment_is_followed_by_another_and_each_goes_when_it_is_done(folder: Path) -> None:
    spool = Spool(folder, segment_bytes=5_000)
    spool.open()
    segments = list(dict.fromkeys(spool.append([one])[0] for one in many(9)))
    assert len(segments) == 3
    assert names(folder) == ["00000001.records", "00000002.records", "00000003.records"]
    assert spool.bytes == sum(path.stat().st_size for path in folder.iterdir())
    spool.discard(segments[1])
    assert names(folder) == ["00000001.records", "00000003.records"]
    assert spool.bytes == sum(path.stat().st_size for path in folder.iterdir())
    spool.discard(segments[2])  # still written to
    assert (folder / "00000003.records").stat().st_size == 0
    spool.append(many(1, first=9))
    spool.discard(segments[0])
    spool.close()
    assert left_in(folder) == many(1, first=9)


def test_when_all_is_done_nothing_of_a_citizen_stays(spool: Spool, folder: Path) -> None:
    segment, _ = spool.append(many(5))
    spool.discard(segment)
    assert spool.bytes == 0
    assert [path.stat().st_size for path in folder.iterdir()] == [0]
    spool.close()
    assert names(folder) == []


def test_a_new_start_never_writes_into_a_file_of_the_last(folder: Path) -> None:
    for number in range(3):
        spool = Spool(folder)
        assert len(content(spool, spool.open())) == number
        spool.append([record(number)])
        spool.close()
    assert names(folder) == ["00000001.records", "00000002.records", "00000003.records"]
    assert left_in(folder) == many(3)


def test_files_of_others_are_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "README").write_text("not ours")
    (folder / "00000009.spoilt").write_text("kept for somebody to look at")
    spool = Spool(folder)
    assert spool.open() == []
    segment, _ = spool.append(many(1))
    assert segment.path.name == "00000010.records"
    spool.close()
    assert names(folder) == ["00000009.spoilt", "00000010.records", "README"]


def test_long_records_come_a_few_at_a_time(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_READ_BYTES", 10_000)
    segment, offsets = spool.append(many(20))
    read = spool.read(Extent(segment, 0, offsets[-1], 20), 20)
    assert 0 < len(read.records) < 10
    assert read.rest is not None
    assert read.records + content(spool, [read.rest]) == many(20)


# --- one process ------------------------------------------------------------------------------------------


def test_a_second_process_is_told_and_the_folder_is_free_after_a_close(spool: Spool, folder: Path) -> None:
    with pytest.raises(OutboxTaken, match="another zhitong serve"):
        Spool(folder).open()
    spool.close()
    other = Spool(folder)
    other.open()
    assert other.is_open
    other.close()


def test_a_failed_open_holds_no_lock(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    spool = Spool(folder)

    def broken(_: Path) -> Iterator[Path]:
        raise OSError(errno.EIO, "broken")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "iterdir", broken)
        with pytest.raises(OSError, match="broken"):
            spool.open()
    assert not spool.is_open
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)
    assert spool.open() == []
    spool.close()


# --- torn, rotten, full -----------------------------------------------------------------------------------


def whole_file(folder: Path, records: Sequence[CallRecord]) -> tuple[Path, bytes]:
    spool = Spool(folder)
    spool.open()
    segment, _ = spool.append(records)
    spool.close()
    return segment.path, segment.path.read_bytes()


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


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


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


# --- set aside --------------------------------------------------------------------------------------------


def test_what_is_set_aside_is_found_at_the_next_start(spool: Spool, folder: Path) -> None:
    spool.append(many(1))
    assert spool.set_aside(many(2, first=7))
    assert spool.set_aside(many(1, first=9))
    spool.append(many(1, first=1))
    spool.close()
    assert names(folder) == ["00000001.records", "00000002.aside"]
    assert left_in(folder) == [*many(2), *many(3, first=7)]


def test_an_aside_that_was_torn_loses_that_line_only(disk: Disk, spool: Spool, folder: Path) -> None:
    spool.set_aside(many(1))
    disk.room = 900
    with pytest.raises(OSError, match="No space"):
        spool.set_aside(many(1, first=1))
    disk.room = None
    spool.set_aside(many(1, first=1))
    spool.close()
    assert left_in(folder) == many(2)


def test_there_is_a_bound_to_what_is_set_aside(folder: Path) -> None:
    spool = Spool(folder, aside_bytes=5_000)
    spool.open()
    assert [spool.set_aside([one]) for one in many(4)] == [True, True, False, False]
    spool.close()
    assert left_in(folder) == many(2)


def test_a_record_of_another_program_is_set_aside_until_that_one_is_back(folder: Path) -> None:
    """A whole line, but not a record as this program knows them: written by a newer one, perhaps."""
    path, data = whole_file(folder, many(3))
    body = body_of(data.splitlines(keepends=True)[1])
    assert body is not None
    newer = body.replace(b'"outcome":"answered"', b'"outcome":"teleported"')
    assert newer != body
    path.write_bytes(data + f"{zlib.crc32(newer):08x} ".encode() + newer + b"\n")
    spool = Spool(folder)
    (extent,) = spool.open()
    read = spool.read(extent, 10)
    assert (read.records, read.unknown, read.rest) == (many(3), 1, None)
    spool.discard(extent.segment)
    spool.close()
    (aside,) = folder.iterdir()
    assert aside.name == "00000002.aside"
    assert newer in aside.read_bytes()
    assert aside.read_bytes().count(b'{"call_id') == 1


def test_a_segment_says_where_it_is() -> None:
    assert Segment(Path("x")).left == 0
