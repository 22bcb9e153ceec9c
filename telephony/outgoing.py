"""Which numbers may be called over a trunk: the site's one list (``[outgoing]``), as patterns. Pure.

The dialplan holds every call to it that leaves (``zt-out``), and the bridge asks here before it has the PBX make one.
"""

from collections.abc import Sequence

CLASSES: dict[str, tuple[str, ...]] = {
    "local": ("[2-9]XXXXXX", "[2-9]XXXXXXX"),
    "national": ("0[1-9]XXXXXXXX", "0[1-9]XXXXXXXXX", "0[1-9]XXXXXXXXXX"),
    "mobile": ("1[3-9]XXXXXXXXX", "01[3-9]XXXXXXXXX"),
    "service": ("110", "119", "12X", "10XXX", "12XXX", "95XXX", "96XXX", "96XXXX", "400XXXXXXX", "800XXXXXXX"),
    "international": ("+X.", "00X."),
}
"""Classes of numbers by what is dialled in China. Premium numbers (16…) are of no class: they need a pattern."""


def patterns_of(allowed: Sequence[str]) -> list[str]:
    """Classes and patterns of site.toml as patterns of Asterisk's, without ``_``; each once."""
    return list(dict.fromkeys(pattern for each in allowed for pattern in CLASSES.get(each, (each,))))
