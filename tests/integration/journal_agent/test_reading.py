"""Whatever is done to the files, the agent and the link: every row that was written, exactly once."""

import gzip
import os
import random
import threading
import time
from pathlib import Path

import pytest

from telephony.journal.messages import Follower
from telephony.journal.remote import RemoteLogs
from tests.integration.journal_agent.far import FarReader
from tests.integration.journal_agent.host import Agent, Wire
from tests.unit.telephony.journal.pens import HeldPen, Pen, age, rename

# --- as on one's own machine ------------------------------------------------------------------------------


def test_rows_as_they_are_written(pen: Pen, logs: RemoteLogs) -> None:
    reader = FarReader(pen, logs)
    reader.look()
    assert reader.read == []
    for _ in range(3):
        pen.write(2)
        reader.look(2)
    assert (reader.read, reader.flaws) == (pen.written, [])


def test_the_message_log_from_now_on_and_through_a_rotation(folder: Path, logs: RemoteLogs) -> None:
    path, follower = folder / "messages.log", Follower(logs.log("messages"))
    path.write_text("old\n", encoding="utf-8")
    assert follower.look() == []
    path.write_text("old\nnew\n", encoding="utf-8")
    assert follower.look() == ["new"]
    path.rename(path.with_name("messages.log.1"))
    path.write_text("newest\n", encoding="utf-8")
    assert [line for _ in range(3) for line in follower.look()] == ["newest"]


def test_both_logs_by_one_link(pen: Pen, held: HeldPen, logs: RemoteLogs) -> None:
    rows, lines = FarReader(pen, logs), FarReader(held, logs)
    for _ in range(3):
        pen.write(2)
        held.write(3)
        rows.look()
        lines.look()
    assert (rows.read, lines.read) == (pen.written, held.written)


def test_more_than_one_piece(pen: Pen, logs: RemoteLogs) -> None:
    pen.write(2_500)
    assert pen.path.stat().st_size > 2 * 131_072
    reader = FarReader(pen, logs)
    batches = 0
    while not reader.tail.cursor or reader.tail.cursor.offset < pen.path.stat().st_size:
        reader.look()
        batches += 1
    assert reader.read == pen.written
    assert batches >= 3


def test_a_rotation_and_several_behind(pen: Pen, logs: RemoteLogs) -> None:
    reader = FarReader(pen, logs)
    pen.write(2)
    reader.look()
    for number in range(1, 5):
        pen.write(3)
        age(pen.path, 100 - 10 * number)
        rename(pen.path, number)
    pen.write(2)
    reader.look(40)
    assert (reader.read, reader.flaws) == (pen.written, [])


def test_queue_log_goes_on_in_the_renamed_file_until_the_reload(held: HeldPen, logs: RemoteLogs) -> None:
    reader = FarReader(held, logs)
    held.write(2)
    reader.look()
    rename(held.path, 1)
    held.write(2)
    reader.look(10)
    assert reader.read == held.written
    held.reload()
    held.write(2)
    reader.look(10)
    assert (reader.read, reader.flaws) == (held.written, [])


def test_a_removed_file_is_read_to_its_end(held: HeldPen, logs: RemoteLogs) -> None:
    """The agent holds it open, as a reader on the spot would."""
    reader = FarReader(held, logs)
    held.write(2)
    reader.look()
    held.path.unlink()
    held.write(2)
    reader.look(10)
    held.reload()
    held.write()
    reader.look(10)
    assert (reader.read, reader.flaws) == (held.written, [])


def test_a_compressed_file(pen: Pen, logs: RemoteLogs) -> None:
    reader = FarReader(pen, logs)
    pen.write(4)
    reader.look()
    pen.write(3)
    _compress(rename(pen.path, 1))
    pen.write(2)
    reader.restart()
    reader.look(12)
    assert (reader.read, reader.flaws) == (pen.written, [])


def _compress(path: Path) -> None:
    packed, status = path.with_name(path.name + ".gz"), path.stat()
    packed.write_bytes(gzip.compress(path.read_bytes()))
    os.utime(packed, ns=(status.st_mtime_ns, status.st_mtime_ns))
    path.unlink()


def test_copytruncate_is_told_of_and_the_copy_read_on(pen: Pen, logs: RemoteLogs) -> None:
    reader = FarReader(pen, logs)
    pen.write(3)
    reader.look()
    pen.write(2)
    pen.path.with_name(pen.path.name + ".1").write_bytes(pen.path.read_bytes())
    os.truncate(pen.path, 0)
    pen.write(2)
    reader.look(10)
    assert reader.read == pen.written
    assert reader.kinds() == ["file cut off"]


# --- restarts and cuts ------------------------------------------------------------------------------------


