"""Ports for sound: two for each leg of a call, two or three legs a call."""

import re
from collections.abc import Iterator

from dialplans.checks.pbx import Pbx
from dialplans.checks.rule import Fault
from dialplans.checks.sip import endpoints, identified
from dialplans.conf import Section

LEGS = 3
PORTS = 2


def few(pbx: Pbx) -> Iterator[Fault]:
    """Fewer ports than the calls that are allowed, or the phones that are there, can take."""
    for general in _rtp(pbx):
        ports = _number(general, "rtpend", 20_000) - _number(general, "rtpstart", 10_000) + 1
        calls, why = _calls(pbx)
        if ports < calls * LEGS * PORTS:
            what = (
                f"{ports} ports for sound; {why} may take {calls * LEGS * PORTS} ({LEGS} legs of {PORTS} ports each)."
            )
            yield Fault(general.where("rtpend"), what, "Widen rtpstart … rtpend, and the firewall with it.")


def _calls(pbx: Pbx) -> tuple[int, str]:
    """How many calls there can be at a time, as far as the files say it."""
    phones = sum(1 for each in endpoints(pbx) if each.name not in identified(pbx))
    limits = [_number(each, "maxcalls", 0) for each in pbx.sections("asterisk") if each.name == "options"]
    most = max(limits, default=0)
    return (most, f"{most} calls (maxcalls)") if most else (phones, f"calls of {phones} phones")


def clash(pbx: Pbx) -> Iterator[Fault]:
    """A port for SIP within those for sound: now and then a call is without it."""
    for general in _rtp(pbx):
        first, last = _number(general, "rtpstart", 10_000), _number(general, "rtpend", 20_000)
        for transport in pbx.sections("pjsip", "transport"):
            port = re.search(r":(\d+)$", transport.get("bind"))
            if transport.get("protocol", "udp") == "udp" and port and first <= int(port[1]) <= last:
                what = f"port {port[1]} of {transport.name!r} lies within the ports for sound, {first} to {last}."
                yield Fault(transport.where("bind"), what, "Move one of the two.")


def unstrict(pbx: Pbx) -> Iterator[Fault]:
    """Without ``strictrtp`` anybody who guesses a port can speak into a call."""
    for general in _rtp(pbx):
        if general.get("strictrtp", "yes").lower() in {"no", "false", "off", "0"}:
            yield Fault(
                general.where("strictrtp"),
                "whoever guesses a port can speak into a call (strictrtp = no).",
                "Take the line out.",
            )


def _rtp(pbx: Pbx) -> Iterator[Section]:
    return (each for each in pbx.sections("rtp") if each.name == "general")


def _number(section: Section, key: str, default: int) -> int:
    return int(value) if (value := section.get(key)).isdecimal() else default
