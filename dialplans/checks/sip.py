"""pjsip.conf: who may call in and by what proof, what a phone needs to register, where its sound goes."""

import re
from collections.abc import Iterator

from dialplans.checks.pbx import Pbx
from dialplans.checks.rule import Fault
from dialplans.conf import Section

_YES = frozenset({"yes", "true", "y", "t", "1", "on"})
_NO = frozenset({"no", "false", "n", "f", "0", "off"})
_ODD = "zt-odd"
"""Who sends control characters is known by this name and led nowhere, on purpose (README.md, Forged numbers)."""


def endpoints(pbx: Pbx) -> Iterator[Section]:
    return (each for each in pbx.sections("pjsip", "endpoint") if each.name != _ODD)


def names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def identified(pbx: Pbx) -> set[str]:
    """Endpoints that are known by where their calls come from."""
    return {each.get("endpoint", each.name) for each in pbx.sections("pjsip", "identify")}


def anonymous(pbx: Pbx) -> Iterator[Fault]:
    """An endpoint that takes calls of anybody."""
    for each in endpoints(pbx):
        if each.name == "anonymous" or each.name.startswith("anonymous@"):
            what = f"everybody on the network may call into {each.get('context', 'default')!r} (endpoint anonymous)."
            yield Fault(each.line.where, what, "Take it out: trunks are known by their address, phones by a password.")
    for each in (each for duty in ("sip", "sip_general") for each in pbx.sections(duty) if each.name == "general"):
        if each.get("allowguest", "yes").lower() not in _NO:
            yield Fault(
                each.where("allowguest"),
                "chan_sip takes calls of everybody (allowguest, on by default).",
                "Say allowguest=no.",
            )


def unguarded(pbx: Pbx) -> Iterator[Fault]:
    """Neither a password nor an address: who knows the name may call as this endpoint."""
    known = identified(pbx)
    for each in endpoints(pbx):
        if not each.get("auth") and each.name not in known and not each.name.startswith("anonymous"):
            what = f"endpoint {each.name!r} has neither auth nor an identify: whoever knows its name calls as it."
            yield Fault(each.line.where, what, "Give a phone an auth, a trunk an identify with its address.")


def by_name(pbx: Pbx) -> Iterator[Fault]:
    """A trunk known by its address is known by its name as well, unless ``identify_by`` says otherwise."""
    known = identified(pbx)
    for each in endpoints(pbx):
        by = names(each.get("identify_by", "username,ip"))
        if not each.get("auth") and each.name in known and "username" in by:
            what = f"whoever sends the name {each.name!r} in From calls as this trunk, from any address."
            yield Fault(each.where("identify_by"), what, "Say identify_by = ip (and header, if one is used).")


def everywhere(pbx: Pbx) -> Iterator[Fault]:
    """A trunk whose address is the whole world."""
    for each in pbx.sections("pjsip", "identify"):
        for setting in each.all("match"):
            if any(re.search(r"/0(\.0\.0\.0)?$", part) for part in names(setting.value)):
                what = f"identify {each.name!r} matches every address ({setting.value})."
                yield Fault(setting.where, what, "Name the carrier's addresses.")


def references(pbx: Pbx) -> Iterator[Fault]:
    """Endpoints whose auth, aors or transport is not there: Asterisk takes the endpoint, and no call reaches it."""
    kinds = {"auth": "auth", "aors": "aor", "outbound_auth": "auth", "transport": "transport"}
    there = {kind: {each.name for each in pbx.sections("pjsip", kind)} for kind in set(kinds.values())}
    for each in endpoints(pbx):
        for key, kind in kinds.items():
            if key == "transport" and not there[kind]:
                continue  # the rule of missing transports says it once
            for name in names(each.get(key)):
                if name not in there[kind]:
                    what = f"endpoint {each.name!r}: there is no {kind} {name!r}."
                    yield Fault(
                        each.where(key), what, f"Make the section [{name}] with type = {kind}, or correct the name."
                    )


def transports(pbx: Pbx) -> Iterator[Fault]:
    """No transport: Asterisk opens no port for SIP."""
    if "pjsip.conf" in pbx.files and any(endpoints(pbx)) and not any(pbx.sections("pjsip", "transport")):
        yield Fault(
            "pjsip.conf",
            "there is no transport: Asterisk listens on no port.",
            "Make one: type = transport, protocol = udp, bind = 0.0.0.0:5060.",
        )


def contexts(pbx: Pbx) -> Iterator[Fault]:
    """Calls of this endpoint would begin in a context that is not there: they are refused."""
    for each in endpoints(pbx) if pbx.plan.contexts and not pbx.plan.elsewhere else ():
        name = each.get("context", "default")
        if name not in pbx.plan.contexts:
            what = f"calls of endpoint {each.name!r} begin in context {name!r}, which does not exist."
            yield Fault(each.where("context"), what, "Correct the name, or make that context.")


def unregistrable(pbx: Pbx) -> Iterator[Fault]:
    """A phone whose aor takes no registration and has no fixed contact can never be rung."""
    aors = {each.name: each for each in pbx.sections("pjsip", "aor")}
    for each in endpoints(pbx):
        for aor in (aors[name] for name in names(each.get("aors")) if name in aors):
            if not aor.all("contact") and aor.get("max_contacts", "0") == "0":
                what = f"aor {aor.name!r} has neither a contact nor max_contacts: nobody can register there."
                yield Fault(aor.line.where, what, "Say max_contacts = 1.")


def direct_media(pbx: Pbx) -> Iterator[Fault]:
    """Sound that passes by Asterisk cannot be recorded, joined or moved. On where it is not said."""
    for each in endpoints(pbx):
        if each.get("direct_media", "yes").lower() in _YES:
            what = f"endpoint {each.name!r} may send its sound past Asterisk (direct_media, on by default)."
            yield Fault(
                each.where("direct_media"), what, "Say direct_media = no: recording and joining need the sound."
            )