def test_the_agent_is_restarted(pen: Pen, logs: RemoteLogs, agent: Agent) -> None:
    reader = FarReader(pen, logs)
    for _ in range(3):
        pen.write(2)
        reader.look()
        agent.stop()
        pen.write(2)
        agent.start()
        reader.look(2)
    assert (reader.read, reader.flaws) == (pen.written, [])


def test_a_rotation_while_the_agent_is_away(pen: Pen, logs: RemoteLogs, agent: Agent) -> None:
    """Its handles mean nothing any more: the place is found by what the file is."""
    reader = FarReader(pen, logs)
    pen.write(3)
    reader.look()
    agent.stop()
    for number in (1, 2):
        pen.write(2)
        rename(pen.path, number)
    pen.write(2)
    agent.start()
    reader.look(30)
    assert (reader.read, reader.flaws) == (pen.written, [])


def test_another_file_with_our_inode_while_the_agent_is_away(pen: Pen, logs: RemoteLogs, agent: Agent) -> None:
    """Inodes are used again: it must not be taken for ours, cut off."""
    reader = FarReader(pen, logs)
    pen.write(5)
    reader.look()
    agent.stop()
    ours = pen.path.stat()
    old = rename(pen.path, 1)
    copy = old.with_name(pen.path.name + ".2")
    copy.write_bytes(old.read_bytes())
    os.utime(copy, ns=(ours.st_mtime_ns, ours.st_mtime_ns))
    old.rename(pen.path)  # our inode, with other rows
    os.truncate(pen.path, 0)
    pen.write(7)
    agent.start()
    reader.look(20)
    assert reader.read == pen.written


def test_a_file_that_was_begun_and_not_read_when_its_inode_became_anothers(pen: Pen, logs: RemoteLogs) -> None:
    reader = FarReader(pen, logs)
    pen.write(3)
    reader.look()
    rename(pen.path, 1)
    pen.write(2)
    while reader.tail._file.inode != pen.path.stat().st_ino:
        reader.look()
    assert reader.read == pen.written[:3]
    begun = pen.path.stat()
    packed = pen.path.with_name(pen.path.name + ".0.gz")
    packed.write_bytes(gzip.compress(pen.path.read_bytes()))
    os.utime(packed, ns=(begun.st_mtime_ns, begun.st_mtime_ns))
    os.truncate(pen.path, 0)
    pen.write(4)
    reader.restart()
    reader.look(20)
    assert (reader.read, reader.flaws) == (pen.written, [])


@pytest.mark.parametrize("after", [0, 1, 700, 1_500, 2_500])
def test_a_link_that_is_cut_in_the_middle_of_an_answer(
    pen: Pen, logs_by_wire: RemoteLogs, wire: Wire, after: int
) -> None:
    reader = FarReader(pen, logs_by_wire)
    pen.write(2)
    reader.look()
    pen.write(30)
    wire.left = after
    reader.try_to_look(20)
    assert (reader.read, reader.flaws) == (pen.written, [])
    if after:
        assert wire.left is None, "it was never cut"


def test_a_slow_link(pen: Pen, logs_by_wire: RemoteLogs, wire: Wire) -> None:
    reader = FarReader(pen, logs_by_wire)
    pen.write(200)
    wire.pause_s = 0.005
    while len(reader.read) < 200:
        reader.look()
    assert (reader.read, reader.troubles) == (pen.written, [])


