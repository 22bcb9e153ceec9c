"""Lines that invite somebody into the hall's call, begun as the bridge begins them."""

import asyncio

from tests.integration.dialplans.manager import Message
from tests.integration.rooms.hall import Hall


async def invite(here: Hall, *lines: str, mode: str = "room", invite: str = "i1", about: str = "") -> None:
    """Each line is its tries; the citizen is in the room, or on the way there. ``about``: a topic."""
    for number, tries in enumerate(lines, 1):
        told = {
            "ZT_CALL": here.room,
            "ZT_CALLER": here.channel(""),
            "ZT_TRIES": tries,
            "ZT_INVITE": invite,
            "ZT_LINE": str(number),
            "ZT_BY": "1001",
            "ZT_DEPARTMENT": "8100",
            "ZT_MODE": mode,
            "ZT_FOR": "specialist",
            "ZT_ABOUT": about,
        }
        answer = await here.rig.manager.ask(
            "Originate",
            Channel=f"Local/{here.room}@zt-invite/n",
            Context="zt-lines",
            Exten="end",
            Priority="1",
            Timeout="300000",
            Async="true",
            Variable=",".join(f"{name}={value}" for name, value in told.items()),
        )
        assert answer["Response"] == "Success", answer


def said(here: Hall, invite: str = "i1") -> list[tuple[str, str]]:
    """What the dialplan tells of an invitation: whom, and how it came out."""
    return [(event["Number"], event["Status"]) for event in told(here, invite)]


def told(here: Hall, invite: str = "i1") -> list[Message]:
    return here.rig.manager.all("ZtInvite", Invite=invite, Room=here.room)


async def ended(here: Hall) -> None:
    """Return once no line lives."""
    async with asyncio.timeout(30):
        while _lines_left(here):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def _lines_left(here: Hall) -> set[str]:
    begun = {event["Channel"] for event in here.rig.manager.all("Newchannel")}
    gone = {event["Channel"] for event in here.rig.manager.all("Hangup")}
    return {channel for channel in begun - gone if channel.startswith("Local/")}
