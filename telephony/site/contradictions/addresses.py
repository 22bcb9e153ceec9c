"""Addresses and networks that are none. Pure."""

import ipaddress
import re
from collections.abc import Iterator

from telephony.site.site import Site


def faults(site: Site) -> Iterator[str]:
    for index, trunk in enumerate(site.trunks):
        if not trunk.hosts:
            yield f"trunk[{index}].hosts: at least one address is needed: a trunk is known by it."
        for host in trunk.hosts:
            if not _is_peer(host):
                yield f"trunk[{index}].hosts: {host!r} is no address[:port][/bits] and no host name."
    for index, permit in enumerate(site.pbx.ami.permit):
        if not _is_network(permit):
            yield f"pbx.ami.permit[{index}]: {permit!r} is no network. Allowed: such as 10.0.0.0/24."


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _is_peer(text: str) -> bool:
    """``address[:port][/bits]``, a bare IPv6 network, or a host name (``match`` of pjsip.conf's identify)."""
    address, slash, bits = text.partition("/")
    port = ""
    if address.startswith("[") or address.count(":") == 1:
        address, _, port = address.rpartition(":") if not address.endswith("]") else (address, "", "")
    if port and not 0 < int(port if port.isdecimal() else 0) < 65536:
        return False
    name = r"(?!-)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*"
    return _is_network(address.strip("[]") + slash + bits) or (not slash and re.fullmatch(name, address) is not None)
