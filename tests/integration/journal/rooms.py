"""Calls whose agent holds, asks somebody, hands over, through rooms (dialplans/README.md): by orders such as the bridge
gives, here by a user with all rights."""

from telephony.ami.actions import Action
from tests.recordings.stage import Stage, book, gone, wait
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.policy import Answer, Refuse, Ring

STORIES, story = book()


class ToRoom(Action, frozen=True):
    """Caller and agent out of the queue's bridge, both at once."""

    channel: str
    extra_channel: str
    extra_exten: str
    context: str = "zt-room-caller"
    exten: str = "join"
    priority: str = "1"
    extra_context: str = "zt-room-agent"
    extra_priority: str = "1"
    name = "Redirect"


class Walk(Action, frozen=True):
    channel: str
    exten: str
    context: str = "zt-room-agent"
    priority: str = "1"
    name = "Redirect"


class Swap(Action, frozen=True):
    """The agent and the guest walk at once."""

    channel: str
    exten: str
    extra_channel: str
    extra_exten: str
    context: str = "zt-room-agent"
    priority: str = "1"
    extra_context: str = "zt-room-guest"
    extra_priority: str = "1"
    name = "Redirect"


class Setvar(Action, frozen=True):
    channel: str
    variable: str
    value: str


class ConfbridgeKick(Action, frozen=True):
    conference: str
    channel: str = "all"


async def channel_of(on: Stage, endpoint: str) -> str:
    lines = (await on.rig.lab.pbx.cli("core show channels concise")).splitlines()
    return next(line.split("!")[0] for line in lines if line.startswith(f"PJSIP/{endpoint}-"))


async def room_of(on: Stage, endpoint: str = "trunk-hotline") -> str:
    """The caller's Uniqueid."""
    lines = (await on.rig.lab.pbx.cli("core show channels concise")).splitlines()
    return next(line.split("!")[-1] for line in lines if line.startswith(f"PJSIP/{endpoint}-"))


async def moves(on: Stage, exten: str) -> None:
    """The agent 1001 and the caller, from the queue's bridge; the agent to this place. What each looks for of the other
    is there before (both walk at once)."""
    await move(on, await on.channel(), await room_of(on), await channel_of(on, "1001"), exten)


async def move(on: Stage, caller: str, room: str, agent: str, exten: str) -> None:
    await on.order(Setvar(agent, "__ZT_CALLER", caller))
    await on.order(Setvar(agent, "__ZT_CALL", room))
    await on.order(Setvar(caller, "__ZT_CALL", room))
    await on.order(Setvar(caller, "GROUP(zt-room-caller)", room))
    await on.order(ToRoom(caller, agent, exten))


async def asks(on: Stage, answers: Answer | Refuse | Ring) -> Call:
    """1001 has 1005 rung, from the queue's bridge."""
    on.agents["1005"].on_invite = answers
    await on.order(Setvar(await channel_of(on, "1001"), "ZT_TO", "1005"))
    await moves(on, "consult")
    return await on.rung("1005")


async def walks(on: Stage, exten: str) -> None:
    await on.order(Walk(await channel_of(on, "1001"), exten))


async def all_together(on: Stage) -> None:
    await on.order(ConfbridgeKick(f"c{await room_of(on)}"))


@story
async def held_in_a_room(on: Stage) -> None:
    """And taken back, twice."""
    call, _ = await on.talking()
    await moves(on, "side")
    await wait(0.7)
    await walks(on, "join")
    await wait(0.6)
    await walks(on, "side")
    await wait(0.5)
    await walks(on, "join")
    await wait(0.6)
    await call.hangup()


@story
async def held_in_a_room_and_the_agent_ends(on: Stage) -> None:
    call, agent = await on.talking()
    await moves(on, "side")
    await wait(0.6)
    await walks(on, "join")
    await wait(0.6)
    await agent.hangup()
    await call.ended()


