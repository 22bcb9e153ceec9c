"""What a handler of orders may use, and how it finds a call, an agent, a leg."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from telephony.ami.actions import Action, Reply
from telephony.config import Site
from telephony.control.commands import Reason
from telephony.control.outcomes import Outcomes
from telephony.control.refused import CommandRefused
from telephony.directory.agents import Agent
from telephony.directory.store import AgentStore
from telephony.live.board import Live
from telephony.model import queues
from telephony.model.calls import Call
from telephony.model.events import Event
from telephony.model.ids import CallId, MemberName, Uniqueid
from telephony.model.machines import AgentState
from telephony.model.world import Channel, World

TAKEN_UP = {
    AgentState.OFFERED: "is being offered a call",
    AgentState.ON_CALL: "is on a call",
    AgentState.HOLD: "is on a call",
    AgentState.CONSULT: "is on a call",
    AgentState.CONFERENCE: "is on a call",
    AgentState.BUSY: "is using the phone",
    AgentState.UNREACHABLE: "has a phone that cannot be reached",
}
"""States in which an agent's phone is not rung for anything that is no offer."""

Act = Callable[[Action, float], Awaitable[Reply]]


class Done(msgspec.Struct, frozen=True):
    """An order was carried out; fields as of ``Answer``."""

    seen: bool = False
    attempt: int | None = None
    call: str = ""
    invite: str = ""


Handler = Callable[[Any, float], Awaitable[Done]]
"""Takes an order and how many seconds it has. Raises CommandRefused before anything was sent, AmiError as the PBX does,
LedgerError, RecordingError, StoreError."""
Handlers = Mapping[type, Handler]


@dataclass(frozen=True, slots=True)
class Reach:
    """``act`` sends an action to the PBX (``Connection.act``); ``deliver`` puts an event of our own into ingest's
    inbox; ``world`` is only read."""

    site: Site
    act: Act
    world: World
    live: Live
    outcomes: Outcomes
    agents: AgentStore
    deliver: Callable[[Event], None]

    def call(self, call_id: str) -> Call:
        """A live call by its CallId, an alias of it, or the Uniqueid of one of its channels. Raises CommandRefused."""
        call = self.world.calls.get(CallId(call_id)) or self.world.by_leg.get(Uniqueid(call_id))
        if call is None:
            call = next((other for other in self.world.calls.values() if call_id in other.aliases), None)
        if call is None or not call.live:
            raise CommandRefused(Reason.UNKNOWN_CALL, f"call: there is no live call {call_id!r:.60}.")
        return call

    def member(self, number: MemberName) -> queues.Agent:
        """An agent as the queues have them, signed in or not. Raises CommandRefused."""
        found = self.world.agents.get(number)
        if found is None:
            raise CommandRefused(Reason.UNKNOWN_AGENT, f"agent: {number!r:.40} is in no queue.")
        return found

    async def person(self, number: MemberName) -> Agent:
        """An agent as the directory has them. Raises CommandRefused, StoreError."""
        found = await self.agents.get(number) if number.isprintable() else None
        if found is None:
            raise CommandRefused(Reason.UNKNOWN_AGENT, f"agent: there is no agent {number!r:.40}.")
        return found

    def can_ring(self, agent: MemberName) -> None:
        """Whether this agent's phone may be rung for something that is no offer. Raises CommandRefused."""
        state = self.live.agent_state(agent)
        if state in TAKEN_UP:
            raise CommandRefused(Reason.WRONG_STATE, f"Agent {agent} {TAKEN_UP[state]} right now.")
        # A queue is told of the phone's state a moment later, and not at all of one who is signed in nowhere.
        if any(channel.leg.party == agent and channel.leg.person for channel in self.world.channels.values()):
            raise CommandRefused(Reason.WRONG_STATE, f"Agent {agent} is using the phone right now.")

    def leg(self, call: Call, agent: MemberName) -> Channel:
        """The living, answered channel by which ``agent`` takes part in ``call``. Raises CommandRefused."""
        for uniqueid in reversed(list(call.legs)):
            channel = self.world.channels.get(uniqueid)
            if channel is not None and channel.leg.party == agent and channel.leg.answered_at is not None:
                return channel
        raise CommandRefused(Reason.WRONG_STATE, f"call: agent {agent} takes no part in it at this moment.")

    def caller(self, call: Call) -> Channel:
        """The caller's own channel. Raises CommandRefused when it is gone."""
        channel = self.world.channels.get(call.caller)
        if channel is None:
            raise CommandRefused(Reason.WRONG_STATE, "call: its caller has hung up.")
        return channel
