"""Reading a log as it grows: every row that was written, exactly once."""

import os
import random
from pathlib import Path

import pytest

from telephony.journal.errors import JournalUnreadable
from telephony.model.ids import Micros
from tests.unit.telephony.journal.pens import Pen, Reader, rename

# --- growing ----------------------------------------------------------------------------------------------


def test_rows_as_they_are_written(pen: Pen) -> None:
    reader = Reader(pen.path)
    reader.look()
    assert reader.read == []
    for _ in range(3):
        pen.write(2)
        reader.look(2)
    assert reader.read == pen.written
    assert reader.flaws == []


def test_a_log_that_is_not_there_yet(pen: Pen) -> None:
    reader = Reader(pen.path.with_name("later") / "zhitong-cel.csv")
    reader.look(3)
    assert (reader.read, reader.flaws, reader.tail.cursor) == ([], [], None)


def test_half_a_row_waits_for_its_end(pen: Pen) -> None:
    reader = Reader(pen.path)
    pen.write()
    text = pen.row()
    pen.put(text[:60].encode())
    reader.look(3)
    assert reader.read == pen.written
    pen.put((text[60:] + "\n").encode())
    reader.look()
    assert reader.read == [*pen.written, text]
    assert reader.flaws == []


def test_more_than_one_read(pen: Pen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.journal.tail.READ", 1_000)
    reader = Reader(pen.path)
    pen.write(20)
    batch = reader.tail.look(Micros(1))
    assert not batch.at_end
    reader.restart()
    reader.read = [reader.text(row) for row in batch.rows]
    reader.look(12)
    assert reader.read == pen.written


def test_a_restart_at_any_moment(pen: Pen) -> None:
    reader = Reader(pen.path)
    for _ in range(10):
        pen.write()
        reader.look()
        reader.restart()
    assert reader.read == pen.written
    assert reader.flaws == []


def test_a_batch_says_where_it_began(pen: Pen) -> None:
    reader = Reader(pen.path)
    pen.write(3)
    first = reader.tail.look(Micros(1))
    pen.write(2)
    second = reader.tail.look(Micros(2))
    again = Reader(pen.path, second.before)
    again.look()
    assert first.before is None
    assert again.read == pen.written[3:]


def test_ids_of_rows_are_the_same_after_a_restart_and_a_rotation(pen: Pen) -> None:
    pen.write(5)
    ids = [row.row_id for row in Reader(pen.path).tail.look(Micros(1)).rows]
    rename(pen.path, 1)
    again = [row.row_id for row in Reader(pen.path).tail.look(Micros(1)).rows]
    assert ids == again
    assert len(set(ids)) == 5


# --- torn -------------------------------------------------------------------------------------------------


def test_a_row_without_its_end_is_told_of_once(pen: Pen) -> None:
    reader = Reader(pen.path)
    pen.write()
    pen.put(pen.row()[:70].encode())
    reader.look(20)
    assert reader.flaws == []
    reader.look(20)
    assert reader.kinds() == ["torn row"]
    pen.write(2)
    reader.look(30)
    assert reader.read == pen.written
    assert reader.kinds() == ["torn row"]
    assert reader.flaws[0].file == "zhitong-cel.csv"
    assert reader.flaws[0].offset == len(pen.written[0]) + 1


def test_a_row_torn_at_a_rotation(pen: Pen) -> None:
    reader = Reader(pen.path)
    pen.write()
    pen.put(pen.row()[:70].encode())
    reader.look()
    rename(pen.path, 1)
    pen.write()
    reader.look(6)
    assert reader.read == pen.written
    assert reader.kinds() == ["torn row"]


def test_a_clock_that_was_set_back(pen: Pen) -> None:
    reader = Reader(pen.path)
    pen.number = 100
    pen.write()
    pen.number = 50
    pen.write(2)
    reader.look()
    assert reader.read == pen.written
    assert reader.kinds() == ["clock set back"]
    assert "50.0 s" in reader.flaws[0].detail


def test_a_file_that_may_not_be_read(pen: Pen, monkeypatch: pytest.MonkeyPatch) -> None:
    pen.write()

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    reader = Reader(pen.path)
    with monkeypatch.context() as patch:
        patch.setattr("telephony.journal.files.os.open", refuse)
        with pytest.raises(JournalUnreadable, match="cannot be read: Permission denied"):
            reader.look()
    reader.look()
    assert reader.read == pen.written


# --- all together -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_anything_at_any_time(tmp_path: Path, seed: int) -> None:
    """Rows, rotations, restarts and naps in any order: every row once, in order."""
    dice = random.Random(seed)
    pen = Pen(tmp_path / "zhitong-cel.csv")
    reader = Reader(pen.path)
    rotations = 0
    for _ in range(120):
        action = dice.choice(["write", "write", "write", "look", "look", "rotate", "restart"])
        if action == "write":
            pen.write(dice.randint(1, 4))
        elif action == "look":
            reader.look(dice.randint(1, 6))
        elif action == "restart":
            reader.restart()
        elif pen.path.exists() and pen.path.stat().st_size:
            rotations += 1
            changed = 1_700_000_000_000_000_000 + rotations * 1_000_000_000
            os.utime(pen.path, ns=(changed, changed))
            rename(pen.path, rotations)
    pen.write()
    reader.look(6 * (rotations + 2))
    assert rotations > 5
    assert reader.read == pen.written
    assert reader.flaws == []
