"""Holidays and make-up days, held against the State Council's notices, copied by hand."""

import datetime

import pytest

from telephony.directory.calendar import calendar_of
from telephony.site.calendar import Days

# 国办发明电〔2024〕12号 (for 2025) and 〔2025〕7号 (for 2026): days off, first to last, and weekends worked.
OFF = {
    2025: [(1, 1, 1, 1), (1, 28, 2, 4), (4, 4, 4, 6), (5, 1, 5, 5), (5, 31, 6, 2), (10, 1, 10, 8)],
    2026: [(1, 1, 1, 3), (2, 15, 2, 23), (4, 4, 4, 6), (5, 1, 5, 5), (6, 19, 6, 21), (9, 25, 9, 27), (10, 1, 10, 7)],
}
WORKED = {
    2025: [(1, 26), (2, 8), (4, 27), (9, 28), (10, 11)],
    2026: [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)],
}


def days_of(year: int) -> list[datetime.date]:
    first = datetime.date(year, 1, 1)
    return [first + datetime.timedelta(days=at) for at in range((datetime.date(year + 1, 1, 1) - first).days)]


def off_days(year: int) -> list[datetime.date]:
    spans = [(datetime.date(year, a, b), datetime.date(year, c, d)) for a, b, c, d in OFF[year]]
    return [day for day in days_of(year) if any(first <= day <= last for first, last in spans)]


@pytest.mark.parametrize("year", [2025, 2026])
def test_every_day_of_the_year_is_as_the_notice_has_it(year: int) -> None:
    calendar = calendar_of("Asia/Shanghai", Days(), year)
    worked = [datetime.date(year, month, day) for month, day in WORKED[year]]
    off = off_days(year)
    for day in days_of(year):
        weekday = "weekend" if day.weekday() >= 5 else "workday"
        expected = "holiday" if day in off else "makeup" if day in worked else weekday
        assert calendar.kind_of(day) == expected, day


def test_a_year_that_is_not_decided_has_its_statutory_days() -> None:
    calendar = calendar_of("Asia/Shanghai", Days(), 2026)
    assert calendar.decided_until >= 2026
    far = datetime.date(2029, 10, 1)
    assert calendar.kind_of(far) == "holiday"


def test_what_the_site_says_of_a_day_comes_first() -> None:
    days = Days(
        holidays=(datetime.date(2026, 3, 4), datetime.date(2026, 10, 10)), workdays=(datetime.date(2026, 10, 3),)
    )
    calendar = calendar_of("Asia/Shanghai", days, 2026)
    assert calendar.kind_of(datetime.date(2026, 3, 4)) == "holiday"
    assert calendar.kind_of(datetime.date(2026, 10, 10)) == "holiday"  # worked, says the notice
    assert calendar.kind_of(datetime.date(2026, 10, 3)) == "makeup"  # a Saturday of the national holiday
