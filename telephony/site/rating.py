"""Rating (评价): what the caller may key once the agent has ended the call."""

from typing import Annotated

from telephony.site.table import Table
from telephony.texts import Word, whole


class Rating(Table, frozen=True):
    """After a short sentence the caller may key 1 to 5, within ``wait_s`` of its end. ``queues`` empty: of all. Nobody
    is held up: the agent's own leg has ended before."""

    on: bool = False
    queues: tuple[Word, ...] = ()
    wait_s: Annotated[int, whole(1, 30, "whole seconds")] = 6
