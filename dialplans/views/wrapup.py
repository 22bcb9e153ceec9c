"""Wrap-up: what runs when an agent's channel of a queue ends. Pure."""

from typing import Any

from telephony.site.site import Site


def wrapup(site: Site) -> dict[str, Any]:
    """For wrapup.j2."""
    return {"wrapups": [{"name": queue.name, "seconds": queue.wrapup_s} for queue in site.queues if queue.wrapup_s]}
