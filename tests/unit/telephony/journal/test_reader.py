"""Both logs side by side: what is over, and from where on it would have to be read again."""

from pathlib import Path

import pytest

from telephony.journal.reader import CEL_LOG, QUEUE_LOG_LOG, LogReader
from telephony.model.ids import Micros
from tests.unit.telephony.journal.books import cel, line
from tests.unit.telephony.journal.pens import PBX, Logs, over


def test_calls_that_are_over_with_what_both_logs_say(logs: Logs) -> None:
    logs.call("1", 1)
    logs.begin("2", 2)
    assert logs.looks(1) == []
    assert logs.looks(3) == ["1:2"]
    logs.end("2", 9)
    assert logs.looks(3) == ["2:2"]
    assert dict(logs.reader.counts) == {"rows": 4, "lines": 4}


def test_without_logs(tmp_path: Path) -> None:
    reader = LogReader(tmp_path / "nowhere", PBX, {})
    look = reader.look(Micros(1))
    assert (look.finished, look.flaws, look.at_end) == ((), (), True)
    assert reader.places(None) == {}


def test_flaws_are_counted_by_kind(logs: Logs) -> None:
    logs.cel("no row", cel(1, "CHAN_START", "1"))
    logs.queue_log("no line")
    look = logs.look()
    assert sorted((flaw.kind, flaw.file) for flaw in look.flaws) == [
        ("torn row", "queue_log"),
        ("torn row", "zhitong-cel.csv"),
    ]
    assert logs.reader.counts["torn row"] == 2


def test_the_place_is_the_end_when_nothing_is_held(logs: Logs) -> None:
    logs.call("1", 1)
    logs.looks(4)
    places = logs.reader.places(None)
    assert places[CEL_LOG].offset == (logs.folder / "cel-custom" / "zhitong-cel.csv").stat().st_size
    assert places[QUEUE_LOG_LOG].offset == (logs.folder / "queue_log").stat().st_size


def test_what_is_held_can_be_read_again(logs: Logs) -> None:
    logs.call("1", 1)
    logs.looks(4)
    logs.begin("2", 5)
    logs.look()
    logs.call("3", 6)
    assert logs.looks(4) == ["3:2"]
    places = dict(logs.reader.places(None))
    logs.restart(places)
    logs.end("2", 8)
    assert sorted(logs.looks(4)) == ["2:2", "3:2"], "the third is read again, the first is not"


def test_what_was_given_out_is_held_by_who_took_it(logs: Logs) -> None:
    logs.call("1", 1)
    finished = [each for _ in range(4) for each in logs.look().finished]
    logs.call("2", 5)
    logs.looks(4)
    places = dict(logs.reader.places(finished[0].mark))
    logs.restart(places)
    assert logs.looks(4) == ["1:2", "2:2"]


def test_a_place_before_the_first_row(logs: Logs) -> None:
    logs.begin("1", 1)
    logs.look()
    places = dict(logs.reader.places(None))
    assert places == {}, "from the oldest row on"


def test_a_long_backlog_needs_no_waiting(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.journal.tail.READ", 2_000)
    for number in range(1, 41):
        logs.call(str(number), number * 5)
    found: list[str] = []
    looks = 0
    while not (look := logs.look(0.001)).at_end:
        found += over(look)
        looks += 1
    found += over(look)
    assert looks >= 4
    assert len(found) >= 30, "most were given out on the way"
    assert found + logs.looks(3) == [f"{number}:2" for number in range(1, 41)]


def test_the_reasons_are_not_given_up_while_cel_is_far_behind(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    """queue_log is read in larger strides than CEL; it has to wait."""
    monkeypatch.setattr("telephony.journal.grouping.MAX_LINES", 30)
    monkeypatch.setattr("telephony.journal.tail.READ", 1_000)
    for number in range(1, 60):
        logs.call(str(number), number * 20)
    found: list[str] = []
    while not (look := logs.look(0.001)).at_end:
        found += over(look)
    found += over(look) + logs.looks(3)
    assert found == [f"{number}:2" for number in range(1, 60)]
    assert logs.reader.grouping.lines_dropped == 0


def test_a_night_without_calls_is_no_backlog(logs: Logs) -> None:
    """Rotations leave lines in queue_log that have no rows beside them."""
    logs.call("1", 1)
    logs.looks(4)
    logs.queue_log(line(20_000, "NONE", "CONFIGRELOAD", queue="NONE"))
    logs.look()
    assert logs.look().at_end, "or it would be looked at again without a pause, until the next call"
    logs.call("2", 30_000)
    assert logs.looks(4) == ["2:2"]
