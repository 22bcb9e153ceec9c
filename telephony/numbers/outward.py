"""How a number is written for a trunk that it goes out on. Pure.

The rules of ``zt-number`` and ``zt-format-<trunk>`` in the dialplan, which work without the bridge.
"""

from typing import Literal, NamedTuple

import msgspec

from telephony.numbers.china import Reading, is_free, read
from telephony.numbers.kinds import Kind, Rules

OutFormat = Literal["e164", "0086", "86", "national", "local"]
ZeroBefore = Literal["never", "elsewhere", "always"]


class Before(NamedTuple):
    """What stands before the ``nsn`` of each kind; services, and what is unknown, go as they are."""

    home: str  # mobile and 400/800 numbers
    fixed: str
    foreign: str


BEFORE: dict[OutFormat, Before] = {
    "e164": Before("+86", "+86", "+"),
    "0086": Before("0086", "0086", "00"),
    "86": Before("86", "86", ""),
    "national": Before("", "0", "00"),
    "local": Before("", "0", "00"),
}


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """One trunk's. ``local``: as ``national``, own area's numbers without area code. ``zero``: a 0 before mobiles, all
    of them or those of other areas. ``prefix`` stands before everything."""

    form: OutFormat = "national"
    prefix: str = ""
    zero: ZeroBefore = "never"


def outward(dialled: str, rules: Rules) -> Reading:
    """What was dialled to go out: digits, one + before them or none. Anything else has no ``nsn``."""
    return read(dialled, rules.area_code)


def written(number: Reading, form: Format, rules: Rules) -> str:
    """The number as the trunk wants it; empty for what has no ``nsn``."""
    return form.prefix + _plain(number, form, rules) if number.nsn else ""


def _plain(number: Reading, form: Format, rules: Rules) -> str:
    before = BEFORE[form.form]
    if number.kind is Kind.MOBILE:
        return before.home + _zero(number.nsn, form, rules) + number.nsn
    if number.kind is Kind.FIXED:
        own = form.form == "local" and rules.area_code != "" and number.nsn.startswith(rules.area_code)
        return number.nsn[len(rules.area_code) :] if own else before.fixed + number.nsn
    if number.kind is Kind.FOREIGN:
        return before.foreign + number.nsn
    return before.home + number.nsn if is_free(number.nsn) else number.nsn


def _zero(mobile: str, form: Format, rules: Rules) -> str:
    always = form.zero == "always" or (form.zero == "elsewhere" and not mobile.startswith(rules.own_mobiles))
    return "0" if always else ""
