"""Transports that nobody listens on, phone profiles of one name, session timers that cannot be kept. Pure."""

import ipaddress
from collections.abc import Iterator, Sequence

from telephony.site.site import Site


def faults(site: Site) -> Iterator[str]:
    if not site.sip.transports:
        yield "sip.transports: at least one of udp, tcp, tls is needed."
    if "tls" in site.sip.transports and site.sip.tls_port == site.sip.port and "tcp" in site.sip.transports:
        yield f"sip.tls_port: {site.sip.tls_port} is that of TCP. Choose another, such as 5061."
    if site.sip.timers_expires_s < site.sip.timers_min_s:
        yield "sip.timers_expires_s: must not be below sip.timers_min_s."
    yield from _nets(site)
    yield from _transports(site)
    yield from _doubles(site)


def _nets(site: Site) -> Iterator[str]:
    for index, net in enumerate(site.sip.local_nets):
        try:
            ipaddress.ip_network(net, strict=False)
        except ValueError:
            yield f"sip.local_nets[{index}]: {net!r} is no network. Allowed: such as 10.0.0.0/8."
            return
    if site.sip.external_address and not _is_local(site.sip.bind, site.sip.local_nets):
        yield f"sip.local_nets: none holds sip.bind, {site.sip.bind}: nobody would be told sip.external_address."


def _is_local(address: str, nets: Sequence[str]) -> bool:
    """Whether Asterisk takes this address of its own for one behind translation (``ast_sip_transport_is_local``)."""
    try:
        own = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return True  # a name: it will be known where Asterisk runs
    known = [ipaddress.ip_network(net, strict=False) for net in nets]
    return own.is_unspecified or any(own.version == net.version and own in net for net in known)


def _transports(site: Site) -> Iterator[str]:
    users = [(f"trunk[{index}]", each.transport) for index, each in enumerate(site.trunks)]
    users += [(f"phone_profile[{index}]", each.transport) for index, each in enumerate(site.phone_profiles)]
    if not site.phone_profiles:
        users.append(("phone_profile: there is none, and the built-in one", "udp"))
    for where, transport in users:
        if transport not in site.sip.transports:
            yield f"{where}.transport: Asterisk does not listen for {transport!r}. Name it in sip.transports."


def _doubles(site: Site) -> Iterator[str]:
    seen: dict[str, int] = {}
    for index, profile in enumerate(site.phone_profiles):
        if seen.setdefault(profile.name, index) != index:
            first = seen[profile.name]
            yield f"phone_profile[{index}].name: {profile.name!r} is taken by phone_profile[{first}]. Choose another."
