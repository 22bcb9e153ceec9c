"""What sort of number it is, and the site's own part of the numbering plan. Pure."""

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What a number leads to. ``FOREIGN`` is what is reached by an international prefix, Hong Kong, Macao and Taiwan
    among them; ``SERVICE`` what has no area code of its own (110, 12345, 95588, 400 and 800 numbers); ``INTERNAL`` a
    phone of the site; ``UNKNOWN`` what could be several numbers or is none."""

    MOBILE = "mobile"
    FIXED = "fixed"
    SERVICE = "service"
    FOREIGN = "foreign"
    INTERNAL = "internal"
    WITHHELD = "withheld"
    UNKNOWN = "unknown"


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Where the site stands in the numbering plan: ``area_code`` without its 0, empty where it is not told. A local
    number without area code is known by it alone. ``own_mobiles``: how mobile numbers of the own area begin."""

    area_code: str = ""
    own_mobiles: tuple[str, ...] = ()


WITHHELD = frozenset(
    {
        *(
            "",
            "anonymous",
            "withheld",
            "unavailable",
            "unknown",
            "private",
            "restricted",
            "blocked",
            "hidden",
            "asterisk",
        ),
        *("no number", "nonumber", "invalid", "null", "none", "<unknown>", "p", "o"),
        *("未知", "匿名", "隐藏", "保密", "无号码", "未知号码", "私人号码", "隐藏号码", "匿名号码", "保密号码"),
    }
)
"""What is written for a number that is not told, in small letters: RFC 3323's anonymous, Asterisk's own words, ISUP
gateways' P (private) and O (out of area), and those of telephones."""
