"""Queues that are named and do not exist, and overflows that go round in a circle. Pure."""

from collections.abc import Iterator

from telephony.site.queues import Queue
from telephony.site.site import Site
from telephony.texts import target_of


def faults(site: Site) -> Iterator[str]:
    queues = {queue.name for queue in site.queues}
    wanted: list[tuple[str, str | None]] = [
        (f"trunk[{index}].queue", trunk.queue) for index, trunk in enumerate(site.trunks)
    ]
    if site.baseline:
        wanted.append(("baseline.queue", site.baseline.queue))
    for index, queue in enumerate(site.queues):
        targets = {f"queue[{index}].exits.{key}": text for key, text in queue.exits.items()}
        targets[f"queue[{index}].overflow"] = queue.overflow
        wanted += [(path, target_of(text).name) for path, text in targets.items() if text.startswith("queue:")]
    for path, name in wanted:
        if name is not None and name not in queues:
            yield f"{path}: there is no queue {name!r}. Queues: {', '.join(sorted(queues))}."
    trunks = [trunk.name for trunk in site.trunks]
    for name in site.outgoing.trunks:
        if name not in trunks:
            yield f"outgoing.trunks: there is no trunk {name!r}. Trunks: {', '.join(trunks)}."
    for index, queue in enumerate(site.queues):
        if cycle := _overflow_cycle(site, queue):
            yield f"queue[{index}].overflow: goes round in a circle: {' → '.join(cycle)}."


def _overflow_cycle(site: Site, queue: Queue) -> list[str]:
    overflow = {each.name: target_of(each.overflow).name for each in site.queues if each.overflow.startswith("queue:")}
    path = [queue.name]
    while (following := overflow.get(path[-1])) is not None:
        if following in path:
            return [*path, following]
        path.append(following)
    return []
