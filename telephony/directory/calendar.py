"""The calendar of a site: China's public holidays and make-up working days, as a kept library knows them.

The State Council decides the make-up days of a year in the autumn before it. Until the library knows them, only the
statutory holidays of that year are in it; a site adds what is missing by ``[calendar]`` of site.toml.
"""

import datetime
import functools

from telephony.directory.duty import Calendar
from telephony.site.calendar import Days

_AROUND = (-1, 3)
"""Years before and after the current one that a calendar holds: a process runs no longer than that."""


def calendar_of(zone: str, days: Days, year: int) -> Calendar:
    """The calendar for some years around ``year``. What the site says of a day comes before what the library does."""
    holidays, workdays = _of_library(year + _AROUND[0], year + _AROUND[1])
    own_holidays, own_workdays = frozenset(days.holidays), frozenset(days.workdays)
    decided = max((day.year for day in workdays | own_workdays), default=0)
    off, worked = (holidays - own_workdays) | own_holidays, (workdays - own_holidays) | own_workdays
    return Calendar(zone, _periods(off, worked), worked, decided)


def _periods(off: frozenset[datetime.date], worked: frozenset[datetime.date]) -> frozenset[datetime.date]:
    """Holidays with the weekends that they touch: the State Council's notices count those days as holidays too."""
    whole = set(off)
    for holiday in off:
        for step in (datetime.timedelta(days=1), datetime.timedelta(days=-1)):
            day = holiday + step
            while day.weekday() >= 5 and day not in worked:
                whole.add(day)
                day += step
    return frozenset(whole)


@functools.lru_cache(maxsize=4)
def _of_library(first: int, last: int) -> tuple[frozenset[datetime.date], frozenset[datetime.date]]:
    from holidays import country_holidays  # a hundred countries: loaded when a directory is first read

    found = country_holidays("CN", years=range(first, last + 1))
    return frozenset(found), frozenset(found.weekend_workdays)
