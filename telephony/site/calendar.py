"""Days that the calendar does not know: holidays and working days of the site's own, for duty rosters."""

import datetime

from telephony.site.table import Table


class Days(Table, frozen=True):
    """``holidays``: days off besides the public ones. ``workdays``: days that are worked though they are a weekend or a
    public holiday, such as make-up days that were decided after this version was made."""

    holidays: tuple[datetime.date, ...] = ()
    workdays: tuple[datetime.date, ...] = ()
