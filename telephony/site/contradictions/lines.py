"""Lines of a trunk that are promised twice. Pure."""

from collections.abc import Iterator

from telephony.site.site import Site


def faults(site: Site) -> Iterator[str]:
    for index, trunk in enumerate(site.trunks):
        reserved = trunk.reserved_in + trunk.reserved_specialists
        if reserved and not trunk.lines:
            yield f"trunk[{index}].lines: is needed to reserve some of them. Write how many the carrier has."
        elif reserved > trunk.lines:
            yield f"trunk[{index}].reserved_in: {reserved} lines are reserved, of {trunk.lines}. Reserve fewer."
        if trunk.lines and trunk.max_calls_out > trunk.lines:
            yield f"trunk[{index}].max_calls_out: is more than trunk[{index}].lines, {trunk.lines}. Write at most that."
