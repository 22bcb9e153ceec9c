"""Formats of numbers that need what the site does not say. Pure."""

from collections.abc import Iterator

from telephony.site.site import Site


def faults(site: Site) -> Iterator[str]:
    for index, trunk in enumerate(site.trunks):
        if trunk.out_format == "local" and not site.numbers.area_code:
            yield f"trunk[{index}].out_format: 'local' needs numbers.area_code: which area goes without."
        if trunk.out_zero == "elsewhere" and not site.numbers.own_mobiles:
            yield f"trunk[{index}].out_zero: 'elsewhere' needs numbers.own_mobiles: how those of the own area begin."
        if trunk.out_zero != "never" and trunk.out_format not in ("national", "local"):
            yield f"trunk[{index}].out_zero: no 0 stands in numbers written as {trunk.out_format!r}. Leave it out."
