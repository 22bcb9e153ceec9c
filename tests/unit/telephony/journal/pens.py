"""Writers of logs as Asterisk's are, a reader with a clock, and what is done to files."""

import os
from pathlib import Path

from telephony.journal.cutting import CEL, QUEUE_LOG
from telephony.journal.gaps import Gap
from telephony.journal.places import Cursor
from telephony.journal.reader import LogReader, Look
from telephony.journal.rows import CelRow, QueueLine
from telephony.journal.tail import Flaw, Tail
from telephony.model.ids import MICROS_PER_SECOND, Micros, PbxName
from tests.unit.telephony.journal.books import cel, line

PBX = PbxName("pbx1")


class Pen:
    """Writes rows as cel_custom does: each by a handle of its own, so a renamed file is left at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.written: list[str] = []
        self.number = 0

    def row(self) -> str:
        self.number += 1
        return cel(self.number, "CHAN_START", str(self.number))

    def write(self, count: int = 1) -> None:
        for _ in range(count):
            text = self.row()
            self.put((text + "\n").encode())
            self.written.append(text)

    def put(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)


class HeldPen(Pen):
    """Writes lines as queue_log is written: by one handle, until it is told to open the path again."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._handle = path.open("ab", buffering=0)

    def row(self) -> str:
        self.number += 1
        return line(self.number, str(self.number), "ENTERQUEUE", "", "13800000001", 1)

    def put(self, data: bytes) -> None:
        self._handle.write(data)

    def reload(self) -> None:
        self.close()
        self._handle = self.path.open("ab", buffering=0)
        self.number += 1
        text = line(self.number, "NONE", "CONFIGRELOAD", queue="NONE")
        self.put((text + "\n").encode())
        self.written.append(text)

    def close(self) -> None:
        self._handle.close()


class Reader:
    """A tail and its clock. What it read is kept as text, in order."""

    def __init__(self, path: Path, cursor: Cursor | None = None) -> None:
        self.path = path
        self.now = 0
        self.read: list[str] = []
        self.flaws: list[Flaw] = []
        self.gaps: list[Gap] = []
        self.tail: Tail[CelRow] | Tail[QueueLine]
        self._begin(cursor)

    def _begin(self, cursor: Cursor | None) -> None:
        if self.path.name == "queue_log":
            self.tail = Tail(self.path, QUEUE_LOG, PBX, cursor)
        else:
            self.tail = Tail(self.path, CEL, PBX, cursor)

    def restart(self) -> None:
        """As after a crash: all that is left is the cursor."""
        self.tail.close()
        self._begin(self.tail.cursor)

    def look(self, times: int = 1, every: float = 0.2) -> None:
        for _ in range(times):
            self.now += round(every * MICROS_PER_SECOND)
            batch = self.tail.look(Micros(self.now))
            self.flaws += batch.flaws
            self.gaps += batch.gaps
            for row in batch.rows:
                assert row.row_id is not None
                self.read.append(self.text(row))

    def text(self, row: CelRow | QueueLine) -> str:
        if isinstance(row, CelRow):
            return cel(int(row.uniqueid.rpartition(".")[2]), row.event, row.uniqueid.rpartition(".")[2])
        fields = [str(row.second), row.callid, row.queue, row.agent, row.event, row.data]
        return "|".join(fields)

    def kinds(self) -> list[str]:
        return [flaw.kind for flaw in self.flaws]


class Logs:
    """Asterisk's log folder, and a reader of it with a clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "cel-custom").mkdir()
        self.now = 0
        self.reader = LogReader(folder, PBX, {})

    def cel(self, *texts: str) -> None:
        self._append(self.folder / "cel-custom" / "zhitong-cel.csv", texts)

    def queue_log(self, *texts: str) -> None:
        self._append(self.folder / "queue_log", texts)

    def _append(self, path: Path, texts: tuple[str, ...]) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.writelines(text + "\n" for text in texts)

    def call(self, channel: str, at: float) -> None:
        self.begin(channel, at)
        self.end(channel, at + 1)

    def begin(self, channel: str, at: float) -> None:
        self.cel(cel(at, "CHAN_START", channel))
        self.queue_log(line(at, channel, "ENTERQUEUE", "", 138, 1))

    def end(self, channel: str, at: float) -> None:
        self.cel(cel(at, "CHAN_END", channel))
        self.queue_log(line(at, channel, "ABANDON", 1, 1, 1))

    def look(self, seconds: float = 1.0) -> Look:
        self.now += round(seconds * MICROS_PER_SECOND)
        return self.reader.look(Micros(self.now))

    def looks(self, times: int, seconds: float = 1.0) -> list[str]:
        """The channels of what is over, and how many lines each has."""
        return [one for _ in range(times) for one in over(self.look(seconds))]

    def restart(self, places: dict[str, Cursor]) -> None:
        self.reader.close()
        self.reader = LogReader(self.folder, PBX, places)


def over(look: Look) -> list[str]:
    return [f"{each.calls.rows[0].uniqueid.rpartition('.')[2]}:{len(each.calls.lines)}" for each in look.finished]


def age(path: Path, seconds: float) -> None:
    """As if last written so long ago."""
    status = path.stat()
    changed = status.st_mtime_ns - round(seconds * 1e9)
    os.utime(path, ns=(changed, changed))


def rename(path: Path, number: int) -> Path:
    """Rotate as logrotate does: .1 becomes .2, and so on."""
    for old in range(number, 0, -1):
        each = path.with_name(f"{path.name}.{old}")
        if each.exists():
            each.rename(path.with_name(f"{path.name}.{old + 1}"))
    return path.rename(path.with_name(f"{path.name}.1"))
