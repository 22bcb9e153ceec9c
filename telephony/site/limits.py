"""Limits on numbers, of callers who abuse the hotline."""

from typing import Annotated

from telephony.site.table import Table
from telephony.texts import whole


class Limits(Table, frozen=True):
    """No limit is for ever: ``max_days`` is the longest."""

    max_days: Annotated[int, whole(1, 366, "whole days")] = 90
