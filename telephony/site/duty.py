"""Duty mobiles: who is rung outside the house when nobody in it can take a caller."""

from typing import Annotated

from telephony.site.table import Table
from telephony.texts import Number, whole


class Duty(Table, frozen=True):
    """``mobiles`` are rung in order, each for ``ring_s``. ``confirm``: who picks up presses 1 before the citizen is
    connected, so that no mailbox and no assistant takes the call."""

    mobiles: tuple[Number, ...] = ()
    ring_s: Annotated[int, whole(5, 120, "whole seconds")] = 25
    confirm: bool = True
