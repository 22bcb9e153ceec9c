"""A gateway that would carry callers' numbers over the network in the clear. Pure."""

from collections.abc import Iterator

from telephony.site.contradictions.http import is_own
from telephony.site.site import Site


def faults(site: Site) -> Iterator[str]:
    gateway = site.gateway
    if gateway is None:
        return
    if gateway.tls_key is not None and gateway.tls_cert is None:
        yield "gateway.tls_cert: is missing beside gateway.tls_key."
    bare = gateway.tls_cert is None and site.http.tls_cert is None
    if bare and not gateway.plain and not is_own(gateway.host):
        yield (
            f"gateway.tls_cert: is missing: tokens and callers' numbers would cross the network in the clear on "
            f"{gateway.host}. Name a certificate; or say gateway.plain = true, behind something that adds TLS."
        )
