"""What agents do at their desks: pauses, what follows a missed offer, wrap-up, desktops."""

from typing import Annotated, Literal

from msgspec import field

from telephony.site.table import Table
from telephony.texts import Seconds, Title, Word, whole

REASONS = {"break": "小休", "meal": "用餐", "meeting": "会议", "training": "培训"}
"""Why agents pause, where the site has no list of its own."""
RESERVED = ("wrap-up", "missed-offer", "refused-offer", "desktop-gone", "feature-code", "signed-out")
"""Pauses of our own (``telephony.model.pauses``): no desktop chooses them."""


class Desk(Table, frozen=True):
    """``pause_reasons``: code → what people read; those a desktop may choose from. ``after_missed``, ``after_refused``:
    whether a phone that rang out, or refused, is paused or offered the next caller. ``wrapup_max_s``: how long a
    wrap-up that is extended may last in all. ``desktop_grace_s``: how long an agent who signed in at a desktop may be
    without one before a pause; 0: for ever."""

    pause_reasons: dict[Word, Title] = field(default_factory=lambda: dict(REASONS))
    after_missed: Literal["pause", "next"] = "next"  # a pause needs a desktop that shows it
    after_refused: Literal["pause", "next"] = "next"
    wrapup_max_s: Annotated[int, whole(10, 7200, "whole seconds")] = 600
    desktop_grace_s: Seconds = 30
