"""Reading on through whatever is done to a log's files."""

import gzip
import os

from telephony.model.ids import Micros
from tests.unit.telephony.journal.pens import HeldPen, Pen, Reader, age, rename


def test_a_rotation_by_renaming(pen: Pen) -> None:
    reader = Reader(pen.path)
    pen.write(2)
    reader.look()
    rename(pen.path, 1)
    reader.look(5)
    pen.write(2)
    reader.look(6)
    assert reader.read == pen.written
    assert reader.flaws == []


def test_several_rotations_behind(pen: Pen) -> None:
    reader = Reader(pen.path)
    pen.write(2)
    reader.look()
    for number in range(1, 5):
        pen.write(3)
        age(pen.path, 100 - 10 * number)
        rename(pen.path, number)
    pen.write(2)
    reader.look(40)
    assert reader.read == pen.written
    assert reader.flaws == []


def test_started_anew_several_rotations_behind(pen: Pen) -> None:
    reader = Reader(pen.path)
    pen.write(2)
    reader.look()
    for number in range(1, 4):
        pen.write(3)
        age(pen.path, 100 - 10 * number)
        rename(pen.path, number)
    reader.restart()
    reader.look(40)
    assert reader.read == pen.written, "the path itself is missing"
    pen.write()
    reader.look(6)
    assert reader.read == pen.written
    assert reader.flaws == []


def test_without_a_cursor_it_begins_at_the_oldest(pen: Pen) -> None:
    for number in range(1, 4):
        pen.write(2)
        age(pen.path, 100 - 10 * number)
        rename(pen.path, number)
    pen.write()
    reader = Reader(pen.path)
    reader.look(40)
    assert reader.read == pen.written


def test_the_path_is_made_anew_but_empty(pen: Pen) -> None:
    """logrotate's ``create``: the old file is not left before the new one has a row."""
    reader = Reader(pen.path)
    pen.write()
    reader.look()
    old = rename(pen.path, 1)
    pen.path.touch()
    reader.look(5)
    with old.open("ab") as file:  # a row whose writer opened the file before it was renamed
        text = pen.row()
        file.write((text + "\n").encode())
        pen.written.append(text)
    reader.look(5)
    pen.write()
    reader.look(6)
    assert reader.read == pen.written


def test_queue_log_goes_on_in_the_renamed_file_until_the_reload(held: HeldPen) -> None:
    reader = Reader(held.path)
    held.write(2)
    reader.look()
    rename(held.path, 1)
    held.write(2)
    reader.look(10)
    assert reader.read == held.written
    held.write(2)
    reader.look(10)
    held.reload()
    held.write(2)
    reader.look(10)
    assert reader.read == held.written
    assert reader.flaws == []


def test_a_removed_file_is_read_to_its_end(held: HeldPen) -> None:
    reader = Reader(held.path)
    held.write(2)
    reader.look()
    held.path.unlink()
    held.write(2)
    reader.look(10)
    assert reader.read == held.written, "written where nobody but us can read it"
    held.reload()
    held.write()
    reader.look(10)
    assert reader.read == held.written
    assert reader.flaws == []


def test_a_removed_file_is_lost_to_a_reader_who_was_not_there(held: HeldPen) -> None:
    reader = Reader(held.path)
    held.write(2)
    reader.look()
    age(held.path, 60)
    reader.look()
    cursor = reader.tail.cursor
    held.write(2)
    held.path.unlink()
    held.reload()
    held.write()
    late = Reader(held.path, cursor)
    late.look(5)
    assert late.read == held.written[4:]
    assert late.kinds() == ["file lost"]
    assert str(cursor.offset if cursor else "") in late.flaws[0].detail


def test_a_lost_file_is_told_of_when_the_next_one_is_there(pen: Pen) -> None:
    reader = Reader(pen.path)
    pen.write(2)
    reader.look()
    pen.path.unlink()
    reader.restart()
    reader.look(20)
    assert reader.flaws == [], "an empty folder may be a volume that is not there yet"
    pen.write()
    reader.look(5)
    assert reader.read == pen.written
    assert reader.kinds() == ["file lost"]


def test_older_files_are_not_begun_anew_when_ours_is_lost(pen: Pen) -> None:
    pen.write(2)
    age(pen.path, 500)
    rename(pen.path, 1)
    pen.write(2)
    age(pen.path, 100)
    reader = Reader(pen.path)
    reader.look(10)
    pen.path.unlink()
    reader.restart()
    pen.write(1)
    reader.look(10)
    assert reader.read == pen.written


def test_a_compressed_file(pen: Pen) -> None:
    reader = Reader(pen.path)
    pen.write(4)
    batch = reader.tail.look(Micros(1))
    assert len(batch.rows) == 4
    pen.write(3)
    old = rename(pen.path, 1)
    age(old, 50)
    packed = old.with_name(old.name + ".gz")
    packed.write_bytes(gzip.compress(old.read_bytes()))
    os.utime(packed, ns=(old.stat().st_mtime_ns, old.stat().st_mtime_ns))
    old.unlink()
    pen.write(2)
    late = Reader(pen.path, reader.tail.cursor)
    late.look(12)
    assert late.read == pen.written[4:]
    assert late.flaws == []


def test_copytruncate_is_told_of_and_the_copy_read_on(pen: Pen) -> None:
    reader = Reader(pen.path)
    pen.write(3)
    reader.look()
    pen.write(2)
    pen.path.with_name(pen.path.name + ".1").write_bytes(pen.path.read_bytes())
    os.truncate(pen.path, 0)
    pen.write(2)
    reader.look(10)
    assert reader.read == pen.written
    assert reader.kinds() == ["file cut off"]


def test_a_file_cut_off_without_a_copy(pen: Pen) -> None:
    reader = Reader(pen.path)
    pen.write(3)
    reader.look()
    os.truncate(pen.path, 0)
    pen.write(5)
    reader.look(5)
    assert reader.read == pen.written, "longer than before, but not the same"
    assert reader.kinds() == ["file cut off"]


def test_copytruncate_while_nobody_looked(pen: Pen) -> None:
    reader = Reader(pen.path)
    pen.write(3)
    reader.look()
    pen.write(1)
    pen.path.with_name(pen.path.name + ".1").write_bytes(pen.path.read_bytes())
    os.truncate(pen.path, 0)
    pen.write(2)
    reader.restart()
    reader.look(10)
    assert reader.read == pen.written
    assert reader.kinds() == ["file cut off"]
