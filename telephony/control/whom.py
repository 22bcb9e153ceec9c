"""Whom an order asks for, and whom to ring for that: an agent, somebody of the directory, or somebody outside."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from telephony.control.commands import Reason
from telephony.control.limiter import wall_now
from telephony.control.reach import TAKEN_UP, Reach
from telephony.control.refused import CommandRefused
from telephony.directory.plan import Plan, Try, plan_of
from telephony.directory.specialists import Directory
from telephony.model.calls import Call
from telephony.model.ids import MemberName
from telephony.model.names import trunk_of
from telephony.outgoing import is_allowed

SPECIALIST, PLAIN, EMERGENCY = "specialist", "transfer", "emergency"
"""What a call is made for (``OUT_PURPOSES`` of the dialplan's contract)."""
EMERGENCY_RING_S = 120
_WHY = {
    "off-duty": "nobody there is on duty at this hour",
    "on-leave": "they are on leave today",
    "nobody": "no number of theirs is left to ring: they are in this call or another, are being rung, or have none",
}


@dataclass(frozen=True, slots=True)
class Whom:
    """``directory``: as it is known now; looked at again for a code that it lacks."""

    reach: Reach
    directory: Callable[[str], Awaitable[Directory]]

    async def plan(self, to: str, agent: MemberName, without: Collection[str] = ()) -> Plan:
        """Whom to ring when ``agent`` asks for ``to``. ``without``: codes of who is in the call already. Raises
        CommandRefused where there is nobody, or nobody who may be called; StoreError."""
        if not (to.isascii() and to.removeprefix("+").isdigit() and 2 <= len(to) <= 20):
            raise CommandRefused(Reason.BAD_VALUE, "to: write a number of 2 to 20 digits, '+' may stand first.")
        if to == agent:
            raise CommandRefused(Reason.BAD_VALUE, "to: that is the agent who asks.")
        directory = await self.directory(to)
        if directory.department(to) is None and directory.specialist(to) is None:
            await self._check_number(to)
        plan = plan_of(directory, to, wall_now(), without={*without, *self._taken_up()})
        if not plan.lines:
            raise CommandRefused(Reason.WRONG_STATE, f"to: {plan.name or to}: {_WHY.get(plan.why, plan.why)}.")
        return plan

    async def _check_number(self, to: str) -> None:
        """An agent's whose phone may be rung, or one outside that may be called. Raises CommandRefused, StoreError."""
        if await self.reach.agents.get(MemberName(to)) is not None:
            self.reach.can_ring(MemberName(to))
        elif not is_allowed(to, self.reach.site):
            why = "to: no agent has this number, nobody in the directory has this code, and [outgoing] in site.toml"
            raise CommandRefused(Reason.NOT_ALLOWED, f"{why} does not allow to call it.")

    def _taken_up(self) -> set[str]:
        """Agents' phones that are in use, by whose number specialists are reached too."""
        channels = self.reach.world.channels.values()
        phones = {each.leg.party for each in channels if each.leg.person and not trunk_of(each.name)}
        return phones | {agent for agent in self.reach.world.agents if self.reach.live.agent_state(agent) in TAKEN_UP}

    def emergency(self, number: str) -> Plan:
        """Raises CommandRefused for what is no emergency number of the site."""
        known = self.reach.site.emergency.all
        if number not in known:
            raise CommandRefused(Reason.BAD_VALUE, f"number: the site's emergency numbers are {', '.join(known)}.")
        return Plan(number, lines=((Try(number, EMERGENCY_RING_S),),))


def purpose_of(plan: Plan) -> str:
    """What its calls are made for."""
    return SPECIALIST if any(each.code for line in plan.lines for each in line) else PLAIN


def codes_in(call: Call) -> frozenset[str]:
    """The codes and numbers of those who were asked into this call and are still in it, or are being rung for it."""
    came = [invite.answered for invite in call.invites if invite.guest in call.live]
    rung = [tried for invite in call.invites for tried in invite.tries if tried.open]
    here = [*(tried for tried in came if tried is not None), *rung]
    return frozenset(word for tried in here for word in (tried.code, tried.number) if word)
