"""Reading the site: ``site.toml`` becomes one frozen struct (``telephony.site``), once.

A key that is unknown or wrong is a ``ConfigError`` that names it by its path, counted from 0 as in
``queue[2].timeout_s``, and says what is allowed. What a text may hold stands in ``telephony.texts``.
"""

from collections.abc import Iterator
from pathlib import Path

from telephony.errors import ConfigError
from telephony.site.contradictions import (
    addresses,
    desk,
    gateway,
    http,
    lines,
    names,
    notice,
    numbers,
    overflow,
    references,
    routes,
    rules,
    sip,
    topics,
)
from telephony.site.site import Site
from telephony.toml import parse, read_text

__all__ = ["Site", "contradictions", "parse_site", "read_site"]


def read_site(path: Path) -> Site:
    """The site of this file. Raises ``ConfigError`` naming the file, the key and what is allowed."""
    return parse_site(read_text(path), str(path))


def parse_site(text: str, source: str = "site.toml") -> Site:
    """The site of this TOML text; ``source`` is the file's name in errors."""
    site = parse(text, Site, source)
    if problems := list(contradictions(site)):
        raise ConfigError("\n".join(f"{source}: {problem}" for problem in problems))
    return site


def contradictions(site: Site) -> Iterator[str]:
    """What is wrong between keys, as ``path: words``. Empty for every site that ``read_site`` returned."""
    kept = (
        names,
        addresses,
        desk,
        gateway,
        http,
        numbers,
        references,
        rules,
        sip,
        lines,
        overflow,
        notice,
        routes,
        topics,
    )
    for part in kept:
        yield from part.faults(site)
