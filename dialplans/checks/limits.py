"""Times, ports and doors of a site that do not fit together. ``where`` is a path in site.toml."""

from collections.abc import Iterator

from dialplans.checks.case import Case
from dialplans.checks.ports import LEGS, PORTS
from dialplans.checks.rule import Fault

CARRIERS_PATIENCE_S = 60
"""Many carriers clear a call that is not answered after 60 to 180 s."""


def rings_too_long(case: Case) -> Iterator[Fault]:
    """One offer that rings longer than a caller may wait: nobody else is ever asked."""
    for index, queue in enumerate(case.site.queues):
        if 0 < queue.max_wait_s < queue.timeout_s:
            what = f"one phone rings for {queue.timeout_s} s, and a caller waits {queue.max_wait_s} s at most."
            yield Fault(f"site.toml: queue[{index}].timeout_s", what, "Let it ring a third of max_wait_s, or less.")


def never_overflows(case: Case) -> Iterator[Fault]:
    """An overflow after a wait that never ends, where a queue is never full and never left empty either."""
    for index, queue in enumerate(case.site.queues):
        ends = queue.max_wait_s or queue.max_callers or queue.leave_empty or not queue.join_empty
        if queue.overflow != "hangup" and not ends:
            what = f"nobody ever comes to its overflow {queue.overflow!r}: the wait has no end (max_wait_s = 0)."
            yield Fault(f"site.toml: queue[{index}].overflow", what, "Set max_wait_s, or max_callers.")


def cleared_by_carrier(case: Case) -> Iterator[Fault]:
    """Waits that are longer than a carrier lets an unanswered call ring."""
    waits = [queue.max_wait_s for queue in case.site.queues]
    longest = 0 if 0 in waits else max(waits, default=0)
    for index, trunk in enumerate(case.site.trunks):
        if trunk.answer == "at-agent" and not 0 < longest <= CARRIERS_PATIENCE_S:
            said = f"{longest} s" if longest else "without end"
            what = f"callers may wait {said} unanswered; many carriers end such a call after 60 to 180 s."
            yield Fault(
                f"site.toml: trunk[{index}].answer",
                what,
                "Set answer = 'at-entry', or ask the carrier how long it lets a call ring.",
            )


def few_ports(case: Case) -> Iterator[Fault]:
    """Fewer ports for sound than the agents' calls take."""
    sip = case.site.sip
    calls = len(case.agents)
    ports = sip.rtp_end - sip.rtp_start + 1
    if ports < calls * LEGS * PORTS:
        need = calls * LEGS * PORTS
        what = f"{ports} ports for sound; {calls} calls may take {need} ({LEGS} legs of {PORTS} ports each)."
        yield Fault("site.toml: sip.rtp_end", what, "Widen rtp_start … rtp_end, and the firewall with it.")


def port_clash(case: Case) -> Iterator[Fault]:
    sip = case.site.sip
    if sip.rtp_start <= sip.port <= sip.rtp_end:
        yield Fault(
            "site.toml: sip.port",
            f"lies within the ports for sound, {sip.rtp_start} to {sip.rtp_end}.",
            "Move one of the two.",
        )


def open_manager(case: Case) -> Iterator[Fault]:
    """AMI for the whole network."""
    ami = case.site.pbx.ami
    for index, permit in enumerate(ami.permit):
        if permit.endswith("/0") and not ami.bind.startswith(("127.", "::1")):
            what = f"AMI listens on {ami.bind}, and anybody may log in."
            yield Fault(f"site.toml: pbx.ami.permit[{index}]", what, "Name the bridge's address alone.")
