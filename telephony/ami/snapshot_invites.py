"""What channels say of invitations, and who is muted: read once at the start of an epoch, of each channel and room."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from telephony.ami import actions as a
from telephony.errors import AmiActionFailed
from telephony.model.ids import Uniqueid
from telephony.model.names import room_of_line
from telephony.model.seen import ChannelSeen, InviteSeen

Act = Callable[[a.Action], Awaitable[a.Reply]]
_PLACES = (
    *("zt-room-agent", "zt-room-guest", "zt-room-dial", "zt-room-pair"),
    *("zt-invite", "zt-out", "zt-hand-over", "zt-together"),
)
"""Contexts, or how they begin, of who rings somebody for an invitation, and of who came by one."""
_ROOM = ("zt-room-caller", "join")
_VARIABLES = {
    "room": "ZT_CALL",
    "line": "ZT_LINE",
    "by": "ZT_BY",
    "department": "ZT_DEPARTMENT",
    "purpose": "ZT_FOR",
    "mode": "ZT_MODE",
    "code": "ZT_CODE",
    "number": "ZT_TO",
}


async def invites(act: Act, channels: Sequence[ChannelSeen]) -> tuple[InviteSeen, ...]:
    """Of a channel that has ended meanwhile, nothing. Raises what ``act`` raises but for that."""
    found = await asyncio.gather(*(_invite(act, channel) for channel in channels if _may_say(channel)))
    return tuple(invite for invite in found if invite is not None)


async def muted(act: Act, channels: Sequence[ChannelSeen]) -> tuple[Uniqueid, ...]:
    """Whom the others in their room do not hear. Raises what ``act`` raises, but for a room that is gone meanwhile."""
    rooms = [channel.uniqueid for channel in channels if (channel.context, channel.exten) == _ROOM]
    found = await asyncio.gather(*(_muted_in(act, room) for room in rooms))
    return tuple(uniqueid for each in found for uniqueid in each)


async def _muted_in(act: Act, room: str) -> list[Uniqueid]:
    try:
        reply = await act(a.ConfbridgeList(room))
    except AmiActionFailed:
        return []
    return [Uniqueid(row["Uniqueid"]) for row in reply.items if row.get("Muted") == "Yes" and row.get("Uniqueid")]


def _may_say(channel: ChannelSeen) -> bool:
    """The other half of a line does nothing."""
    if room_of_line(channel.name):
        return channel.name.endswith(";2")
    return channel.context.startswith(_PLACES)


async def _invite(act: Act, channel: ChannelSeen) -> InviteSeen | None:
    invite = await _variable(act, channel, "ZT_INVITE")
    if not invite:
        return None
    names = (*_VARIABLES.values(), "ZT_LEFT")
    *said, left = await asyncio.gather(*(_variable(act, channel, name) for name in names))
    told = dict(zip(_VARIABLES, said, strict=True))
    room, tried = Uniqueid(told.pop("room")), int(left) if _is_number(left) else 0
    return InviteSeen(uniqueid=channel.uniqueid, room=room, invite=invite, left=tried, **told)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6


async def _variable(act: Act, channel: ChannelSeen, name: str) -> str:
    try:
        reply = await act(a.Getvar(name, channel.name))
    except AmiActionFailed:
        return ""
    return reply.headers.get("Value", "")
