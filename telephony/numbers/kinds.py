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
