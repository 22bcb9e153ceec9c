"""Rooms: where a call goes at its first hold, consult or third party."""

from typing import Annotated

from telephony.site.table import Table
from telephony.texts import whole


class Rooms(Table, frozen=True):
    """``hold_max_s``: after this long aside an agent is back with the caller by themselves, also without the bridge."""

    hold_max_s: Annotated[int, whole(10, 7_200, "whole seconds")] = 900
