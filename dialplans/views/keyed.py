"""What agents key in a call, and what their phones may always dial. Pure."""

from typing import Any

from telephony.site.site import Site


def keyed(site: Site) -> dict[str, Any]:
    """For emergency.j2, and what of phone.j2 and transfer.j2 leads to it."""
    return {"emergency": emergencies(site)}


def emergencies(site: Site) -> list[dict[str, str]]:
    """Each emergency number with what is keyed for it."""
    return [{"number": number, "code": f"{site.feature_codes.emergency}{number}"} for number in site.emergency.all]
