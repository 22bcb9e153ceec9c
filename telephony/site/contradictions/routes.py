"""Routes and opening rules that contradict what else the site says. Pure."""

import datetime
from collections.abc import Iterator

from telephony.site.opening import Opening
from telephony.site.site import Site


def faults(site: Site) -> Iterator[str]:
    yield from _routes(site)
    for path, opening in _openings(site):
        yield from _dates(path, opening)
        yield from _spans(path, opening)


def _routes(site: Site) -> Iterator[str]:
    known = {"queue": {each.name for each in site.queues}, "trunk": {each.name for each in site.trunks}}
    taken: dict[tuple[str, str | None], int] = {}
    for index, route in enumerate(site.routes):
        if not route.numbers or not route.queues:
            yield f'route[{index}]: needs numbers and queues, such as numbers = ["96001"], queues = {{ hotline = 1 }}.'
        wanted = [("queues", "queue", name) for name in route.queues]
        wanted += [("trunk", "trunk", route.trunk)] if route.trunk else []
        for key, kind, name in wanted:
            if name not in known[kind]:
                yield f"route[{index}].{key}: there is no {kind} {name!r}. There are: {', '.join(sorted(known[kind]))}."
        if route.opening is not None and route.opening not in site.openings:
            yield f"route[{index}].opening: there is no [openings.{route.opening}]. Add it, or leave the key out."
        for number in route.numbers:
            first = taken.setdefault((number, route.trunk), index)
            if first != index:
                yield f"route[{index}].numbers: {number!r} is that of route[{first}], too. Give it to one of them."


def _openings(site: Site) -> Iterator[tuple[str, Opening]]:
    if site.opening is not None:
        yield "opening", site.opening
    for name, opening in site.openings.items():
        yield f"openings.{name}", opening


def _dates(path: str, opening: Opening) -> Iterator[str]:
    for text in opening.special:
        try:
            day = datetime.date.fromisoformat(text)
        except ValueError:
            yield f"{path}.special: {text!r} is no date. Allowed: YYYY-MM-DD."
            continue
        if day in opening.holidays:
            yield f"{path}.special: {text} is in {path}.holidays, too. Keep it in one of them."


def _spans(path: str, opening: Opening) -> Iterator[str]:
    for day, spans in (*opening.days(), *((f"special.{date}", spans) for date, spans in opening.special.items())):
        if any(span[:5] >= span[6:] for span in spans):
            yield f"{path}.{day}: a span ends before it begins. Give two spans to go past midnight."
