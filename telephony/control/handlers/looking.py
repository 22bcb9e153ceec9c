"""Where an agent stands when an order comes, and whether the conference's table has that order there."""

from collections.abc import Callable
from dataclasses import dataclass

from telephony.conference.table import Step, allowed
from telephony.control.commands import Reason
from telephony.control.reach import Reach
from telephony.control.refused import CommandRefused
from telephony.control.whereabouts import Whereabouts, asked_by, whereabouts
from telephony.model.ids import CallId, MemberName
from telephony.model.terms import Place

Ready = Callable[[], bool]

_INTO_THE_SIDE = (Step.HOLD, Step.CONSULT, Step.SWAP)
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

    def check_own(self, now: Whereabouts, step: Step | None = None) -> None:
        """Who was asked in may hang up, and call for help; all else is for whoever asked them, while these are there.
        Raises CommandRefused."""
        urgent = step is Step.EMERGENCY and now.agent.leg.place is Place.ROOM
        if asked_by(now.call, now.agent) is not None and not urgent:
            why = f"call: agent {now.agent.leg.party} was asked into it, and may only hang up while who asked is there."
            raise CommandRefused(Reason.WRONG_STATE, why)

    def _is_taken(self, now: Whereabouts) -> bool:
        """Somebody else is aside, or waits for whom they ask."""
        own = {now.agent.uniqueid, now.guest.uniqueid if now.guest is not None else ""}
        found = (self.reach.world.channels.get(uniqueid) for uniqueid in now.call.live - own)
        return any(each is not None and each.leg.person and each.leg.place is Place.SIDE for each in found)

    def __call__(self, call: CallId, agent: MemberName, step: Step, otherwise: str) -> Whereabouts:
        """Where the agent stands with the caller. Raises CommandRefused: when this step is not for where they are,
        with ``otherwise``."""
        self.check_ready()
        now = whereabouts(self.reach, self.reach.call(call), agent)
        self.check_own(now, step)
        if step in _INTO_THE_SIDE and self._is_taken(now):
            raise CommandRefused(
                Reason.WRONG_STATE, "call: another agent is aside at this moment; there is one such room."
            )
        if not allowed(step, now.phase):
            why = f"call: agent {now.agent.leg.party} {now.words}; {otherwise}"
            raise CommandRefused(Reason.WRONG_STATE, why)
        return now
