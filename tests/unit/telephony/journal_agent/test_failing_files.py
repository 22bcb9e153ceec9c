"""Files that fail at any moment, as those behind a link do: a look that failed took nothing, and told nothing twice."""

import random
from pathlib import Path

import pytest

from telephony.journal.cutting import CEL
from telephony.journal.errors import JournalUnreadable
from telephony.journal.files import FileGone, LocalFile, LocalFiles, LocalLogs, Reading
from telephony.journal.places import Cursor, FileFacts
from telephony.journal.reader import LogReader
from telephony.journal.tail import Flaw, Tail
from telephony.model.ids import Micros
from tests.unit.telephony.journal.books import line
from tests.unit.telephony.journal.pens import PBX, Pen, Reader, rename


class Weather:
    """One step in ``one_in`` fails."""

    def __init__(self, seed: int, one_in: int = 3) -> None:
        self.dice, self.one_in, self.failures = random.Random(seed), one_in, 0

    def pass_or_fail(self) -> None:
        if self.one_in and not self.dice.randrange(self.one_in):
            self.failures += 1
            raise JournalUnreadable("the link broke")


class Far:
    """Local files behind that weather; now and then what was open is gone."""

    def __init__(self, files: LocalFiles, weather: Weather) -> None:
        self._files, self._weather = files, weather
        self.name = files.name

    def list(self) -> list[FileFacts]:
        self._weather.pass_or_fail()
        return self._files.list()

    def open(self, file: FileFacts) -> "FarFile | None":
        self._weather.pass_or_fail()
        opened = self._files.open(file)
        self._weather.pass_or_fail()
        return FarFile(opened, self._weather) if opened else None


class FarFile:
    def __init__(self, file: LocalFile, weather: Weather) -> None:
        self._file, self._weather = file, weather

    def read(self, offset: int, size: int) -> Reading:
        self._weather.pass_or_fail()
        if self._weather.one_in and not self._weather.dice.randrange(10):
            raise FileGone
        return self._file.read(offset, size)

    def close(self) -> None:
        self._file.close()


class StormyReader(Reader):
    def __init__(self, path: Path, weather: Weather) -> None:
        self.weather = weather
        super().__init__(path)

    def _begin(self, cursor: Cursor | None) -> None:
        self.tail = Tail(Far(LocalFiles(self.path), self.weather), CEL, PBX, cursor)

    def look_on(self, times: int) -> None:
        for _ in range(times):
            try:
                self.look()
            except JournalUnreadable:
                continue


@pytest.mark.parametrize("seed", range(20))
def test_every_row_and_every_flaw_once(pen: Pen, seed: int) -> None:
    """Each file but the last ends in a torn row, or one without its line break: left until the reader moves on."""
    reader = StormyReader(pen.path, Weather(seed))
    torn = late = 0
    for number in range(1, 6):
        for _ in range(3):
            pen.write(2)
            reader.look_on(3)
        if number % 2:
            pen.put(b'"c1","torn')
            torn += 1
        else:
            pen.written.append(pen.row())
            pen.put(pen.written[-1].encode())
            late += 1  # told of when it is waited for too long, and taken all the same
        reader.look_on(2)
        rename(pen.path, number)
        pen.write(1)
        reader.look_on(reader.weather.dice.randint(0, 30))
    reader.weather.one_in = 0
    reader.look_on(80)
    assert reader.weather.failures > 20
    assert reader.read == pen.written
    assert set(reader.kinds()) == {"torn row"}
    assert torn <= len(reader.flaws) <= torn + late


def test_a_flaw_of_one_log_outlives_a_failure_of_the_other(tmp_path: Path) -> None:
    weather = Weather(1, one_in=0)
    (tmp_path / "queue_log").write_text("torn\n" + line(1, "1", "ENTERQUEUE", "", 138, 1) + "\n")

    class Logs(LocalLogs):
        def log(self, which: str) -> LocalFiles:
            files = super().log(which)
            return files if which == "queue_log" else Far(files, weather)  # type: ignore[return-value]

    reader = LogReader(Logs(tmp_path), PBX, {})
    weather.one_in = 1
    with pytest.raises(JournalUnreadable):
        reader.look(Micros(1))
    weather.one_in = 0
    found = [flaw.kind for flaw in _flaws(reader)]
    assert found == ["torn row"]
    assert (reader.counts["torn row"], reader.counts["lines"]) == (1, 1)
    reader.close()


def _flaws(reader: LogReader) -> list[Flaw]:
    return [flaw for number in (2, 3, 4) for flaw in reader.look(Micros(number)).flaws]
