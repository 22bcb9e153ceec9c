"""China's numbering plan, as far as it tells one number from another. Pure.

The plan (《电信网编号计划（2017年版）》 of the Ministry of Industry and Information Technology): mobiles are 1[3-9] and
nine digits more; area codes 10 and 2X, then eight digits, and [3-9]XX, then seven or eight; 1[0-2]X…, 95…, 96…, 400
and 800 are services. From within, 0 and the area code, 00 abroad. Carriers put +86, 0086, 86 or the odd 086 before, or
a 0 before a mobile of another area.

``dialplans/templates/extensions/number.j2`` holds the same rules, so that calls leave without the bridge, too; a test
on a real Asterisk holds the two against each other.
"""

import re
from typing import NamedTuple

from telephony.numbers.kinds import Kind

COUNTRY_CODE = "86"

_HOME = r"(?:\+86|0086|086|86)0?"
_MOBILE = r"1[3-9]\d{9}"
_FREE = r"[48]00\d{7}"
_AREA = r"(?:10|2\d|[3-9]\d{2})"
_FIXED = r"(?:10|2\d)\d{8}|[3-9]\d{2}\d{7,8}"
_SHORT = r"1[0-2]\d|1[0-2]\d{3,4}|95\d{3,6}|96\d{3,4}"
_OF_AREA = r"1[0-2]\d|1[0-2]\d{3}|9[56]\d{3}"


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


_FORMS = (
    (Kind.MOBILE, _whole(rf"(?:{_HOME}|0)?({_MOBILE})")),
    (Kind.SERVICE, _whole(rf"(?:{_HOME}|0)?({_FREE})")),
    (Kind.FIXED, _whole(rf"(?:{_HOME}|0)({_FIXED})")),
    (Kind.SERVICE, _whole(rf"(?:\+86|0086)?({_SHORT})")),
    (Kind.SERVICE, _whole(rf"(0{_AREA}(?:{_OF_AREA}))")),
    (Kind.FOREIGN, _whole(r"(?:\+|00)(?!86)([1-9]\d{6,14})")),
)
_DIGITS = _whole(r"\+?\d+")
_LOCAL = {2: _whole(r"[2-8]\d{7}"), 3: _whole(r"[2-8]\d{6,7}")}
_OWN = {2: _whole(r"\d{8}"), 3: _whole(r"\d{7,8}")}


class Reading(NamedTuple):
    """``nsn``: the national significant number, digits only: of a fixed number its area code and number, of a service
    what is dialled within the country, of a foreign number the country code and all after it. Of an unknown number it
    is what was given, of what is no number empty."""

    kind: Kind
    nsn: str

    @property
    def e164(self) -> str | None:
        """With + and country code (ITU-T E.164); None where there is no such form, as for 110."""
        if self.kind is Kind.FOREIGN:
            return f"+{self.nsn}"
        known = self.kind in (Kind.MOBILE, Kind.FIXED) or (self.kind is Kind.SERVICE and is_free(self.nsn))
        return f"+{COUNTRY_CODE}{self.nsn}" if known else None


def read(number: str, area_code: str = "") -> Reading:
    """``number`` (digits, one + before them or none) as it is understood in the area of ``area_code`` (without its
    0)."""
    if not _DIGITS.fullmatch(number):
        return Reading(Kind.UNKNOWN, "")
    for kind, form in _FORMS:
        if match := form.fullmatch(number):
            return Reading(kind, match[1])
    if area_code and _LOCAL[len(area_code)].fullmatch(number):
        return Reading(Kind.FIXED, area_code + number)
    if area_code and number.startswith(area_code) and _OWN[len(area_code)].fullmatch(number[len(area_code) :]):
        return Reading(Kind.FIXED, number)
    return Reading(Kind.UNKNOWN, number)


def is_free(nsn: str) -> bool:
    """Whether this is a 400 or 800 number: the services that an E.164 number can be written for."""
    return re.fullmatch(_FREE, nsn, re.ASCII) is not None


def area_of(nsn: str) -> str:
    """The area code of a fixed number, without its 0."""
    return nsn[:2] if nsn.startswith(("10", "2")) else nsn[:3]