@story
async def the_caller_leaves_a_hold(on: Stage) -> None:
    call, agent = await on.talking()
    await moves(on, "side")
    await wait(0.8)
    await call.hangup()
    await agent.ended()


@story
async def the_agent_leaves_a_hold(on: Stage) -> None:
    """The caller goes back into the line, and another agent takes the call."""
    call, agent = await on.talking()
    await moves(on, "side")
    await wait(0.6)
    on.answers("1002", after_s=0.5)
    on.agents["1001"].on_invite = Refuse(480)
    await gone(agent)
    second = await on.rung("1002")
    await second.answered()
    await wait(0.8)
    await call.hangup()


@story
async def the_agent_leaves_a_hold_and_the_caller_waits_no_more(on: Stage) -> None:
    call, agent = await on.talking()
    await moves(on, "side")
    await wait(0.6)
    on.agents["1001"].on_invite = on.agents["1002"].on_invite = Ring()
    await gone(agent)
    await on.ringing("1002", "1001")
    await wait(0.8)
    await call.hangup()


@story
async def asks_and_takes_it_back(on: Stage) -> None:
    """While the colleague's phone rings."""
    call, _ = await on.talking()
    await asks(on, Ring())
    await wait(0.8)
    await walks(on, "back")
    await wait(0.8)
    await call.hangup()


@story
async def asks_and_is_refused(on: Stage) -> None:
    call, _ = await on.talking()
    await asks(on, Refuse(486, 0.5))
    await wait(2)
    await call.hangup()


@story
async def asks_and_leaves_while_it_rings(on: Stage) -> None:
    """The colleague is not rung any more, and the caller waits anew."""
    call, agent = await on.talking()
    await asks(on, Ring())
    await wait(0.6)
    on.answers("1002", after_s=0.5)
    on.agents["1001"].on_invite = Refuse(480)
    await gone(agent)
    second = await on.rung("1002")
    await second.answered()
    await wait(0.7)
    await second.hangup()
    await call.ended()


@story
async def asks_and_hands_over(on: Stage) -> None:
    call, agent = await on.talking()
    target = await asks(on, Answer(0.4))
    await target.answered()
    await wait(0.8)
    await gone(agent)
    await wait(0.8)
    await gone(target)
    await call.ended()


@story
async def asks_and_the_colleague_leaves(on: Stage) -> None:
    """The agent is back with the caller."""
    call, _ = await on.talking()
    target = await asks(on, Answer(0.4))
    await target.answered()
    await wait(0.8)
    await gone(target)
    await wait(0.8)
    await call.hangup()


@story
async def asks_and_the_caller_leaves(on: Stage) -> None:
    """The two go on for a while."""
    call, agent = await on.talking()
    target = await asks(on, Answer(0.4))
    await target.answered()
    await wait(0.8)
    await call.hangup()
    await wait(0.8)
    await gone(target)
    await agent.ended()


@story
async def asks_to_and_fro(on: Stage) -> None:
    """The caller, while the colleague is on hold; the colleague again; handed over."""
    call, agent = await on.talking()
    target = await asks(on, Answer(0.4))
    await target.answered()
    await wait(0.7)
    await on.order(Swap(await channel_of(on, "1001"), "back", await channel_of(on, "1005"), "hold"))
    await wait(0.7)
    await on.order(Swap(await channel_of(on, "1001"), "side", await channel_of(on, "1005"), "side"))
    await wait(0.7)
    await gone(agent)
    await wait(0.6)
    await call.hangup()
    await target.ended()


@story
async def three_in_a_room_and_the_agent_leaves(on: Stage) -> None:
    call, agent = await on.talking()
    target = await asks(on, Answer(0.4))
    await target.answered()
    await wait(0.7)
    await all_together(on)
    await wait(0.7)
    await gone(agent)
    await wait(0.7)
    await gone(target)
    await call.ended()


@story
async def three_in_a_room_and_the_colleague_leaves(on: Stage) -> None:
    call, agent = await on.talking()
    target = await asks(on, Answer(0.4))
    await target.answered()
    await wait(0.7)
    await all_together(on)
    await wait(0.7)
    await gone(target)
    await wait(0.7)
    await gone(agent)
    await call.ended()


