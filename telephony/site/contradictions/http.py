"""Passwords that would cross a network in the clear. Pure."""

import ipaddress
from collections.abc import Iterator

from telephony.site.site import Site


def faults(site: Site) -> Iterator[str]:
    http = site.http
    if http.tls_key is not None and http.tls_cert is None:
        yield "http.tls_cert: is missing beside http.tls_key."
    if http.port is not None and http.tls_cert is None and not http.plain and not is_own(http.host):
        yield (
            f"http.tls_cert: is missing: passwords would cross the network in the clear on {http.host}. Name a "
            "certificate; or say http.plain = true, behind something that adds TLS on this machine."
        )


def is_own(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
