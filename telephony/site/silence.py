"""Callers from whom nothing is heard."""

from typing import Annotated

from telephony.site.table import Table
from telephony.texts import whole


class Silence(Table, frozen=True):
    """A caller who gives no sound for ``after_s`` after the answer is shown as silent; 0: nobody listens."""

    after_s: Annotated[int, whole(0, 120, "whole seconds")] = 0
