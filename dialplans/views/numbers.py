"""Numbers that go out: how they are understood, and how each trunk wants them. Pure."""

from typing import Any

from telephony.numbers.kinds import Kind
from telephony.numbers.outward import BEFORE, Format, outward, written
from telephony.site.numbers import Numbers
from telephony.site.sip import Trunk
from telephony.site.site import Site

_HOME = tuple(f"{country}{zero}" for country in ("+86", "0086", "086", "86") for zero in ("", "0"))
_MOBILE = ("1[3-9]XXXXXXXXX",)
_FREE = ("[48]00XXXXXXX",)
_FIXED = ("10XXXXXXXX", "2XXXXXXXXX", "[3-9]XXXXXXXXX", "[3-9]XXXXXXXXXX")
_SHORT = tuple(
    f"{head}{'X' * more}"
    for head, counts in (("1[0-2]", (1, 3, 4)), ("95", (3, 4, 5, 6)), ("96", (3, 4)))
    for more in counts
)
_OF_AREA = tuple(f"{head}{'X' * more}" for head, more in (("1[0-2]", 1), ("1[0-2]", 3), ("9[56]", 3)))
_AREAS = ("10", "2X", "[3-9]XX")
_LOCAL = {2: ("[2-8]XXXXXXX",), 3: ("[2-8]XXXXXX", "[2-8]XXXXXXX")}
_OWN = {2: ("XXXXXXXX",), 3: ("XXXXXXX", "XXXXXXXX")}


def numbers(site: Site) -> dict[str, Any]:
    """For number.j2."""
    return {
        "number_forms": _forms(site.numbers),
        "out_formats": [_format(site, trunk) for trunk in site.trunks],
        "own_mobiles": [f"{prefix}{'X' * (11 - len(prefix))}" for prefix in site.numbers.own_mobiles],
    }


def shown_on(site: Site, trunk: Trunk) -> str:
    """The number that calls over this trunk show: the one it is told, else the first by which the hotline is dialled
    there, as the trunk writes numbers."""
    rules = site.numbers.rules
    own = Format(form=trunk.out_format)
    return trunk.caller_id or written(outward(site.numbers_of(trunk)[0], rules), own, rules)


def _forms(site: Numbers) -> list[dict[str, str]]:
    """``telephony.numbers.china`` as patterns: what they match, and how the nsn comes of it."""
    area = site.rules.area_code
    forms = _behind(("", "0", *_HOME), _MOBILE, Kind.MOBILE)
    forms += _behind(("", "0", *_HOME), _FREE, Kind.SERVICE)
    forms += _behind(("0", *_HOME), _FIXED, Kind.FIXED)
    forms += _behind(("", "+86", "0086"), _SHORT, Kind.SERVICE)
    forms += [_form(f"0{code}{short}", Kind.SERVICE) for code in _AREAS for short in _OF_AREA]
    if area:
        forms += [_form(local, Kind.FIXED, before=area) for local in _LOCAL[len(area)]]
        forms += [_form(f"{area}{own}", Kind.FIXED) for own in _OWN[len(area)]]
    return forms


def _behind(prefixes: tuple[str, ...], patterns: tuple[str, ...], kind: Kind) -> list[dict[str, str]]:
    return [_form(f"{prefix}{each}", kind, cut=len(prefix)) for prefix in prefixes for each in patterns]


def _form(pattern: str, kind: Kind, *, cut: int = 0, before: str = "") -> dict[str, str]:
    return {"pattern": pattern, "kind": kind.value, "before": before, "cut": f":{cut}" if cut else ""}


def _format(site: Site, trunk: Trunk) -> dict[str, Any]:
    before = BEFORE[trunk.out_format]
    area = site.numbers.rules.area_code
    return {
        "trunk": trunk.name,
        "shown": shown_on(site, trunk),
        "home": before.home,
        "fixed": before.fixed,
        "foreign": before.foreign,
        "zero": trunk.out_zero,
        "own": area if trunk.out_format == "local" else "",
        "own_length": len(area),
        "prefix": trunk.out_prefix,
    }
