"""The emergency closure, as the model, the screens and the alarms know it."""

import pytest

from telephony.live.alarms import AlarmName
from telephony.live.closure import Closure
from telephony.live.symptoms import Readings, Symptoms
from telephony.model import events as ev
from telephony.model.changes import Change, ClosureChanged
from telephony.model.ids import Linkedid, Micros, Uniqueid
from tests.unit.telephony.model.script import Told

UNTIL = 1_795_410_000


def keyed(state: str, until_s: int = 0, by: str = "1001") -> ev.ClosureTold:
    return ev.ClosureTold(Micros(5), Uniqueid("u.1"), Linkedid("u.1"), state, by, until_s)


def snapshot(kept: str) -> ev.SnapshotTaken:
    none = {"channels": (), "callers": (), "members": (), "queues": ()}
    return ev.SnapshotTaken(Micros(5), epoch=1, booted_at=Micros(0), **none, closure=kept)  # type: ignore[arg-type]


def closures(*said: ev.Event) -> list[Change]:
    return Told().hear(said).of(ClosureChanged)


def test_closing_opening_and_a_try_by_who_may_not_are_told_with_who() -> None:
    until = Micros(UNTIL * 1_000_000)
    assert closures(keyed("closed", UNTIL), keyed("denied", by="1002"), keyed("open", by="1003")) == [
        ClosureChanged(Micros(5), "1001", until),
        ClosureChanged(Micros(5), "1002", until, denied=True),
        ClosureChanged(Micros(5), "1003", None),
    ]


def test_told_twice_is_told_once() -> None:
    assert len(closures(keyed("closed", UNTIL), keyed("closed", UNTIL), keyed("closed", UNTIL + 60))) == 2


def test_a_snapshot_knows_of_a_closure_that_nobody_heard() -> None:
    kept = f"{UNTIL}:1001:{UNTIL - 3600}"
    assert closures(snapshot(kept), snapshot(kept)) == [ClosureChanged(Micros(5), "1001", Micros(UNTIL * 1_000_000))]
    assert closures(keyed("closed", UNTIL), snapshot("")) == [
        ClosureChanged(Micros(5), "1001", Micros(UNTIL * 1_000_000)),
        ClosureChanged(Micros(5), "", None),
    ]


@pytest.mark.parametrize("kept", ["", "rubbish", "²:1001:3", "9" * 40])
def test_what_is_no_closure_is_none(kept: str) -> None:
    assert closures(snapshot(kept)) == []


def test_it_stands_until_its_time_and_not_longer() -> None:
    closure = Closure()
    assert closure.standing(Micros(0)) is None
    closure.fold(ClosureChanged(Micros(5), "1001", Micros(100)))
    closure.fold(ClosureChanged(Micros(6), "1002", Micros(100), denied=True))
    assert closure.standing(Micros(99)) == ("1001", Micros(100))
    assert closure.standing(Micros(100)) is None
    closure.fold(ClosureChanged(Micros(7), "1001", None))
    assert closure.standing(Micros(50)) is None


def test_it_is_an_alarm_while_it_stands() -> None:
    judged = Symptoms().judge(Readings(now=1.0, closed="by agent 1001 until 20:00"))
    assert judged[AlarmName.HOTLINE_CLOSED] == "by agent 1001 until 20:00"
    assert Symptoms().judge(Readings(now=1.0))[AlarmName.HOTLINE_CLOSED] is None
