"""A number that somebody looks for, in whatever form. Pure."""

import msgspec

from telephony.numbers.china import COUNTRY_CODE
from telephony.numbers.kinds import Kind, Rules
from telephony.numbers.received import Normalised, normalised


class Sought(msgspec.Struct, frozen=True):
    """``keys``: any of them is the number (``Normalised.key``). ``written``: how it may stand where no key was kept,
    first as it was asked for. ``any_extension``: whoever is behind the switchboard is meant."""

    keys: tuple[str, ...]
    written: tuple[str, ...]
    any_extension: bool


def sought(text: str, rules: Rules) -> Sought:
    """What to look for: the number as it is outside, and as one of a phone of the site. A fixed number of the own area
    is also found where it was kept without area code, before that was told."""
    outside, inside = normalised(text, rules), normalised(text, rules, inside=True)
    local = _without_area(outside, rules)
    keys = tuple(dict.fromkeys(key for key in (outside.key, inside.key, *local) if key is not None))
    return Sought(keys, tuple(dict.fromkeys((text, *ways_to_write(outside), *local))), not outside.extension)


def ways_to_write(number: Normalised) -> tuple[str, ...]:
    """How carriers write it, mostly."""
    if number.e164 is None or number.kind is Kind.FOREIGN or number.extension:
        return tuple(dict.fromkeys((number.text, number.key or number.text)))
    nsn = number.e164[1 + len(COUNTRY_CODE) :]
    zeros = ("0",) if number.kind is Kind.FIXED else ("", "0")
    return tuple(f"{before}{nsn}" for before in (*zeros, "86", "+86", "0086", "086", "+860", "00860"))


def _without_area(number: Normalised, rules: Rules) -> tuple[str, ...]:
    own = f"+{COUNTRY_CODE}{rules.area_code}"
    if number.kind is not Kind.FIXED or not rules.area_code or number.e164 is None or number.extension:
        return ()
    if not number.e164.startswith(own):
        return ()
    return (number.e164.removeprefix(own), number.e164[1 + len(COUNTRY_CODE) :])
