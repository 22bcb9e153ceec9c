"""How people are sent into a call's room, and on from there."""

import asyncio
from collections.abc import Sequence

from telephony.ami.actions import Action, Redirect, Setvar
from telephony.conference.phases import Phase
from telephony.control.reach import Reach
from telephony.control.whereabouts import Whereabouts
from telephony.errors import AmiActionFailed
from telephony.model.world import Channel

AGENT, CALLER, GUEST = "zt-room-agent", "zt-room-caller", "zt-room-guest"

Variables = tuple[tuple[str, str], ...]


def pair(agent: Channel, place: str, guest: Channel, guest_place: str) -> Redirect:
    """What sends both at once."""
    return Redirect(agent.name, AGENT, place, 1, guest.name, GUEST, guest_place, 1)


async def agent_to(reach: Reach, now: Whereabouts, place: str, within: float) -> Redirect:
    """What sends the agent there; the first time the caller goes into the room with it."""
    await prepared(reach, now, within)
    if now.phase is not Phase.BRIDGE:
        return Redirect(now.agent.name, AGENT, place)
    return Redirect(now.caller.name, CALLER, "join", 1, now.agent.name, AGENT, place, 1)


async def prepared(reach: Reach, now: Whereabouts, within: float) -> None:
    """Before the first step each must know the call's room, and the caller be counted as living."""
    caller = (("__ZT_CALL", now.room), ("GROUP(zt-room-caller)", now.room))
    agent = (("__ZT_CALL", now.room), ("__ZT_CALLER", now.caller.name))
    await asyncio.gather(tell(reach, now.caller, caller, within), tell(reach, now.agent, agent, within))


async def tell(reach: Reach, channel: Channel, variables: Variables, within: float) -> None:
    """Set variables of a channel. Raises AmiError; AmiActionFailed when it is gone."""
    await all_taken(reach, [Setvar(name, value, channel.name) for name, value in variables], within)


async def all_taken(reach: Reach, actions: Sequence[Action], within: float) -> None:
    """Send these at once. Raises AmiError; AmiActionFailed when one is refused."""
    for reply in await asyncio.gather(*(reach.act(action, within) for action in actions)):
        if reply.failed:
            raise AmiActionFailed(reply.message)
