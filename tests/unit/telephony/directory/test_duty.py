"""Who is on duty when: against cases written by hand, and against a count of every minute."""

import datetime
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.directory.duty import (
    ALWAYS,
    Calendar,
    DatedHours,
    DutyRoster,
    Hours,
    Leave,
    hours_on,
    next_duty,
    on_duty,
)
from telephony.directory.roster_text import leave_of, roster_of
from telephony.model.ids import Micros, micros_of

ZONE = zoneinfo.ZoneInfo("Asia/Shanghai")
# National holiday of 2026: off from Thursday 1 to Wednesday 7 October; Saturday 10 October is worked for it.
CALENDAR = Calendar(
    holidays=frozenset(datetime.date(2026, 10, day) for day in range(1, 8)),
    workdays=frozenset({datetime.date(2026, 10, 10)}),
)


def at(text: str) -> Micros:
    return micros_of(datetime.datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp())


def roster(text: str) -> DutyRoster:
    made = roster_of(text)
    assert made is not None
    return made


OFFICE = "周一至周五 08:30-12:00 14:00-17:30"


@pytest.mark.parametrize(
    ("text", "moment", "expected"),
    [
        (OFFICE, "2026-09-14 08:30", True),  # a Monday: the first minute is in it
        (OFFICE, "2026-09-14 08:29", False),
        (OFFICE, "2026-09-14 12:00", False),  # the last is not
        (OFFICE, "2026-09-14 11:59", True),
        (OFFICE, "2026-09-12 10:00", False),  # a Saturday
        (OFFICE, "2026-10-01 10:00", False),  # a holiday, a Thursday
        (OFFICE, "2026-10-10 10:00", True),  # worked for it, a Saturday: as a Monday
        (OFFICE, "2026-10-08 10:00", True),
        (OFFICE + "; 节假日 09:00-11:00", "2026-10-01 10:00", True),
        (OFFICE + "; 节假日 09:00-11:00", "2026-10-01 11:00", False),
        (OFFICE + "; 调休上班日 休", "2026-10-10 10:00", False),
        (OFFICE + "; 调休上班日 15:00-16:00", "2026-10-10 15:30", True),
        ("周六 09:00-12:00", "2026-10-10 10:00", False),  # a make-up day is no Saturday
        ("周六 09:00-12:00", "2026-10-03 10:00", False),  # and a holiday is none
        (OFFICE + "; 2026-10-02 09:00-10:00", "2026-10-02 09:30", True),  # a date comes before all
        (OFFICE + "; 2026-09-14 休", "2026-09-14 09:30", False),
        ("周五 18:00-08:00", "2026-09-11 17:59", False),  # a Friday night
        ("周五 18:00-08:00", "2026-09-11 23:00", True),
        ("周五 18:00-08:00", "2026-09-12 07:59", True),  # into Saturday
        ("周五 18:00-08:00", "2026-09-12 08:00", False),
        ("周五 18:00-08:00", "2026-09-11 07:00", False),  # Thursday had none
        ("周三 18:00-08:00; 节假日 休", "2026-10-01 07:00", True),  # Wednesday's, though Thursday is a holiday
        ("周四 18:00-08:00; 节假日 休", "2026-10-02 07:00", False),  # Thursday was a holiday
        ("周三 08:00-08:00", "2026-09-10 07:59", True),  # round the clock
        ("全天", "2026-10-01 03:00", True),
        ("每天 00:00-24:00; 节假日 休", "2026-10-01 00:00", False),
    ],
)
def test_on_duty(text: str, moment: str, expected: bool) -> None:
    assert on_duty(roster(text), at(moment), CALENDAR) is expected


@pytest.mark.parametrize(
    ("leave", "moment", "expected"),
    [
        ("2026-09-14", "2026-09-14 10:00", False),
        ("2026-09-14", "2026-09-15 10:00", True),
        ("2026-09-11至2026-09-14", "2026-09-11 10:00", False),
        ("2026-09-11至2026-09-14", "2026-09-14 10:00", False),
        ("2026-09-01; 2026-09-14", "2026-09-14 10:00", False),
        ("2026-09-14", "2026-09-15 07:00", False),  # the night of the day on leave
        ("2026-09-15", "2026-09-15 07:00", True),  # the night began the day before
    ],
)
def test_leave_takes_away_the_duties_that_begin_on_its_days(leave: str, moment: str, expected: bool) -> None:
    made = roster("每天 09:00-17:00 22:00-08:00")
    assert on_duty(made, at(moment), CALENDAR, leave_of(leave)) is expected


def test_the_site_s_clock_decides_whatever_zone_the_machine_has() -> None:
    utc = micros_of(datetime.datetime(2026, 9, 13, 16, 30, tzinfo=datetime.UTC).timestamp())
    assert on_duty(roster("周一 00:00-01:00"), utc, CALENDAR)  # half past midnight of Monday in Shanghai


def test_the_next_duty_begins() -> None:
    made = roster(OFFICE)
    assert str(next_duty(made, at("2026-09-30 18:00"), CALENDAR)) == "2026-10-08 08:30:00+08:00"
    assert str(next_duty(made, at("2026-10-08 12:30"), CALENDAR)) == "2026-10-08 14:00:00+08:00"
    away = (Leave(datetime.date(2026, 10, 8), datetime.date(2026, 10, 9)),)
    assert str(next_duty(made, at("2026-09-30 18:00"), CALENDAR, away)) == "2026-10-10 08:30:00+08:00"
    assert next_duty(roster("每天 休"), at("2026-09-30 18:00"), CALENDAR) is None


MINUTE = st.integers(0, 24 * 60 - 1)
HOURS = st.builds(Hours, MINUTE, st.integers(0, 24 * 60))
DAY = st.lists(HOURS, max_size=2).map(tuple)
DATES = st.dates(datetime.date(2026, 9, 28), datetime.date(2026, 10, 12))
ROSTERS = st.builds(
    DutyRoster,
    week=st.tuples(*[DAY] * 7),
    holiday=DAY,
    makeup=st.none() | DAY,
    dates=st.lists(st.builds(DatedHours, DATES, DAY), max_size=3, unique_by=lambda each: each.date).map(tuple),
)
LEAVE = st.builds(lambda first, days: (Leave(first, first + datetime.timedelta(days=days)),), DATES, st.integers(0, 3))


def covered(made: DutyRoster, leave: tuple[Leave, ...], moment: datetime.datetime) -> bool:
    """By laying out every duty as a span of time."""
    for back in (0, 1):
        day = moment.date() - datetime.timedelta(days=back)
        if any(each.first <= day <= each.last for each in leave):
            continue
        midnight = datetime.datetime.combine(day, datetime.time(), ZONE)
        for hours in hours_on(made, day, CALENDAR):
            end = hours.end if hours.end > hours.start else hours.end + 24 * 60
            if (
                midnight + datetime.timedelta(minutes=hours.start)
                <= moment
                < midnight + datetime.timedelta(minutes=end)
            ):
                return True
    return False


@given(ROSTERS, st.just(()) | LEAVE, DATES, MINUTE)
def test_it_agrees_with_duties_laid_out_as_spans(
    made: DutyRoster, leave: tuple[Leave, ...], day: datetime.date, minute: int
) -> None:
    moment = datetime.datetime.combine(day, datetime.time(*divmod(minute, 60)), ZONE)
    assert on_duty(made, micros_of(moment.timestamp()), CALENDAR, leave) is covered(made, leave, moment)


def test_always_is_always() -> None:
    assert all(on_duty(ALWAYS, at(f"2026-10-{day:02} 04:00"), CALENDAR) for day in range(1, 13))
