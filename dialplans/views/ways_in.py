"""Ways in: the trunks, the phones that dial the hotline, and the menu. Pure."""

from collections.abc import Sequence
from typing import Any

from dialplans.contract import INTERNAL_TRUNK
from dialplans.views.places import into_queue
from telephony.site.sip import Trunk
from telephony.site.site import Site


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
        "numbers": _numbers(site, site.numbers_of(trunk), into_queue(site.queue_named(trunk.queue))),
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


def _numbers(site: Site, hotline: Sequence[str], queue: str) -> list[dict[str, str]]:
    """Each dialled number with where it goes: to the queue, or to the baseline menu where the site has one."""
    menu = dict.fromkeys((site.baseline.numbers or hotline) if site.baseline else (), "zt-menu,s,1")
    goes_to = dict.fromkeys(hotline, queue) | menu
    return [{"dialled": number, "goes_to": target} for number, target in goes_to.items()]


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
