"""What is measured, and the alarms that stand for it: when they come, how long they stay."""

from typing import Any

import msgspec
import pytest

from telephony.live.alarms import AlarmName
from telephony.live.symptoms import (
    COMPLAINTS,
    GAP_STAYS_S,
    LATE_STAYS_S,
    LEDGER_GRACE_S,
    LINK_GRACE_S,
    MANY_EVENTS,
    RECENT_S,
    TRUNK_GRACE_S,
    Complaints,
    Journal,
    Readings,
    Symptoms,
)

OF_OTHER_PARTS = {
    AlarmName.RECORDING_FAILED,
    AlarmName.RECORDING_DISK_LOW,
    AlarmName.BOOKS_DIFFER,
    AlarmName.REDIS_AWAY,
    AlarmName.AGENT_IDLE,
}
"""Raised by the parts that find out themselves."""


class Bridge:
    """Time is moved by hand; readings stay as they were set."""

    def __init__(self) -> None:
        self.symptoms = Symptoms()
        self.readings = Readings(now=1_000.0)
        self.look()

    def look(self, after: float = 1.0, **readings: Any) -> dict[str, str]:
        """The alarms that should stand, ``after`` seconds later."""
        self.readings = msgspec.structs.replace(self.readings, now=self.readings.now + after, **readings)
        return {name.value: detail for name, detail in self.symptoms.judge(self.readings).items() if detail is not None}


@pytest.fixture
def bridge() -> Bridge:
    return Bridge()


def test_while_all_is_well_nothing_stands_and_all_but_the_recordings_are_judged(bridge: Bridge) -> None:
    assert bridge.look() == {}
    judged = set(bridge.symptoms.judge(bridge.readings))
    assert judged == set(AlarmName) - OF_OTHER_PARTS


# --- the link -----------------------------------------------------------------------------------------------


def test_a_link_that_is_back_soon_is_no_alarm(bridge: Bridge) -> None:
    assert bridge.look(link_live=False, link_why="cut") == {}
    assert bridge.look(LINK_GRACE_S - 0.1) == {}
    assert bridge.look(0.1) == {"link_down": "cut"}
    assert bridge.look(link_live=True) == {}
    assert bridge.look(link_live=False) == {}


def test_a_link_that_never_was_says_so(bridge: Bridge) -> None:
    bridge.look(link_live=False)
    assert bridge.look(LINK_GRACE_S) == {"link_down": "the first login has not succeeded yet"}


@pytest.mark.parametrize(
    ("readings", "late"),
    [
        ({"event_age_s": 0.9}, False),
        ({"event_age_s": 1.0}, True),
        ({"inbox": MANY_EVENTS}, True),
        ({"inbox": 99}, False),
    ],
)
def test_late_events_are_seen_for_a_while(bridge: Bridge, readings: dict[str, Any], late: bool) -> None:
    assert bool(bridge.look(**readings)) is late
    assert bool(bridge.look(LATE_STAYS_S - 0.1, event_age_s=0.0, inbox=0)) is late
    assert bridge.look(0.2) == {}


def test_dropped_events(bridge: Bridge) -> None:
    assert bridge.look(dropped=7) == {"inbox_overflow": "7 events dropped since the start"}
    assert bridge.look(RECENT_S - 2) != {}
    assert bridge.look(1.0, dropped=8) == {"inbox_overflow": "8 events dropped since the start"}
    assert bridge.look(RECENT_S) == {}


# --- the store ----------------------------------------------------------------------------------------------


def test_a_store_that_is_away_or_does_not_answer(bridge: Bridge) -> None:
    assert bridge.look(store_error="locked") == {"store_unavailable": "locked"}
    assert bridge.look(store_error=None, store_stuck_s=9.9, waiting=3) == {}
    assert bridge.look(store_stuck_s=10.0) == {"store_stuck": "for 10 s; 3 records wait"}
    assert bridge.look(store_stuck_s=0.0) == {}


def test_an_outbox_on_its_way_to_full_and_back(bridge: Bridge) -> None:
    assert bridge.look(outbox_fill=0.49) == {}
    assert bridge.look(outbox_fill=0.5, waiting=9) == {"outbox_filling": "50%, 9 records wait"}
    assert set(bridge.look(outbox_fill=1.0)) == {"outbox_filling", "outbox_full"}
    assert set(bridge.look(outbox_fill=0.45)) == {"outbox_filling"}
    assert bridge.look(outbox_fill=0.39) == {}
    assert bridge.look(outbox_fill=0.45) == {}


def test_records_that_were_refused_are_told_for_a_while(bridge: Bridge) -> None:
    assert bridge.look(refused=2) == {"outbox_full": "2 records refused since the start"}
    assert bridge.look(RECENT_S) == {}


