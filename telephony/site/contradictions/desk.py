"""Pauses that agents may choose. Pure."""

from collections.abc import Iterator

from telephony.site.desk import RESERVED
from telephony.site.site import Site


def faults(site: Site) -> Iterator[str]:
    if not site.desk.pause_reasons:
        yield "desk.pause_reasons: at least one is needed, such as { break = '小休' }."
    for code in site.desk.pause_reasons:
        if code in RESERVED:
            yield f"desk.pause_reasons.{code}: is a word of ours. Choose another code."
