"""Calls that leave over a trunk. Pure."""

from collections.abc import Sequence
from typing import Any

from dialplans.contract import LINES_OUT, LINES_SPECIALIST
from telephony.outgoing import own_numbers, patterns_of
from telephony.site.sip import Trunk
from telephony.site.site import Site

CITIZEN_RING_S = 45
"""How long a citizen's phone rings who is called back: a mobile network gives up, or answers itself, after about a
minute."""

KEYED = (
    *("1[3-9]XXXXXXXXX", "01[3-9]XXXXXXXXX", "0[1-9]XXXXXXXX.", "[2-8]XXXXXX", "[2-8]XXXXXXX"),
    *("110", "119", "12X", "12XXX", "95XXX", "96XXX", "[48]00XXXXXXX", "00X.", "+X."),
)
"""Where a transfer may try to lead outside. As narrow as can be: Asterisk waits for more keys as long as a longer
number fits, and an agent's own number that begins like one of these is reached only after that wait, or by #."""

_SAID = {
    "not-allowed": ("zt/not_allowed", 21),
    "daily-limit": ("zt/daily_limit", 21),
    "no-line": ("zt/no_line", 34),
    "no-trunk": ("zt/no_trunk", 38),
    "CHANUNAVAIL": ("zt/no_trunk", 38),
    "CONGESTION": ("zt/no_trunk", 34),
    "BUSY": ("zt/busy", 17),
    "NOANSWER": ("zt/unanswered", 19),
    "_[A-Z]!": ("zt/unanswered", 31),
}
"""Why a call came to nothing: the sentence, and the Q.850 cause. 21 becomes 403, 34 503, 17 486, 19 480."""


def outgoing(site: Site) -> dict[str, Any]:
    """For out.j2, transfer_out.j2 and callback.j2."""
    trunks = trunks_in_order(site)
    ways = [str(index) for index in range(len(trunks))]
    rules, lists = site.numbers.rules, site.outgoing
    return {
        "ways_out": [_way(way, trunk, ways) for way, trunk in zip(ways, trunks, strict=True)],
        "way_order": "&".join(ways),
        "denied": [*own_numbers(site), *patterns_of(lists.deny, rules)],
        "allowed": patterns_of(lists.allow, rules),
        "keyed": KEYED,
        "call_out": lists.call_out,
        "daily_limit": lists.daily_limit,
        "uncounted": lists.uncounted,
        "lines_out": LINES_OUT,
        "lines_specialist": LINES_SPECIALIST,
        "why_not": [{"exten": why, "sound": sound, "cause": cause} for why, (sound, cause) in _SAID.items()],
        "citizen_ring_s": CITIZEN_RING_S,
    }


def trunks_in_order(site: Site) -> Sequence[Trunk]:
    """The trunks that calls may leave over, the first to be tried first."""
    if not site.outgoing.trunks:
        return site.trunks
    named = {trunk.name: trunk for trunk in site.trunks}
    return [named[name] for name in site.outgoing.trunks]


def _way(way: str, trunk: Trunk, ways: Sequence[str]) -> dict[str, Any]:
    return {
        "index": way,
        "trunk": trunk.name,
        "first": "&".join([way, *(other for other in ways if other != way)]),
        "most": trunk.max_calls_out,
        "lines": trunk.lines,
        "for_in": trunk.reserved_in,
        "for_specialists": trunk.reserved_specialists,
    }