@story
async def an_agents_own_call_is_held_and_handed_over(on: Stage) -> None:
    """The room is that of whom they called."""
    on.answers("1002", "1005", after_s=0.3)
    call = await on.agents["1001"].call("1002")
    await call.answered()
    await wait(0.6)
    called, room = await channel_of(on, "1002"), await room_of(on, "1002")
    await move(on, called, room, await channel_of(on, "1001"), "side")
    await wait(0.7)
    await walks(on, "back")
    await wait(0.7)
    await on.order(Setvar(await channel_of(on, "1001"), "ZT_TO", "1005"))
    await walks(on, "consult")
    target = await on.rung("1005")
    await target.answered()
    await wait(0.8)
    await gone(call)
    await wait(0.9)
    await gone(target)
    await on.agents["1002"].calls[-1].ended()


class Leave(Action, frozen=True):
    """The caller into a queue, the agent out of the call, both at once."""

    channel: str
    extra_channel: str
    context: str = "zt-room-caller"
    exten: str = "requeue"
    priority: str = "1"
    extra_context: str = "zt-room-agent"
    extra_exten: str = "leave"
    extra_priority: str = "1"
    name = "Redirect"


async def sends_back(on: Stage) -> None:
    """By order; the other agent takes the call."""
    caller, agent = await on.channel(), await channel_of(on, "1001")
    await on.order(Setvar(caller, "GROUP(zt-room-caller)", await room_of(on)))
    on.answers("1002", after_s=0.5)
    on.agents["1001"].on_invite = Refuse(480)
    await on.order(Leave(caller, agent))
    second = await on.rung("1002")
    while second.ending is not None:  # it was asked before, and had refused
        second = await on.rung("1002")
    await second.answered()
    await wait(0.7)


@story
async def sent_back_by_order_from_the_queues_bridge(on: Stage) -> None:
    call, agent = await on.talking()
    await sends_back(on)
    await agent.ended()
    await call.hangup()


@story
async def sent_back_by_order_from_a_hold(on: Stage) -> None:
    call, agent = await on.talking()
    await moves(on, "side")
    await wait(0.6)
    await sends_back(on)
    await agent.ended()
    await call.hangup()


@story
async def a_phone_transfers_out_of_a_room(on: Stage) -> None:
    """REFER with Replaces, after a second call of the agent's own: the colleague's channel takes the agent's place."""
    call, agent = await on.talking()
    await moves(on, "side")
    await wait(0.6)
    await walks(on, "back")
    await wait(0.6)
    on.answers("1005")
    second = await on.agents["1001"].call("1005")
    await second.answered()
    await wait(0.6)
    await agent.refer_replacing(second)
    await wait(0.8)
    await call.hangup()


@story
async def looked_at_in_every_phase(on: Stage) -> None:
    """As a bridge does that starts anew."""
    call, agent = await on.talking()
    await moves(on, "side")
    await wait(0.5)
    await on.tap.snapshot()  # on hold
    on.agents["1005"].on_invite = Ring()
    await on.order(Setvar(await channel_of(on, "1001"), "ZT_TO", "1005"))
    await walks(on, "consult")
    target = await on.rung("1005")
    await wait(0.5)
    await on.tap.snapshot()  # it rings
    target.answer()
    await target.answered()
    await wait(0.5)
    await on.tap.snapshot()  # asking
    await on.order(Swap(await channel_of(on, "1001"), "back", await channel_of(on, "1005"), "hold"))
    await wait(0.5)
    await on.tap.snapshot()  # swapped
    await on.order(Walk(await channel_of(on, "1005"), "join", context="zt-room-guest"))
    await wait(0.5)
    await on.tap.snapshot()  # all three
    await gone(agent)
    await wait(0.5)
    await on.tap.snapshot()  # handed over
    await gone(target)
    await call.ended()
