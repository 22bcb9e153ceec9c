"""Opening hours. Pure."""

from typing import Any

from telephony.site.site import Site


def hours(site: Site) -> dict[str, Any]:
    """For hours.j2."""
    return {"hours": _hours(site), "time_zone": site.time_zone}


def _hours(site: Site) -> dict[str, Any] | None:
    if site.opening is None:
        return None
    return {
        "spans": [{"day": day, "times": _closed_range(span)} for day, spans in site.opening.days() for span in spans],
        "holidays": [f"{day:%Y%m%d}" for day in sorted(site.opening.holidays)],
    }


def _closed_range(span: str) -> str:
    """Asterisk's time ranges hold their last minute, ours end before it: 08:00-20:00 → 08:00-19:59."""
    hours, minutes = map(int, span[6:].split(":"))
    last = hours * 60 + minutes - 1
    return f"{span[:5]}-{last // 60:02}:{last % 60:02}"
