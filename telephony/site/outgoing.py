"""Which calls may leave over a trunk."""

from typing import Annotated, Literal

from telephony.site.table import Table
from telephony.texts import Count, Word, text

Allowed = Annotated[
    str,
    text(
        r"local|national|mobile|service|international|\+?(?:[0-9XZN]|\[[0-9](?:-[0-9])?[0-9]*\]){1,30}\.?",
        "local, national, mobile, service, international, or a pattern of digits, a first +, X Z N [1-5], and a last . "
        "for any more, such as +852X. or 0561XXXXXXX",
    ),
]
"""A class of numbers, or a pattern as Asterisk has them, without its ``_``."""

Purpose = Literal["call-out", "transfer", "call-back", "duty", "specialist", "emergency"]


class Outgoing(Table, frozen=True):
    """The one list that every call passes which leaves over a trunk: what agents dial, transfers, call-backs, duty
    mobiles, specialists. ``deny`` goes before ``allow``. ``trunks``: their order; empty: all, as they stand.

    ``daily_limit``: how many such calls one agent may make on one day of the site's (0: no limit); those for a purpose
    in ``uncounted`` do not count. ``call_out``: agents' phones may dial outside; false where another dialplan
    beside ours lets them.
    """

    call_out: bool = True
    trunks: tuple[Word, ...] = ()
    allow: tuple[Allowed, ...] = ("local", "national", "mobile", "service")
    deny: tuple[Allowed, ...] = ()
    daily_limit: Count = 200
    uncounted: tuple[Purpose, ...] = ("call-back", "duty", "specialist")
