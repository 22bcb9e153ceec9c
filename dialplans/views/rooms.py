"""Rooms: hold, consult, three together. Pure."""

from typing import Any

from telephony.site.site import Site


def rooms(site: Site) -> dict[str, Any]:
    """For rooms.j2 and invite.j2."""
    return {"rooms": site.rooms, "conference": site.conference, "key_codes": site.feature_codes}
