"""The duty mobiles. Pure."""

from typing import Any

from telephony.site.site import Site


def duty(site: Site) -> dict[str, Any]:
    """For duty.j2."""
    return {"duty": site.duty}
