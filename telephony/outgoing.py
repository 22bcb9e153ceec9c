"""Which numbers may be called over a trunk: the site's one list (``[outgoing]``). Pure.

The dialplan holds every call to it that leaves (``zt-out``), with the same patterns; the bridge asks here before it has
the PBX make one.
"""

import re
from collections.abc import Sequence

from telephony.numbers.china import Reading
from telephony.numbers.kinds import Kind, Rules
from telephony.numbers.outward import outward
from telephony.site.site import Site

CLASSES: dict[str, tuple[str, ...]] = {
    "local": ("[2-8]XXXXXX", "[2-8]XXXXXXX"),  # and those of the own area code
    "national": ("0[1-9]XXXXXXXX", "0[1-9]XXXXXXXXX", "0[1-9]XXXXXXXXXX"),
    "mobile": ("1[3-57-9]XXXXXXXXX", "16[25-7]XXXXXXXX"),
    "service": (
        *("110", "119", "12X", "10XXX", "11XXX", "12[0-46-9]XX", "10XXXX", "11XXXX"),
        *("95XXX", "95XXXX", "95XXXXX", "95XXXXXX", "96XXX", "96XXXX", "[48]00XXXXXXX"),
    ),
    "international": ("+X.",),
}
"""Numbers as ``listed`` writes them. Premium numbers (16…, 1259…) are of no class: they need a pattern of their own."""

_PIECES = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": ".+", "+": r"\+"}


def patterns_of(allowed: Sequence[str], rules: Rules) -> list[str]:
    """Classes and patterns of site.toml as patterns of Asterisk's, without ``_``; each once."""
    return list(dict.fromkeys(pattern for each in allowed for pattern in _class(each, rules)))


def _class(name: str, rules: Rules) -> Sequence[str]:
    own = (f"0{rules.area_code}XXXXXXX", f"0{rules.area_code}XXXXXXXX") if rules.area_code else ()
    return (*CLASSES[name], *(own if name == "local" else ())) if name in CLASSES else (name,)


def listed(number: Reading) -> str:
    """The number as the list knows it: fixed ones with 0 and area code, foreign ones with +, all others bare."""
    return {Kind.FIXED: "0", Kind.FOREIGN: "+"}.get(number.kind, "") + number.nsn


def own_numbers(site: Site) -> list[str]:
    """The hotline's own, which nothing calls over a trunk: it would come back in."""
    told = (*site.hotline, *(number for trunk in site.trunks for number in trunk.numbers))
    return list(dict.fromkeys(listed(outward(number, site.numbers.rules)) or number for number in told))


def is_allowed(dialled: str, site: Site) -> bool:
    """Whether ``dialled`` (digits, one + before them or none) may be called."""
    rules, lists = site.numbers.rules, site.outgoing
    number = listed(outward(dialled, rules))
    return (
        number != ""
        and number not in own_numbers(site)
        and not _fits(number, patterns_of(lists.deny, rules))
        and _fits(number, patterns_of(lists.allow, rules))
    )


def _fits(number: str, patterns: Sequence[str]) -> bool:
    return any(re.fullmatch(_regular(pattern), number) for pattern in patterns)


def _regular(pattern: str) -> str:
    pieces: list[str] = re.findall(r"\[[0-9-]+\]|.", pattern)
    return "".join(_PIECES.get(piece, piece) for piece in pieces)
