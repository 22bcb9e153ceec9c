"""Calls into which others are invited (dialplans/README.md, Invitations): by lines such as the bridge begins, here by a
user with all rights. Whoever is invited has an agent's phone and a code of the directory."""

import asyncio

from telephony.ami.actions import Action, Originate
from tests.integration.journal.rooms import Setvar, Walk, all_together, channel_of, moves, room_of, walks
from tests.recordings.stage import Hangup, Redirect, Stage, book, gone, wait
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.policy import Answer, Refuse, Ring

STORIES, story = book()
_TOPICS = {"1003": "8103", "1004": "8104", "1005": "8105"}
DEPARTMENT = "81"


class SetGlobal(Action, frozen=True):
    variable: str
    value: str
    name = "Setvar"


def tries(*numbers: str, seconds: int = 3) -> str:
    return "&".join(f"{number}:{seconds}:{_TOPICS.get(number, '')}" for number in numbers)


async def invites(on: Stage, invite: str, *lines: str, mode: str = "room", department: str = DEPARTMENT) -> None:
    """1001 has these rung, all lines at once."""
    room, caller = await room_of(on), await on.channel()
    told = {
        "ZT_CALL": room,
        "ZT_CALLER": caller,
        "ZT_MODE": mode,
        "ZT_BY": "1001",
        "ZT_INVITE": invite,
        "ZT_DEPARTMENT": department,
        "ZT_FOR": "specialist",
    }
    begun = [(*told.items(), ("ZT_LINE", str(number)), ("ZT_TRIES", line)) for number, line in enumerate(lines, 1)]
    local = f"Local/{room}@zt-invite/n"
    orders = [Originate(local, "zt-lines", "end", 60_000, variables=variables) for variables in begun]
    await asyncio.gather(*map(on.order, orders))


async def line_of(on: Stage) -> str:
    lines = (await on.rig.lab.pbx.cli("core show channels concise")).splitlines()
    return next(line.split("!")[0] for line in lines if "@zt-invite-" in line and line.split("!")[0].endswith(";2"))


async def joined(on: Stage, number: str = "1005", after_s: float = 0.4) -> Call:
    """This one is invited at once into the call, and has come."""
    on.agents[number].on_invite = Answer(after_s)
    await moves(on, "join")
    await invites(on, "i1", tries(number))
    guest = await on.rung(number)
    await guest.answered()
    await wait(0.8)
    return guest


@story
async def invited_at_once_and_leaves_again(on: Stage) -> None:
    call, _ = await on.talking()
    guest = await joined(on)
    await gone(guest)
    await wait(0.7)
    await call.hangup()


@story
async def invited_at_once_and_the_agent_leaves(on: Stage) -> None:
    call, agent = await on.talking()
    guest = await joined(on)
    await gone(agent)
    await wait(0.7)
    await gone(guest)
    await call.ended()


@story
async def invited_in_order_until_one_comes(on: Stage) -> None:
    """One is busy, one declines, one lets it ring; the fourth comes."""
    call, agent = await on.talking()
    on.agents["1002"].on_invite = Refuse(486, 0.3)
    on.agents["1003"].on_invite = Refuse(603, 0.3)
    on.agents["1004"].on_invite = Ring()
    on.agents["1005"].on_invite = Answer(0.4)
    await moves(on, "join")
    await invites(on, "i1", tries("1002", "1003", "1004", "1005", seconds=2))
    guest = await on.rung("1005")
    await guest.answered()
    await wait(0.7)
    await gone(agent)
    await wait(0.6)
    await call.hangup()
    await guest.ended()


@story
async def invited_and_nobody_comes(on: Stage) -> None:
    """1009 has no phone."""
    call, _ = await on.talking()
    on.agents["1004"].on_invite = Ring()
    await moves(on, "join")
    await invites(on, "i1", tries("1009", "1004", seconds=2), department="")
    await wait(4.5)
    await call.hangup()


@story
async def invited_and_taken_back(on: Stage) -> None:
    call, _ = await on.talking()
    on.agents["1005"].on_invite = Ring()
    await moves(on, "join")
    await invites(on, "i1", tries("1005", seconds=20))
    await on.rung("1005")
    await wait(0.6)
    await on.order(Hangup(await line_of(on)))
    await wait(0.6)
    await call.hangup()


@story
async def invited_and_the_caller_leaves(on: Stage) -> None:
    call, agent = await on.talking()
    on.agents["1005"].on_invite = Ring()
    await moves(on, "join")
    await invites(on, "i1", tries("1005", seconds=20))
    await on.rung("1005")
    await wait(0.6)
    await call.hangup()
    await agent.ended()
    await wait(0.5)


@story
async def several_are_rung_at_once_and_one_comes(on: Stage) -> None:
    call, _ = await on.talking()
    on.agents["1003"].on_invite = Refuse(486, 0.2)
    on.agents["1004"].on_invite = Ring()
    on.agents["1005"].on_invite = Answer(1.2)
    await moves(on, "join")
    await invites(on, "i1", tries("1003", seconds=8), tries("1004", seconds=8), tries("1005", seconds=8))
    guest = await on.rung("1005")
    await guest.answered()
    await wait(0.8)
    await call.hangup()
    await gone(guest)


