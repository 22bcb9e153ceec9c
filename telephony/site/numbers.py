"""Telephone numbers: where the site stands in the numbering plan."""

from typing import Annotated, Literal

from telephony.numbers.kinds import Rules
from telephony.site.table import Table
from telephony.texts import text

AreaCode = Annotated[str, text("(?:0?(?:10|2[0-9]|[3-9][0-9]{2}))?", "an area code, such as 561 or 010; '' for none")]
MobilePrefix = Annotated[str, text("1[3-9][0-9]{1,8}", "how mobile numbers begin, such as 1385610")]
Prefix = Annotated[str, text("[0-9*#]{0,8}", "up to 8 of 0-9 * #")]


class Numbers(Table, frozen=True):
    """The numbering plan, and the site's place in it. ``area_code`` is needed to know a number that citizens of the own
    city write without one; ``own_mobiles`` only where a trunk wants a 0 before mobiles of other areas."""

    region: Literal["CN"] = "CN"
    area_code: AreaCode = ""
    own_mobiles: tuple[MobilePrefix, ...] = ()

    @property
    def rules(self) -> Rules:
        return Rules(area_code=self.area_code.removeprefix("0"), own_mobiles=self.own_mobiles)
