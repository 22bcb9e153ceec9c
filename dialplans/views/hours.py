"""Opening hours. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any

from telephony.site.opening import Opening
from telephony.site.site import Site


def hours(site: Site) -> dict[str, Any]:
    """For gate.j2 and hours.j2."""
    rules = {"": site.opening} if site.opening is not None else {}
    rules |= {suffix_of(name): opening for name, opening in site.openings.items()}
    return {"hours": [_rule(suffix, opening) for suffix, opening in rules.items()], "time_zone": site.time_zone}


def suffix_of(opening: str | None) -> str:
    """What the names of this rule's contexts end with; nothing: the hotline's own."""
    return f"-{opening}" if opening else ""


def _rule(suffix: str, opening: Opening) -> dict[str, Any]:
    return {
        "suffix": suffix,
        "spans": [{"day": day, "times": _closed_range(span)} for day, spans in opening.days() for span in spans],
        "dates": [{"date": date, "times": _ranges(spans)} for date, spans in sorted(_dates(opening))],
        "closed": opening.closed,
    }


def _dates(opening: Opening) -> Iterator[tuple[str, Sequence[str]]]:
    """Days that are not as their weekday is: holidays have no hours."""
    yield from ((f"{day:%Y%m%d}", ()) for day in opening.holidays)
    yield from ((date.replace("-", ""), spans) for date, spans in opening.special.items())


def _ranges(spans: Sequence[str]) -> list[str]:
    return [_closed_range(span) for span in spans]


def _closed_range(span: str) -> str:
    """Asterisk's time ranges hold their last minute, ours end before it: 08:00-20:00 → 08:00-19:59."""
    hours, minutes = map(int, span[6:].split(":"))
    last = hours * 60 + minutes - 1
    return f"{span[:5]}-{last // 60:02}:{last % 60:02}"