def test_a_disk_under_the_outbox(bridge: Bridge) -> None:
    assert bridge.look(outbox_trouble="No space left") == {"outbox_unwritable": "No space left"}
    assert bridge.look(outbox_trouble=None, outbox_stuck_s=9.0) == {}
    assert bridge.look(outbox_stuck_s=12.0) == {"outbox_unwritable": "the disk has not answered for 12 s"}


def test_records_set_aside(bridge: Bridge) -> None:
    assert bridge.look(set_aside=3) == {"records_set_aside": "3 records"}
    assert bridge.look(10 * RECENT_S) == {"records_set_aside": "3 records"}


def test_a_ledger_that_lags(bridge: Bridge) -> None:
    assert bridge.look(ledger_error="a bug") == {}
    assert bridge.look(LEDGER_GRACE_S) == {"ledger_behind": "a bug"}
    assert bridge.look(ledger_error=None) == {}


# --- the PBX's own logs -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("journal", "alarm", "detail"),
    [
        (Journal(unreadable="denied", behind_s=500), "journal_unreadable", "denied"),
        (Journal(behind_s=120), "journal_blocked", "not read to their end for 120 s"),
        (Journal(due=1_000), "journal_blocked", "1000 calls wait to be judged"),
        (Journal(given_up=2), "journal_blocked", "2 calls were given up"),
        (
            Journal(silent="calls that ended leave no rows in CEL"),
            "journal_blocked",
            "calls that ended leave no rows in CEL",
        ),
    ],
)
def test_logs_that_are_not_read(bridge: Bridge, journal: Journal, alarm: str, detail: str) -> None:
    assert bridge.look(journal=journal) == {alarm: detail}
    assert bridge.look(journal=Journal()) == {}


def test_a_gap_is_told_for_a_day(bridge: Bridge) -> None:
    said = bridge.look(journal=Journal(gaps=1, last_gap="cel 9:00"))
    assert said == {"journal_gap": "1 gaps, the last: cel 9:00; counted since the start"}
    assert bridge.look(GAP_STAYS_S - 1) != {}
    assert bridge.look(2) == {}


def test_without_logs_there_is_nothing_to_say_of_them(bridge: Bridge) -> None:
    assert bridge.look(journal=None) == {}


# --- ourselves ----------------------------------------------------------------------------------------------


def test_one_anomaly_is_none_and_many_within_a_time_are(bridge: Bridge) -> None:
    assert bridge.look(anomalies={"unknown channel": 9}) == {}
    said = bridge.look(anomalies={"unknown channel": 9, "bad state": 1})
    assert said == {"anomalies": "unknown channel 9, bad state 1"}
    assert bridge.look(RECENT_S + 1) == {}
    assert bridge.look(anomalies={"unknown channel": 18, "bad state": 1}) == {}
    assert bridge.look(anomalies={"unknown channel": 19, "bad state": 1}) != {}


def test_a_call_out_that_is_refused_is_none_and_many_within_a_time_are(bridge: Bridge) -> None:
    assert bridge.look(refused_out={"agent 1001": 4}) == {}
    assert bridge.look(refused_out={"agent 1001": 4, "agent 1002": 1}) == {
        "calls_out_refused": "agent 1001 4, agent 1002 1"
    }
    assert bridge.look(RECENT_S + 1) == {}


def test_those_of_the_first_second_count() -> None:
    symptoms = Symptoms()
    assert symptoms.judge(Readings(now=5.0, anomalies={"x": 10}))[AlarmName.ANOMALIES] == "x 10"


def test_a_clock_that_was_set_and_a_fault(bridge: Bridge) -> None:
    said = bridge.look(clock_steps=1, faults=2, fault="events 2")
    assert said == {"clock_stepped": "1 times since the start", "fault": "2 times, last: events 2 since the start"}
    assert bridge.look(RECENT_S) == {}


# --- the PBX and its carriers -------------------------------------------------------------------------------


def test_a_trunk_that_is_down_for_a_moment_is_no_alarm(bridge: Bridge) -> None:
    assert bridge.look(trunks_down=["carrier since 10:00"]) == {}
    assert bridge.look(TRUNK_GRACE_S) == {"trunk_down": "carrier since 10:00"}
    assert bridge.look(trunks_down=["carrier since 10:00", "two since 10:05"]) == {
        "trunk_down": "carrier since 10:00, two since 10:05"
    }
    assert bridge.look(trunks_down=[], unregistered=["gov (Rejected)"]) == {}
    assert bridge.look(TRUNK_GRACE_S) == {"trunk_unregistered": "gov (Rejected)"}


@pytest.mark.parametrize("name", COMPLAINTS)
def test_what_the_pbx_complained_of_stays_for_a_while(bridge: Bridge, name: AlarmName) -> None:
    told = Complaints({name: 3}, {name: "Oh dear"})
    assert bridge.look(complaints=told) == {name.value: "3 since the start, the last: Oh dear"}
    assert name.value in bridge.look(RECENT_S - 1)
    assert bridge.look(1) == {}
