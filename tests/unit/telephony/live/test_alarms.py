"""The register: what stands, since when, who is told; and that every alarm is explained."""

import re
from pathlib import Path

import pytest

from telephony.live.alarms import ALARMS, Alarm, AlarmName, Alarms, Severity
from telephony.live.board import Live
from telephony.model.ids import Micros

OPERATIONS = Path(__file__).parents[4] / "docs" / "operations.md"


class Desk:
    """A register with a clock moved by hand, and all that was told."""

    def __init__(self) -> None:
        self.now = 1_000
        self.told: list[tuple[str, bool]] = []
        self.alarms = Alarms(lambda: Micros(self.now), self._hear)

    def _hear(self, alarm: Alarm, raised: bool) -> None:
        self.told.append((alarm.name.value, raised))

    @property
    def standing(self) -> list[tuple[str, str, int]]:
        return [(alarm.name.value, alarm.detail, alarm.since) for alarm in self.alarms.standing]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_alarm_stands_from_its_beginning_to_its_end_and_both_are_told_once(desk: Desk) -> None:
    desk.alarms.raise_alarm(AlarmName.LINK_DOWN, "refused")
    desk.now = 2_000
    desk.alarms.raise_alarm(AlarmName.LINK_DOWN, "unreachable")
    assert desk.standing == [("link_down", "unreachable", 1_000)]
    desk.alarms.clear(AlarmName.LINK_DOWN)
    desk.alarms.clear(AlarmName.LINK_DOWN)
    assert desk.standing == []
    assert desk.told == [("link_down", True), ("link_down", False)]
    desk.alarms.raise_alarm(AlarmName.LINK_DOWN)
    assert desk.standing == [("link_down", "", 2_000)]


def test_the_critical_ones_come_first_then_the_oldest(desk: Desk) -> None:
    for name in (AlarmName.EVENTS_LATE, AlarmName.STORE_STUCK, AlarmName.ANOMALIES, AlarmName.LINK_DOWN):
        desk.now += 1
        desk.alarms.raise_alarm(name)
    assert [name for name, _, _ in desk.standing] == ["store_stuck", "link_down", "events_late", "anomalies"]


def test_settling_touches_only_what_was_judged(desk: Desk) -> None:
    desk.alarms.raise_alarm(AlarmName.RECORDING_FAILED, "no space")
    desk.alarms.settle({AlarmName.LINK_DOWN: "down", AlarmName.STORE_STUCK: None})
    desk.alarms.settle({AlarmName.LINK_DOWN: None, AlarmName.STORE_STUCK: "60 s"})
    assert [name for name, _, _ in desk.standing] == ["recording_failed", "store_stuck"]


def test_the_board_shows_what_stands() -> None:
    live = Live()
    assert live.board().alarms == ()
    live.alarms.raise_alarm(AlarmName.OUTBOX_FULL, "9 records wait")
    (alarm,) = live.board().alarms
    assert (alarm.name, alarm.severity, alarm.detail) == (AlarmName.OUTBOX_FULL, Severity.CRITICAL, "9 records wait")
    assert alarm.since > 1_600_000_000_000_000


def test_every_alarm_is_said_in_both_languages() -> None:
    assert set(ALARMS) == set(AlarmName)
    for kind in ALARMS.values():
        assert re.search(r"[\u4e00-\u9fff]", kind.zh)
        assert kind.en.isascii()
        assert len(kind.en) > 10


def rows() -> dict[str, list[str]]:
    """The table of alarms in operations.md: name → its other cells."""
    lines = OPERATIONS.read_text(encoding="utf-8").splitlines()
    begin = lines.index("| alarm | severity | what it means | what to do |")
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[begin + 2 : lines.index("", begin)]]
    return {name.strip("`"): rest for name, *rest in cells}


def test_operations_explain_every_alarm_and_no_other() -> None:
    told = rows()
    assert set(told) == {name.value for name in AlarmName}
    for name, (severity, meaning, remedy) in told.items():
        assert severity == ALARMS[AlarmName(name)].severity.value
        assert len(meaning) > 20
        assert len(remedy) > 10
