"""When the hotline is open."""

import datetime
from collections.abc import Iterator

from telephony.site.table import Table
from telephony.texts import Span


class Opening(Table, frozen=True):
    """When the hotline is open, in the site's zone. A weekday left out is closed; no table at all: always."""

    mon: tuple[Span, ...] = ()
    tue: tuple[Span, ...] = ()
    wed: tuple[Span, ...] = ()
    thu: tuple[Span, ...] = ()
    fri: tuple[Span, ...] = ()
    sat: tuple[Span, ...] = ()
    sun: tuple[Span, ...] = ()
    holidays: tuple[datetime.date, ...] = ()  # closed all day

    def days(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Weekdays as Asterisk and site.toml both call them, Monday first, each with its spans."""
        for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"):
            yield day, getattr(self, day)
