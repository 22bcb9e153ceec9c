"""Calls that leave over a trunk. Pure."""

from collections.abc import Sequence
from typing import Any

from telephony.outgoing import patterns_of
from telephony.site.sip import Trunk
from telephony.site.site import Site

CITIZEN_RING_S = 45
"""How long a citizen's phone rings who is called back: a mobile network gives up, or answers itself, after about a
minute."""


def outgoing(site: Site) -> dict[str, Any]:
    """For out.j2 and callback.j2."""
    ways = [str(index) for index in range(len(trunks_in_order(site)))]
    return {
        "ways_out": [
            {
                "trunk": trunk.name,
                "shown": site.numbers_of(trunk)[0],
                "first": "&".join([way, *(other for other in ways if other != way)]),
            }
            for way, trunk in zip(ways, trunks_in_order(site), strict=True)
        ],
        "way_order": "&".join(ways),
        "denied": patterns_of(site.outgoing.deny),
        "allowed": patterns_of(site.outgoing.allow),
        "citizen_ring_s": CITIZEN_RING_S,
    }


def trunks_in_order(site: Site) -> Sequence[Trunk]:
    """The trunks that calls may leave over, the first to be tried first."""
    if not site.outgoing.trunks:
        return site.trunks
    named = {trunk.name: trunk for trunk in site.trunks}
    return [named[name] for name in site.outgoing.trunks]
