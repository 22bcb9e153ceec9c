"""Sticky routing: who was cut off comes back to the agent who had them."""

from typing import Annotated

from telephony.site.table import Table
from telephony.texts import whole


class Sticky(Table, frozen=True):
    """For ``minutes`` after it. The agent's phone alone is rung, for ``ring_s``, if the agent is free; else nobody
    waits for it."""

    on: bool = False
    minutes: Annotated[int, whole(1, 1440, "whole minutes")] = 60
    ring_s: Annotated[int, whole(1, 5, "whole seconds")] = 5
