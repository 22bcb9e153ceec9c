"""How many calls a trunk may bring in. Pure."""

from typing import Any

from dialplans.contract import LINES_IN, LINES_OVER, LOCK_OF_LINES
from telephony.site.site import Site


def lines(site: Site) -> dict[str, Any]:
    """For gate.j2."""
    return {
        "lines": [
            {
                "name": trunk.name,
                "max_calls_in": trunk.max_calls_in,
                "promise_lines": trunk.promise_lines,
                "lock": f"{LOCK_OF_LINES}{trunk.name}",
            }
            for trunk in site.trunks
        ],
        "lines_in": LINES_IN,
        "lines_over": LINES_OVER,
    }
