"""Duty mobiles, closers and lines of a site that do not fit what else it says. ``where`` is a path in site.toml."""

from collections.abc import Iterator

from dialplans.checks.case import Case
from dialplans.checks.rule import Fault
from telephony.outgoing import is_allowed


def refused_mobiles(case: Case) -> Iterator[Fault]:
    """A duty mobile that the list of ``[outgoing]`` would not let anybody call."""
    for index, mobile in enumerate(case.site.duty.mobiles):
        if not is_allowed(mobile, case.site):
            what = f"{mobile} may not be called: it would be passed over each time."
            yield Fault(f"site.toml: duty.mobiles[{index}]", what, "Allow it in [outgoing], or name another.")


def strange_closers(case: Case) -> Iterator[Fault]:
    """A closer who is no agent."""
    known = {agent.number for agent in case.agents}
    for index, number in enumerate(case.site.closure.closers):
        if known and number not in known:
            what = f"there is no agent {number}, who is to close and open the hotline."
            yield Fault(f"site.toml: closure.closers[{index}]", what, "Name one of the agents.")


def more_than_lines(case: Case) -> Iterator[Fault]:
    """More calls in, those that are promised a call-back among them, than the carrier carries."""
    for index, trunk in enumerate(case.site.trunks):
        asked = trunk.max_calls_in + trunk.promise_lines
        if trunk.max_calls_in and 0 < trunk.lines < asked:
            what = (
                f"{trunk.max_calls_in} calls in and {trunk.promise_lines} promises need {asked} lines of {trunk.lines}."
            )
            remedy = "Lower max_calls_in: who finds no line hears the carrier's busy tone, and is on no record."
            yield Fault(f"site.toml: trunk[{index}].max_calls_in", what, remedy)
