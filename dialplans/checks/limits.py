"""Times, ports and doors of a site that do not fit together. ``where`` is a path in site.toml."""

from collections.abc import Iterator

from dialplans.checks.case import Case
from dialplans.checks.ports import LEGS, PORTS
from dialplans.checks.rule import Fault
from telephony.site.sip import Trunk

CARRIERS_PATIENCE_S = 60
"""Many carriers clear a call that is not answered after 60 to 180 s."""


_A_COUNTRY = 4
"""``+X.`` and the like are shorter than a country's code with what follows it."""


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
    """Fewer ports for sound than the calls take that the carriers carry, or that the agents can have."""
    sip = case.site.sip
    carried = [_calls_of(trunk) for trunk in case.site.trunks]
    calls, whose = (sum(carried), "the trunks'") if all(carried) else (len(case.agents), "the agents'")
    ports, need = sip.rtp_end - sip.rtp_start + 1, calls * LEGS * PORTS
    if ports < need:
        what = f"{ports} ports for sound; {whose} {calls} calls may take {need} ({LEGS} legs of {PORTS} ports each)."
        yield Fault("site.toml: sip.rtp_end", what, "Widen rtp_start … rtp_end, and the firewall with it.")


def _calls_of(trunk: Trunk) -> int:
    """How many calls this trunk may have at a time; 0 where nobody said."""
    if trunk.lines:
        return trunk.lines
    limits = (trunk.max_calls_in, trunk.max_calls_out)
    return sum(limits) + trunk.promise_lines if all(limits) else 0


def unheard_promise(case: Case) -> Iterator[Fault]:
    """More callers let in than the carrier has lines: whoever comes then gets the carrier's busy tone, no promise."""
    for index, trunk in enumerate(case.site.trunks):
        wanted = trunk.max_calls_in + trunk.promise_lines
        if trunk.lines and trunk.max_calls_in and wanted > trunk.lines:
            what = (
                f"{trunk.max_calls_in} calls and {trunk.promise_lines} promises (promise_lines) are more than the "
                f"{trunk.lines} lines: the last callers get the carrier's busy tone."
            )
            remedy = f"Set max_calls_in to {max(1, trunk.lines - trunk.promise_lines)}, or order lines."
            yield Fault(f"site.toml: trunk[{index}].max_calls_in", what, remedy)


def taken_reserve(case: Case) -> Iterator[Fault]:
    """Lines kept for specialists that callers may take all the same."""
    for index, trunk in enumerate(case.site.trunks):
        if trunk.reserved_specialists and not 0 < trunk.max_calls_in <= trunk.lines - trunk.reserved_specialists:
            what = (
                f"{trunk.reserved_specialists} lines are kept for specialists, and callers may take all {trunk.lines}."
            )
            remedy = f"Set max_calls_in to at most {max(1, trunk.lines - trunk.reserved_specialists)}."
            yield Fault(f"site.toml: trunk[{index}].reserved_specialists", what, remedy)


def unlimited_calls(case: Case) -> Iterator[Fault]:
    """What a stolen phone may cost in one night."""
    outgoing = case.site.outgoing
    if case.site.trunks and outgoing.daily_limit == 0:
        what = "an agent's phone may make any number of calls a day: so may whoever steals its password."
        yield Fault("site.toml: outgoing.daily_limit", what, "Set a limit that no honest day reaches, such as 200.")
    for index, allowed in enumerate(outgoing.allow):
        if allowed == "international" or (allowed.startswith(("+", "00")) and len(allowed) < _A_COUNTRY):
            what = f"{allowed!r} lets calls leave to every country, premium numbers among them."
            yield Fault(
                f"site.toml: outgoing.allow[{index}]", what, "Name the countries that are needed, such as +852X."
            )


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
