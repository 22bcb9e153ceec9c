"""When the hotline is open, and who may close it in an emergency."""

import datetime
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import field

from telephony.site.table import Table
from telephony.texts import AgentNumber, Date, Span, whole


class Opening(Table, frozen=True):
    """When the hotline is open, in the site's zone. A weekday left out is closed; no table at all: always.

    ``holidays`` are closed all day. ``special``: dates with spans of their own, whatever weekday they are: a Saturday
    that is worked for a holiday, half a day. ``closed``: what whoever calls then gets, a sentence or a promise.
    """

    mon: tuple[Span, ...] = ()
    tue: tuple[Span, ...] = ()
    wed: tuple[Span, ...] = ()
    thu: tuple[Span, ...] = ()
    fri: tuple[Span, ...] = ()
    sat: tuple[Span, ...] = ()
    sun: tuple[Span, ...] = ()
    holidays: tuple[datetime.date, ...] = ()
    special: dict[Date, tuple[Span, ...]] = field(default_factory=dict)
    closed: Literal["hangup", "callback"] = "hangup"

    def days(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Weekdays as Asterisk and site.toml both call them, Monday first, each with its spans."""
        for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"):
            yield day, getattr(self, day)


class Closure(Table, frozen=True):
    """The emergency closure, by feature code. ``closers``: numbers of the agents who may; nobody: there is none. It
    ends by itself after ``max_hours``."""

    closers: tuple[AgentNumber, ...] = ()
    max_hours: Annotated[int, whole(1, 72, "whole hours")] = 12
