"""Where an agent stands when an order comes, and whether the conference's table has that order there."""

from collections.abc import Callable
from dataclasses import dataclass

from telephony.conference.phases import WORDS
from telephony.conference.table import Step, allowed
from telephony.control.commands import Reason
from telephony.control.reach import Reach
from telephony.control.refused import CommandRefused
from telephony.control.whereabouts import Whereabouts, whereabouts
from telephony.model.ids import CallId, MemberName

Ready = Callable[[], bool]

NO_ROOMS = "The PBX's dialplan has no rooms: have it written anew (zhitong dialplan deploy)."


@dataclass(frozen=True, slots=True)
class Look:
    """``ready``: whether the PBX has rooms; a Redirect to a place that it has not would end the call."""

    reach: Reach
    ready: Ready

    def check_ready(self) -> None:
        """Raises CommandRefused."""
        if not self.ready():
            raise CommandRefused(Reason.UNAVAILABLE, NO_ROOMS)

    def __call__(self, call: CallId, agent: MemberName, step: Step, otherwise: str) -> Whereabouts:
        """Where the agent stands with the caller. Raises CommandRefused: when this step is not for where they are,
        with ``otherwise``."""
        self.check_ready()
        now = whereabouts(self.reach, self.reach.call(call), agent)
        if not allowed(step, now.phase):
            why = f"call: agent {now.agent.leg.party} {WORDS[now.phase]}; {otherwise}"
            raise CommandRefused(Reason.WRONG_STATE, why)
        return now
