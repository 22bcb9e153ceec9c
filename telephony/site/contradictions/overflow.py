"""Targets that lead nowhere. Pure."""

from collections.abc import Iterator

from telephony.site.site import Site


def faults(site: Site) -> Iterator[str]:
    for path, target in _targets(site):
        if target == "duty" and not site.duty.mobiles:
            yield f'{path}: there are no duty mobiles. Name them in [duty], mobiles = ["13800000000"].'
        elif target == "duty" and not site.trunks:
            yield f"{path}: duty mobiles are rung over a trunk, and there is none. Add a [[trunk]]."


def _targets(site: Site) -> Iterator[tuple[str, str]]:
    for index, queue in enumerate(site.queues):
        yield f"queue[{index}].overflow", queue.overflow
        yield from ((f"queue[{index}].exits.{key}", target) for key, target in queue.exits.items())
