"""Calls that only somebody with all rights, or a catastrophe, can bring about: name → what happens.

They are played after those of ``tests.recordings.stories``, by the same people. A story that ends the PBX starts it
again, so that the logs say so.
"""

import asyncio
from pathlib import Path

from telephony.ami.actions import Action
from tests.integration.journal import invitations, rooms
from tests.recordings.stage import Stage, Story, gone, wait
from tests.recordings.transfers import consult
from zhitong.lab.phones.policy import Answer

ROOM = """
[t-room]
exten => room,1,ConfBridge(room-1)
exten => part,1,Hangup()
"""
"""Beside the rendered dialplan: what a later three-way call will do."""


class RedirectBoth(Action, frozen=True):
    channel: str
    context: str
    exten: str
    extra_channel: str
    extra_context: str
    extra_exten: str
    priority: str = "1"
    extra_priority: str = "1"
    name = "Redirect"


class RedirectOne(Action, frozen=True):
    channel: str
    context: str
    exten: str
    priority: str = "1"
    name = "Redirect"


class Originate(Action, frozen=True):
    channel: str
    application: str = ""
    data: str = ""
    context: str = ""
    exten: str = ""
    priority: str = ""
    timeout: str = "10000"


STORIES: dict[str, Story] = {**rooms.STORIES, **invitations.STORIES}


def story(tell: Story) -> Story:
    STORIES[tell.__name__.replace("_", "-")] = tell
    return tell


async def furnish(on: Stage) -> None:
    """Add ``ROOM`` to the dialplan, if it is not there."""
    conf: Path = on.rig.lab.etc / "extensions.conf"
    text = await asyncio.to_thread(conf.read_text, encoding="utf-8")
    if ROOM not in text:
        await asyncio.to_thread(conf.write_text, text + ROOM, encoding="utf-8")
        await on.rig.lab.pbx.cli("dialplan reload")


async def channel_of(on: Stage, endpoint: str) -> str:
    lines = (await on.rig.lab.pbx.cli("core show channels concise")).splitlines()
    return next(line.split("!")[0] for line in lines if line.startswith(f"PJSIP/{endpoint}-"))


@story
async def redirected_while_talking(on: Stage) -> None:
    """No BLINDTRANSFER row, and queue_log has the agent talk until the caller's very end."""
    call, _ = await on.talking()
    on.answers("1005")
    await on.order(RedirectOne(await on.channel(), "zt-transfer", "1005"))
    await on.rung("1005")
    await wait(1.2)
    await call.hangup()


@story
async def into_a_room_and_a_third_joins(on: Stage) -> None:
    """Caller and agent are moved into a conference; the specialist's Linkedid stays its own."""
    await furnish(on)
    call, agent = await on.talking()
    both = (await on.channel(), "t-room", "room", await channel_of(on, "1001"), "t-room", "room")
    await on.order(RedirectBoth(*both))
    await wait(0.6)
    on.answers("1005")
    await on.order(Originate("PJSIP/1005", context="t-room", exten="room", priority="1"))
    target = await on.rung("1005")
    await target.answered()
    await wait(1)
    await gone(agent)
    await wait(0.6)
    await gone(target)
    await wait(0.4)
    await call.hangup()


@story
async def a_third_is_added_to_the_bridge(on: Stage) -> None:
    """BridgeAdd: the third party's own Linkedid is retired when it enters."""
    call, _ = await on.talking()
    on.answers("1005")
    await on.order(Originate("PJSIP/1005", application="BridgeAdd", data=await on.channel()))
    target = await on.rung("1005")
    await target.answered()
    await wait(0.8)
    await gone(target)
    await wait(0.5)
    await call.hangup()


@story
async def an_order_ends_a_talk(on: Stage) -> None:
    await on.talking()
    await on.rig.lab.pbx.cli(f"channel request hangup {await on.channel()}")
    await wait(0.5)


@story
async def the_pbx_is_stopped(on: Stage) -> None:
    """In order, with one talking, one waiting, one ringing: queue_log says who hung up, and nobody did."""
    await on.talking()
    await on.calls("all")
    await on.calls("tiny")
    await wait(0.8)
    await on.rig.lab.pbx.stop()
    await _again(on)


@story
async def the_pbx_is_killed(on: Stage) -> None:
    """The same, without a word of farewell."""
    await on.talking()
    await on.calls("all")
    await on.calls("tiny")
    await wait(0.8)
    await on.rig.lab.pbx.kill()
    await _again(on)


@story
async def the_pbx_is_stopped_in_a_consult(on: Stage) -> None:
    """With an agent who asks a colleague meanwhile: it says that a transfer succeeded, and nobody made one."""
    _, agent = await on.talking()
    on.answers("1005")
    target = await consult(on, agent)
    await target.answered()
    await wait(0.8)
    await on.rig.lab.pbx.stop()
    await _again(on)


@story
async def the_pbx_is_stopped_before_a_consult(on: Stage) -> None:
    """The same, while the colleague's phone rings."""
    _, agent = await on.talking()
    await consult(on, agent)
    await wait(0.4)
    await on.rig.lab.pbx.stop()
    await _again(on)


async def _again(on: Stage) -> None:
    await wait(1.1)  # a Uniqueid is a second and a counter: not the same second
    await on.rig.lab.pbx.start()
    for phone in on.agents.values():
        phone.on_invite = Answer(0.2)
        await phone.registration.end()  # or app_queue would hear of no change, and take it for away
        await phone.registration.begin()
    await wait(1)
    call = await on.calls()
    await call.answered(10)
    await wait(0.5)
    await call.hangup()
