"""What follows for a caller whose agent has ended the call. Pure."""

from typing import Any

from telephony.site.site import Site


def after(site: Site) -> dict[str, Any]:
    """For after.j2 and rating.j2."""
    rated = site.rating.queues or tuple(queue.name for queue in site.queues)
    rating = {
        "queues": rated,
        "wait_s": site.rating.wait_s,
        "ask": "zt/rating_ask",
        "thanks": "zt/rating_thanks",
    }
    return {"rating": rating if site.rating.on else None}
