"""Calls that leave over a trunk. Pure."""

from typing import Any

from telephony.site.site import Site

CITIZEN_RING_S = 45
"""How long a citizen's phone rings who is called back: a mobile network gives up, or answers itself, after about a
minute."""


def outgoing(site: Site) -> dict[str, Any]:
    """For callback.j2."""
    return {
        "ways_out": [{"trunk": trunk.name, "shown": site.numbers_of(trunk)[0]} for trunk in site.trunks],
        "citizen_ring_s": CITIZEN_RING_S,
    }