def test_a_half_open_link_is_given_up_and_made_anew(
    pen: Pen, logs_by_wire: RemoteLogs, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = FarReader(pen, logs_by_wire)
    pen.write(2)
    reader.look()
    pen.write(2)
    monkeypatch.setattr("telephony.journal.remote_link.SILENCE_S", 0.3)
    logs_by_wire.close()  # the next connection is as impatient
    wire.silent = True
    reader.try_to_look(2)
    assert len(reader.troubles) == 2
    wire.heal()
    monkeypatch.undo()
    logs_by_wire._link._not_before = 0.0
    reader.look(2)
    assert reader.read == pen.written


# --- any schedule -----------------------------------------------------------------------------------------


class Schedule:
    """One thing after the other, as dice fall."""

    def __init__(self, seed: int, pen: Pen, reader: FarReader, agent: Agent, wire: Wire) -> None:
        self.dice = random.Random(seed)
        self.pen, self.reader, self.agent, self.wire = pen, reader, agent, wire
        self.rotations = self.cuts_off = 0
        self.half = b""

    def run(self, steps: int, *, rough: bool) -> None:
        """``rough``: files are compressed and cut off, too."""
        doings = [self.write] * 5 + [self.look] * 6 + [self.tear, self.rotate, self.rotate]
        doings += [self.restart_reader, self.restart_agent, self.cut, self.cut, self.cut_later, self.slow]
        doings += [self.compress, self.truncate] if rough else []
        for _ in range(steps):
            self.dice.choice(doings)()

    def write(self) -> None:
        self.mend()
        self.pen.write(self.dice.randint(1, 12))

    def tear(self) -> None:
        """The beginning of a row; its end comes with the next."""
        self.mend()
        text = self.pen.row()
        self.pen.written.append(text)
        whole = (text + "\n").encode()
        place = self.dice.randint(1, len(whole) - 1)
        self.pen.put(whole[:place])
        self.half = whole[place:]

    def mend(self) -> None:
        self.pen.put(self.half)
        self.half = b""

    def rotate(self) -> None:
        self.mend()
        if self.pen.path.exists() and self.pen.path.stat().st_size:
            self.rotations += 1
            rename(self.pen.path, self.rotations)

    def compress(self) -> None:
        """What was rotated twice, as logrotate's delaycompress does, and keeps the number."""
        old = self.pen.path.with_name(self.pen.path.name + ".2")
        if old.exists():
            _compress(old.rename(old.with_name(f"{self.pen.path.name}-{self.rotations}")))

    def truncate(self) -> None:
        """By copytruncate, when all was read: what it costs otherwise is in the tests of the tail."""
        self.mend()
        self.calm()
        if self.reader.read == self.pen.written and self.pen.path.exists() and self.pen.path.stat().st_size:
            self.cuts_off += 1
            os.truncate(self.pen.path, 0)
            self.pen.write()
            self.calm()

    def look(self) -> None:
        self.reader.try_to_look(self.dice.randint(1, 4))

    def restart_reader(self) -> None:
        self.reader.restart()

    def restart_agent(self) -> None:
        self.agent.stop()
        if self.dice.random() < 0.5:
            self.dice.choice([self.write, self.rotate, self.look])()
        self.agent.start()

    def cut(self) -> None:
        self.wire.cut()

    def cut_later(self) -> None:
        self.wire.left = self.dice.randint(1, 4_000)

    def slow(self) -> None:
        self.wire.pause_s = self.dice.choice([0.0, 0.0, 0.002])

    def calm(self) -> None:
        """Nothing disturbs any more: it is read to the end."""
        self.wire.heal()
        quiet = 0
        while quiet < 12 + 6 * self.rotations:
            before = len(self.reader.read)
            self.reader.try_to_look()
            quiet = 0 if len(self.reader.read) > before else quiet + 1
            if self.reader.read == self.pen.written:
                return


@pytest.mark.parametrize("seed", range(6))
def test_any_schedule(
    seed: int, pen: Pen, logs_by_wire: RemoteLogs, agent: Agent, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telephony.journal.tail.READ", 2_000)
    reader = FarReader(pen, logs_by_wire)
    schedule = Schedule(seed, pen, reader, agent, wire)
    schedule.run(80, rough=False)
    schedule.mend()
    schedule.calm()
    assert (reader.read, reader.flaws) == (pen.written, [])


@pytest.mark.parametrize("seed", range(6))
def test_any_schedule_with_files_compressed_and_cut_off(
    seed: int, pen: Pen, logs_by_wire: RemoteLogs, agent: Agent, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was cut off is told of, as that or as lost; so may be one that is found compressed, once its inode
    is another's."""
    monkeypatch.setattr("telephony.journal.tail.READ", 2_000)
    reader = FarReader(pen, logs_by_wire)
    schedule = Schedule(seed, pen, reader, agent, wire)
    schedule.run(80, rough=True)
    schedule.mend()
    schedule.calm()
    assert reader.read == pen.written
    assert set(reader.kinds()) <= {"file cut off", "file lost"}
    assert len(reader.flaws) >= schedule.cuts_off


def test_under_load(pen: Pen, logs_by_wire: RemoteLogs, agent: Agent, wire: Wire) -> None:
    """Rows are written and files renamed at the same time as the agent, the reader and the link come and go."""
    dice = random.Random(7)
    done = threading.Event()

    def write() -> None:
        rotations = 0
        for number in range(1, 601):
            pen.write(dice.randint(1, 8))
            if number % 60 == 0:
                rotations += 1
                rename(pen.path, rotations)
            time.sleep(0.005)  # a PBX's pace: about a hundred calls a second
        pen.write()
        done.set()

    writing = threading.Thread(target=write)
    reader = FarReader(pen, logs_by_wire)
    faults = random.Random(11)
    writing.start()
    doings = [wire.cut, reader.restart, agent.stop]
    while not done.is_set():
        reader.try_to_look(faults.randint(1, 15))
        faults.choice(doings)()
        if agent.stopped:
            agent.start()
    writing.join(30)
    wire.heal()
    deadline = time.monotonic() + 60
    while reader.read != pen.written and time.monotonic() < deadline:
        reader.try_to_look()
    assert reader.read == pen.written
    assert reader.flaws == []