@story
async def asks_in_order_until_one_comes(on: Stage) -> None:
    """Apart from the caller, over the agent's own channel; then all together."""
    call, agent = await on.talking()
    on.agents["1003"].on_invite = Refuse(486, 0.3)
    on.agents["1005"].on_invite = Answer(0.5)
    channel = await channel_of(on, "1001")
    for variable, value in (
        ("ZT_TRIES", tries("1003", "1005")),
        ("ZT_INVITE", "i1"),
        ("ZT_DEPARTMENT", DEPARTMENT),
        ("ZT_FOR", "specialist"),
    ):
        await on.order(Setvar(channel, variable, value))
    await moves(on, "consult")
    guest = await on.rung("1005")
    await guest.answered()
    await wait(0.8)
    await all_together(on)
    await wait(0.7)
    await gone(agent)
    await wait(0.6)
    await gone(guest)
    await call.ended()


@story
async def asks_several_at_once(on: Stage) -> None:
    """The agent waits aside; whoever is slower is rung no more. Back to the caller without them."""
    call, _ = await on.talking()
    on.agents["1004"].on_invite = Ring()
    on.agents["1005"].on_invite = Answer(1.2)
    await moves(on, "wait")
    await invites(on, "i1", tries("1004", seconds=8), tries("1005", seconds=8), mode="side")
    guest = await on.rung("1005")
    await guest.answered()
    await wait(0.8)
    await gone(guest)
    await wait(0.8)
    await call.hangup()


@story
async def asks_several_at_once_in_vain(on: Stage) -> None:
    """The agent is back with the caller."""
    call, _ = await on.talking()
    on.agents["1003"].on_invite = Refuse(486, 0.3)
    on.agents["1004"].on_invite = Ring()
    await moves(on, "wait")
    await invites(on, "i1", tries("1003", seconds=2), tries("1004", seconds=2), mode="side")
    await wait(3.5)
    await call.hangup()


@story
async def a_second_one_joins_after_a_consult(on: Stage) -> None:
    """Four in the room; then two."""
    call, agent = await on.talking()
    on.agents["1005"].on_invite = Answer(0.4)
    channel = await channel_of(on, "1001")
    await on.order(Setvar(channel, "ZT_TRIES", tries("1005")))
    await on.order(Setvar(channel, "ZT_INVITE", "i1"))
    await moves(on, "consult")
    first = await on.rung("1005")
    await first.answered()
    await wait(0.6)
    await all_together(on)
    await wait(0.6)
    on.agents["1004"].on_invite = Answer(0.4)
    await invites(on, "i2", tries("1004"), department="")
    second = await on.rung("1004")
    await second.answered()
    await wait(0.8)
    await gone(first)
    await wait(0.5)
    await gone(agent)
    await wait(0.5)
    await call.hangup()
    await gone(second)


@story
async def the_agent_leaves_and_comes_back(on: Stage) -> None:
    call, agent = await on.talking()
    guest = await joined(on)
    await gone(agent)
    await wait(0.5)
    on.agents["1001"].on_invite = Answer(0.4)
    await invites(on, "i2", tries("1001"), department="")
    again = await on.rung("1001")
    await again.answered()
    await wait(0.8)
    await gone(guest)
    await wait(0.6)
    await gone(again)
    await call.ended()


@story
async def swapped_with_who_was_asked(on: Stage) -> None:
    """To the caller while they wait, and out of the wait into the room."""
    call, agent = await on.talking()
    on.agents["1005"].on_invite = Answer(0.4)
    channel = await channel_of(on, "1001")
    await on.order(Setvar(channel, "ZT_TRIES", tries("1005")))
    await moves(on, "consult")
    guest = await on.rung("1005")
    await guest.answered()
    await wait(0.6)
    await on.order(Walk(await channel_of(on, "1005"), "hold", context="zt-room-guest"))
    await walks(on, "back")
    await wait(0.6)
    await on.order(Walk(await channel_of(on, "1005"), "join", context="zt-room-guest"))
    await wait(0.6)
    await gone(agent)
    await wait(0.5)
    await call.hangup()
    await gone(guest)


@story
async def handed_over_to_a_department(on: Stage) -> None:
    """The agent does not stay: first nobody comes, and the caller is the agent's again, or another's; then one does."""
    call, agent = await on.talking()
    on.agents["1005"].on_invite = Answer(0.5)
    await on.order(SetGlobal("ZT_DIR_8105", f"{DEPARTMENT}|{tries('1005')}"))
    caller = await on.channel()
    await on.order(Setvar(caller, "ZT_SENT_BY", "1001"))
    await on.order(Redirect(caller, "zt-transfer", "8105"))
    guest = await on.rung("1005")
    await guest.answered()
    await wait(0.8)
    await gone(agent)
    await call.hangup()
    await gone(guest)
