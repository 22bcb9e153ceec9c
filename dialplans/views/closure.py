"""The emergency closure. Pure."""

from typing import Any

from telephony.site.site import Site

_HOUR_S = 3600


def closure(site: Site) -> dict[str, Any]:
    """For gate.j2, phone.j2 and closure.j2."""
    codes = site.feature_codes
    return {
        "closers": site.closure.closers,
        "closure_s": site.closure.max_hours * _HOUR_S,
        "closure_codes": [{"code": codes.close, "exten": "close"}, {"code": codes.reopen, "exten": "reopen"}],
    }
