"""When somebody is on duty: a weekly pattern, holidays, make-up working days, dates of their own, leave. Pure.

A duty's day is the local day on which it begins: a span that ends at or before its start goes on into the next day and
still belongs to the first. So Friday's 18:00-08:00 covers Saturday's early morning, whatever Saturday is.
"""

import datetime
import zoneinfo
from typing import Literal

import msgspec

from telephony.model.ids import Micros

MINUTES = 24 * 60
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_AHEAD = 60
"""Days that ``next_duty`` looks ahead: longer than any run of holidays."""

DayKind = Literal["workday", "weekend", "holiday", "makeup"]


class Hours(msgspec.Struct, frozen=True, order=True):
    """A span of a day in minutes since its midnight. ``end`` is not in it; at or below ``start`` it is the next
    day's."""

    start: int
    end: int


ALL_DAY = (Hours(0, MINUTES),)


class DatedHours(msgspec.Struct, frozen=True, order=True):
    """What holds on one date, whatever day it is; no hours: off."""

    date: datetime.date
    hours: tuple[Hours, ...] = ()


class DutyRoster(msgspec.Struct, frozen=True):
    """``week``: hours of each weekday, Monday first. ``holiday``: of public holidays. ``makeup``: of weekend days that
    are worked for a holiday; None: as Mondays. ``dates`` come before all of these."""

    week: tuple[tuple[Hours, ...], ...]
    holiday: tuple[Hours, ...] = ()
    makeup: tuple[Hours, ...] | None = None
    dates: tuple[DatedHours, ...] = ()


ALWAYS = DutyRoster((ALL_DAY,) * 7, ALL_DAY)


class Leave(msgspec.Struct, frozen=True, order=True):
    """Away from the first date to the last, both of them too."""

    first: datetime.date
    last: datetime.date


class Calendar(msgspec.Struct, frozen=True):
    """The site's days: its zone, public holidays, and the weekend days that are worked for them. ``decided_until``: the
    last year whose make-up days are known; 0: of none."""

    zone: str = "Asia/Shanghai"
    holidays: frozenset[datetime.date] = frozenset()
    workdays: frozenset[datetime.date] = frozenset()
    decided_until: int = 0

    def local(self, at: Micros) -> datetime.datetime:
        """The site's clock at this moment."""
        return (_EPOCH + datetime.timedelta(microseconds=at)).astimezone(zoneinfo.ZoneInfo(self.zone))

    def kind_of(self, day: datetime.date) -> DayKind:
        """What this day is. A holiday that falls on a weekend is a holiday."""
        if day in self.workdays:
            return "makeup" if day.weekday() >= 5 else "workday"
        if day in self.holidays:
            return "holiday"
        return "weekend" if day.weekday() >= 5 else "workday"


def hours_on(roster: DutyRoster, day: datetime.date, calendar: Calendar) -> tuple[Hours, ...]:
    """The hours of duty that begin on this day."""
    for dated in roster.dates:
        if dated.date == day:
            return dated.hours
    kind = calendar.kind_of(day)
    if kind == "holiday":
        return roster.holiday
    if kind == "makeup":
        return roster.week[0] if roster.makeup is None else roster.makeup
    return roster.week[day.weekday()]


def on_duty(roster: DutyRoster, at: Micros, calendar: Calendar, leave: tuple[Leave, ...] = ()) -> bool:
    """Whether this moment is within a duty. Leave takes away the duties that begin on its days."""
    now = calendar.local(at)
    minute = now.hour * 60 + now.minute
    today, yesterday = now.date(), now.date() - datetime.timedelta(days=1)
    if not on_leave(leave, today) and any(_begun(hours, minute) for hours in hours_on(roster, today, calendar)):
        return True
    if on_leave(leave, yesterday):
        return False
    return any(hours.end <= hours.start and minute < hours.end for hours in hours_on(roster, yesterday, calendar))


def _begun(hours: Hours, minute: int) -> bool:
    return hours.start <= minute and (minute < hours.end or hours.end <= hours.start)


def on_leave(leave: tuple[Leave, ...], day: datetime.date) -> bool:
    """Whether this day is within a leave."""
    return any(each.first <= day <= each.last for each in leave)


def next_duty(
    roster: DutyRoster, at: Micros, calendar: Calendar, leave: tuple[Leave, ...] = ()
) -> datetime.datetime | None:
    """When the next duty begins, by the site's clock; None where none does within two months."""
    now = calendar.local(at)
    for ahead in range(_AHEAD):
        day = now.date() + datetime.timedelta(days=ahead)
        if on_leave(leave, day):
            continue
        for hours in sorted(hours_on(roster, day, calendar)):
            begins = datetime.datetime.combine(day, datetime.time(*divmod(hours.start, 60)), now.tzinfo)
            if begins > now:
                return begins
    return None
