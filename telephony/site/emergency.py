"""Numbers that may always be called, at once and past every list and limit."""

from typing import Annotated

from telephony.site.table import Table
from telephony.texts import text

ALWAYS = ("110", "119", "120")
TITLES = {"110": "公安报警", "112": "紧急呼叫", "119": "消防救援", "120": "医疗急救", "122": "交通事故"}
"""What people call them."""

EmergencyNumber = Annotated[str, text("[0-9]{3,8}", "an emergency number: 3 to 8 digits")]


class Emergency(Table, frozen=True):
    """``numbers``: those that the site adds to ``ALWAYS``."""

    numbers: tuple[EmergencyNumber, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Every emergency number of the site, each once, in the order in which they are shown."""
        return tuple(dict.fromkeys((*ALWAYS, *self.numbers)))

    def title_of(self, number: str) -> str:
        """For people: its name, or the number itself."""
        return TITLES.get(number, number)
