"""Ways in: the trunks, the phones that dial the hotline, and the menu. Pure."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from dialplans.contract import INTERNAL_TRUNK
from dialplans.views.hours import suffix_of
from dialplans.views.places import into_queue
from telephony.site.routes import Route
from telephony.site.sip import Trunk
from telephony.site.site import Site

_PLAIN: Mapping[str, Any] = {"drawn": (), "shares": 0, "rule": "", "language": None}
"""Of a number without a route of its own."""


def ways_in(site: Site) -> dict[str, Any]:
    """For ways_in, menu, and what of phone.j2 leads to the hotline."""
    return {
        "ways_in": [_way_in(site, trunk) for trunk in site.trunks],
        "internal": _internal(site),
        "menu": _menu(site),
    }


def _way_in(site: Site, trunk: Trunk) -> dict[str, Any]:
    return {
        "trunk": trunk.name,
        "at_entry": trunk.answer == "at-entry",
        "early_media": trunk.early_media,
        "numbers": [*_routes(site, trunk), *_hotline(site, trunk)],
    }


def _hotline(site: Site, trunk: Trunk) -> list[dict[str, Any]]:
    """The numbers that mean the hotline on this trunk, but for those that have a route."""
    routed = {number for route in routes_of(site, trunk) for number in route.numbers}
    found = _numbers(site, site.numbers_of(trunk), into_queue(site.queue_named(trunk.queue)))
    return [number for number in found if number["dialled"] not in routed]


def routes_of(site: Site, trunk: Trunk) -> list[Route]:
    """The routes that hold on this trunk, those of this trunk alone first."""
    mine = [route for route in site.routes if route.trunk == trunk.name]
    return [*mine, *(route for route in site.routes if route.trunk is None)]


def _routes(site: Site, trunk: Trunk) -> list[dict[str, Any]]:
    """Each number once: a route of one trunk holds before one of all."""
    found: dict[str, dict[str, Any]] = {}
    for route in routes_of(site, trunk):
        for number in route.numbers:
            found.setdefault(number, {"dialled": number, **_drawn(site, route)})
    return list(found.values())


def _drawn(site: Site, route: Route) -> dict[str, Any]:
    """Where its calls go: with several queues by lot, ``upto`` which draw each."""
    upto = list(accumulate(route.queues.values()))
    places = [into_queue(site.queue_named(name)) for name in route.queues]
    return {
        "goes_to": places[-1],
        "drawn": [{"upto": last, "goes_to": place} for last, place in zip(upto[:-1], places, strict=False)],
        "shares": upto[-1],
        "rule": suffix_of(route.opening),
        "language": route.language,
    }


def _internal(site: Site) -> dict[str, Any]:
    """A phone of the site dials the hotline, or a queue: as a caller, who hears the queue before the answer."""
    queues = [{"dialled": queue.number, "goes_to": into_queue(queue)} for queue in site.queues if queue.number]
    return {
        "trunk": INTERNAL_TRUNK,
        "at_entry": False,
        "early_media": True,
        "numbers": _numbers(site, site.hotline, into_queue(site.queues[0])) + queues,
    }


def _numbers(site: Site, hotline: Sequence[str], queue: str) -> list[dict[str, Any]]:
    """Each dialled number with where it goes: to the queue, or to the baseline menu where the site has one."""
    menu = dict.fromkeys((site.baseline.numbers or hotline) if site.baseline else (), "zt-menu,s,1")
    goes_to = dict.fromkeys(hotline, queue) | menu
    return [{"dialled": number, "goes_to": target, **_PLAIN} for number, target in goes_to.items()]


def _menu(site: Site) -> dict[str, Any] | None:
    if site.baseline is None:
        return None
    return {
        "prompts": "&".join(site.baseline.prompts),
        "key": site.baseline.key,
        "rounds": site.baseline.rounds,
        "wait_s": site.baseline.wait_s,
        "goes_to": into_queue(site.queue_named(site.baseline.queue)),
    }
