"""What extensions.conf shows: the site and its agents, laid out line by line. Pure.

Everything that needs a decision is decided in these modules, so that the templates hold nothing but Asterisk's own
words. One module here stands behind the templates of the same duty in templates/extensions.
"""

from collections.abc import Sequence
from typing import Any

from dialplans.views import (
    after,
    auto_answer,
    closure,
    duty,
    ends,
    hours,
    kept,
    keyed,
    lines,
    numbers,
    outgoing,
    phones,
    queues,
    rooms,
    spy,
    ways_in,
)
from telephony.directory.agents import Agent
from telephony.site.site import Site


def extensions(site: Site, agents: Sequence[Agent]) -> dict[str, Any]:
    """For extensions.conf."""
    return {
        **ways_in.ways_in(site),
        **hours.hours(site),
        **lines.lines(site),
        **ends.ends(site),
        **queues.queues(site, agents),
        **auto_answer.auto_answer(site, agents),
        **phones.phones(site, agents),
        **outgoing.outgoing(site),
        **numbers.numbers(site),
        **duty.duty(site),
        **closure.closure(site),
        **rooms.rooms(site),
        **keyed.keyed(site),
        **spy.spy(),
        **after.after(site),
        **kept.kept(site, agents),
    }
