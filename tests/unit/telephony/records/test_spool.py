"""The outbox's files: whatever a crash, a full disk or rot leaves of them, whole lines are records."""

import errno
import fcntl
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.records import spool as module
from telephony.records.record import CallRecord
from telephony.records.rows import clean
from telephony.records.spool import Extent, OutboxTaken, Segment, Spool, body_of, line_of
from tests.unit.telephony.records.disk import Disk
from tests.unit.telephony.records.samples import record, tellings
from tests.unit.telephony.records.spools import content, left_in, names, whole_file
from tests.unit.telephony.records.test_writer import many

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
    spool = Spool(folder, segment_bytes=6_000)
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
    spool = Spool(folder, aside_bytes=6_000)
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
