"""Calls to be played on a real PBX, one after the other: name → what people do. Times are kept short."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from telephony.ami.account import Account
from telephony.ami.actions import Action
from tests.integration.dialplans.rig import Rig
from tools.capture_ami import Tap
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.errors import CallRefused, PhoneTimeout
from zhitong.lab.phones.phone import Phone
from zhitong.lab.phones.policy import Answer, Refuse

wait = asyncio.sleep


class Hangup(Action, frozen=True):
    channel: str


class Redirect(Action, frozen=True):
    channel: str
    context: str
    exten: str
    priority: str = "1"


class QueueWithdrawCaller(Action, frozen=True):
    queue: str
    caller: str


@dataclass
class Stage:
    """The PBX and its people. ``callers`` are named by the queue that their trunk leads to."""

    rig: Rig
    agents: dict[str, Phone]
    callers: dict[str, Phone]
    chief: Account
    tap: Tap = field(init=False)

    async def calls(self, queue: str = "hotline") -> Call:
        return await self.callers[queue].call("12345")

    def answers(self, *numbers: str, after_s: float = 0.3) -> None:
        for number in numbers:
            self.agents[number].on_invite = Answer(after_s)

    async def talking(self, first: str = "1001") -> tuple[Call, Call]:
        """A caller and this agent talk. The other agent of the queue is refused, if asked first."""
        other = "1002" if first == "1001" else "1001"
        self.answers(first)
        self.agents[other].on_invite = Refuse(480)
        call = await self.calls()
        await call.answered(15)
        await wait(0.5)
        return call, self.agents[first].calls[-1]

    async def ringing(self, *numbers: str) -> str:
        """Which of these phones rings, or has just picked up."""
        for _ in range(300):
            for number in numbers:
                last = self.agents[number].calls[-1:]
                if last and last[0].incoming and last[0].ending is None:
                    return number
            await wait(0.02)
        raise AssertionError(f"none of {numbers} rang")

    async def rung(self, number: str) -> Call:
        """The call that this phone rings for."""
        return self.agents[await self.ringing(number)].calls[-1]

    async def channel(self) -> str:
        """The name of the caller's channel, as the PBX calls it."""
        lines = (await self.rig.lab.pbx.cli("core show channels concise")).splitlines()
        return next(line.split("!")[0] for line in lines if line.startswith("PJSIP/trunk-"))

    async def order(self, action: Action) -> None:
        """By another user of the manager interface, who may do anything: the captured login only listens."""
        async with Tap.open(self.chief) as tap:
            tap.ask(action)
            await tap.quiet(0.2)


Story = Callable[[Stage], Awaitable[None]]
STORIES: dict[str, Story] = {}


def story(tell: Story) -> Story:
    STORIES[tell.__name__.replace("_", "-")] = tell
    return tell


async def gone(call: Call) -> None:
    """Hang up what may have ended meanwhile."""
    try:
        await call.hangup()
    except (CallRefused, PhoneTimeout):
        return


# --- answered ---------------------------------------------------------------------------------------------


@story
async def caller_ends(on: Stage) -> None:
    call, _ = await on.talking()
    await wait(1)
    await call.hangup()


@story
async def agent_ends(on: Stage) -> None:
    call, agent = await on.talking()
    await wait(1)
    await agent.hangup()
    await call.ended()


@story
async def both_hang_up_at_once(on: Stage) -> None:
    call, agent = await on.talking()
    await asyncio.gather(gone(call), gone(agent))


@story
async def held_twice(on: Stage) -> None:
    call, agent = await on.talking()
    await agent.hold()
    await wait(0.6)
    await agent.resume()
    await wait(0.4)
    await agent.hold()
    await wait(0.4)
    await call.hangup()


@story
async def two_callers_at_once(on: Stage) -> None:
    on.answers("1001", "1002")
    one, two = await on.calls(), await on.calls()
    await one.answered(10)
    await two.answered(10)
    await wait(0.7)
    await two.hangup()
    await wait(0.5)
    await one.hangup()


@story
async def an_agent_calls_the_hotline(on: Stage) -> None:
    on.answers("1001", "1002")
    call = await on.agents["1005"].call("12345")
    await call.answered()
    await wait(0.6)
    await call.hangup()


@story
async def phone_to_phone(on: Stage) -> None:
    on.answers("1002")
    call = await on.agents["1005"].call("1002")
    await call.answered()
    await wait(0.6)
    await on.agents["1002"].calls[-1].hangup()
    await call.ended()


# --- offers -----------------------------------------------------------------------------------------------


@story
async def rings_out_then_the_next(on: Stage) -> None:
    call = await on.calls()
    first = await on.ringing("1001", "1002")
    other = "1002" if first == "1001" else "1001"
    on.answers(other)
    await call.answered(15)
    await wait(0.5)
    await call.hangup()


async def _refused(on: Stage, code: int) -> None:
    """Whoever is asked first refuses, the other answers."""
    call = await on.calls()
    first = await on.ringing("1001", "1002")
    on.answers("1002" if first == "1001" else "1001")
    await wait(0.3)
    on.agents[first].calls[-1].refuse(code)
    await call.answered(10)
    await wait(0.5)
    await call.hangup()


@story
async def refused_486(on: Stage) -> None:
    await _refused(on, 486)


@story
async def refused_603(on: Stage) -> None:
    await _refused(on, 603)


@story
async def refused_480(on: Stage) -> None:
    await _refused(on, 480)


@story
async def ring_all(on: Stage) -> None:
    on.answers("1003", after_s=0.5)
    call = await on.calls("all")
    await call.answered()
    await wait(0.5)
    await call.hangup()


@story
async def ring_all_both_pick_up(on: Stage) -> None:
    on.answers("1003", "1004", after_s=0.4)
    call = await on.calls("all")
    await call.answered()
    await wait(0.5)
    await call.hangup()


# --- nobody reached ---------------------------------------------------------------------------------------


@story
async def gives_up_waiting(on: Stage) -> None:
    call = await on.calls("tiny")
    await wait(1.2)
    await call.hangup()


@story
async def gives_up_ringing(on: Stage) -> None:
    call = await on.calls()
    await on.ringing("1001", "1002")
    await wait(0.8)
    await call.hangup()


@story
async def gives_up_in_a_ring_all(on: Stage) -> None:
    call = await on.calls("all")
    await wait(0.8)
    await call.hangup()


@story
async def gives_up_in_the_instant_of_the_answer(on: Stage) -> None:
    """Each time a little later: before the pick-up, in it, after it."""
    for late_ms in (-3, -1, 0, 1, 2, 4, 8):
        call = await on.calls()
        number = await on.ringing("1001", "1002")
        await wait(0.3)
        agent = on.agents[number].calls[-1]
        if late_ms < 0:
            hanging = asyncio.create_task(gone(call))
            await wait(-late_ms / 1000)
            agent.answer()
            await hanging
        else:
            agent.answer()
            await wait(late_ms / 1000)
            await gone(call)
        await wait(0.5)


@story
async def times_out(on: Stage) -> None:
    call = await on.calls("short")
    await call.ended(20)


@story
async def finds_nobody_and_overflows(on: Stage) -> None:
    on.answers("1001", "1002")
    call = await on.calls("empty")
    await call.answered()
    await wait(0.5)
    await call.hangup()


@story
async def queue_full(on: Stage) -> None:
    first = await on.calls("tiny")
    await wait(0.5)
    second = await on.calls("tiny")
    await second.ended()
    await wait(0.3)
    await first.hangup()


@story
async def everybody_leaves(on: Stage) -> None:
    call = await on.calls("leave")
    await on.ringing("1006")
    await on.agents["1006"].registration.end()
    await call.ended(20)
    await on.agents["1006"].registration.begin()
    await wait(0.5)


@story
async def key_exit_to_another_queue(on: Stage) -> None:
    on.answers("1001", "1002")
    call = await on.calls("keys")
    await call.answered()
    await wait(0.8)
    await call.dtmf("1")
    await on.ringing("1001", "1002")
    await wait(1.2)
    await call.hangup()


@story
async def key_exit_to_the_end(on: Stage) -> None:
    call = await on.calls("keys")
    await call.answered()
    await wait(0.8)
    await call.dtmf("2")
    await call.ended()


@story
async def unknown_number(on: Stage) -> None:
    call = await on.callers["hotline"].call("999")
    await call.ended()


@story
async def told_to_hang_up_while_waiting(on: Stage) -> None:
    call = await on.calls("tiny")
    await wait(0.8)
    await on.order(Hangup(await on.channel()))
    await call.ended()


@story
async def withdrawn(on: Stage) -> None:
    call = await on.calls("tiny")
    await wait(0.8)
    await on.order(QueueWithdrawCaller("tiny", await on.channel()))
    await call.ended()


@story
async def redirected_out_of_the_line(on: Stage) -> None:
    on.answers("1005")
    call = await on.calls("tiny")
    await wait(0.8)
    await on.order(Redirect(await on.channel(), "zt-transfer", "1005"))
    await call.answered()
    await wait(0.5)
    await call.hangup()


# --- transfers --------------------------------------------------------------------------------------------


@story
async def blind_by_refer(on: Stage) -> None:
    call, agent = await on.talking()
    on.answers("1005")
    await agent.refer("1005")
    await wait(0.8)
    await call.hangup()


@story
async def blind_by_keys(on: Stage) -> None:
    call, agent = await on.talking()
    on.answers("1005")
    await agent.dtmf("#11005")
    target = await on.rung("1005")
    await target.answered()
    await wait(0.6)
    await target.hangup()
    await call.ended()


@story
async def blind_and_given_up(on: Stage) -> None:
    call, agent = await on.talking()
    await asyncio.gather(agent.refer("1005"), _later(call))


async def _later(call: Call) -> None:
    await wait(1)
    await call.hangup()


@story
async def blind_and_refused(on: Stage) -> None:
    call, agent = await on.talking()
    on.agents["1005"].on_invite = Refuse(486, 0.3)
    await agent.refer("1005")
    await call.ended(15)


@story
async def blind_into_a_queue(on: Stage) -> None:
    call, agent = await on.talking()
    on.answers("1003", after_s=0.6)
    await agent.refer("8001")
    await wait(1.5)
    await call.hangup()


@story
async def attended_by_refer(on: Stage) -> None:
    call, agent = await on.talking()
    on.answers("1005")
    await agent.hold()
    second = await on.agents["1001"].call("1005")
    await second.answered()
    await wait(0.5)
    await agent.refer_replacing(second)
    await gone(second)
    await wait(0.8)
    await call.hangup()


@story
async def blonde_by_refer(on: Stage) -> None:
    call, agent = await on.talking()
    await agent.hold()
    second = await on.agents["1001"].call("1005")
    target = await on.rung("1005")
    await wait(0.4)
    transfer = asyncio.create_task(agent.refer_replacing(second))
    await wait(0.4)
    target.answer()
    await transfer
    await gone(second)
    await wait(0.8)
    await call.hangup()


@story
async def a_consult_that_comes_to_nothing(on: Stage) -> None:
    _, agent = await on.talking()
    on.answers("1005")
    await agent.hold()
    second = await on.agents["1001"].call("1005")
    await second.answered()
    await wait(0.4)
    await second.hangup()
    await agent.resume()
    await wait(0.5)
    await agent.hangup()


async def consult(on: Stage, agent: Call, number: str = "1005") -> Call:
    await agent.dtmf("*2")
    await wait(0.3)
    await agent.dtmf(number)
    return await on.rung(number)


@story
async def attended_by_keys(on: Stage) -> None:
    call, agent = await on.talking()
    on.answers("1005")
    target = await consult(on, agent)
    await target.answered()
    await wait(0.8)
    await agent.hangup()
    await wait(1.2)
    await call.hangup()


@story
async def blonde_by_keys(on: Stage) -> None:
    call, agent = await on.talking()
    target = await consult(on, agent)
    await wait(0.4)
    await agent.hangup()
    await wait(0.5)
    target.answer()
    await wait(1.2)
    await target.hangup()
    await call.ended()


@story
async def three_together_by_keys(on: Stage) -> None:
    call, agent = await on.talking()
    on.answers("1005")
    target = await consult(on, agent)
    await target.answered()
    await wait(0.6)
    await agent.dtmf("*3")
    await wait(1)
    await agent.hangup()
    await wait(0.6)
    await target.hangup()
    await call.ended()


@story
async def swapped_and_back(on: Stage) -> None:
    call, agent = await on.talking()
    on.answers("1005")
    target = await consult(on, agent)
    await target.answered()
    await wait(0.5)
    await agent.dtmf("*4")
    await wait(0.6)
    await agent.dtmf("*4")
    await wait(0.6)
    await target.hangup()
    await wait(1)
    await call.hangup()


@story
async def the_caller_leaves_a_consult(on: Stage) -> None:
    call, agent = await on.talking()
    on.answers("1005")
    target = await consult(on, agent)
    await target.answered()
    await wait(0.5)
    await call.hangup()
    await wait(0.6)
    await gone(agent)
    await gone(target)


@story
async def attended_into_a_queue(on: Stage) -> None:
    call, agent = await on.talking()
    on.answers("1003", after_s=0.5)
    await agent.dtmf("*2")
    await wait(0.3)
    await agent.dtmf("8001")
    target = await on.rung("1003")
    await target.answered()
    await wait(0.5)
    await agent.hangup()
    await wait(1.2)
    await call.hangup()


@story
async def two_citizens_joined(on: Stage) -> None:
    """1001 has one citizen, takes another over from 1002, and brings the two together."""
    first, agent = await on.talking("1001")
    await agent.hold()
    on.agents["1001"].on_invite = Refuse(486)
    on.answers("1002")
    second = await on.calls()
    await second.answered(15)
    await wait(0.4)
    on.answers("1001")
    await on.agents["1002"].calls[-1].refer("1001")
    await wait(0.5)
    await agent.refer_replacing(on.agents["1001"].calls[-1])
    await wait(0.8)
    await second.hangup()
    await wait(0.3)
    await gone(first)


# --- the link ---------------------------------------------------------------------------------------------


@story
async def a_snapshot_while_calls_go_on(on: Stage) -> None:
    """A second one in the middle of a talk, a ring and a wait: it must change nothing."""
    call, _ = await on.talking("1001")
    ringing = await on.calls("all")
    waiting = await on.calls("tiny")
    await wait(0.6)
    await on.tap.snapshot()
    await wait(0.3)
    await waiting.hangup()
    await ringing.hangup()
    await call.hangup()


@story
async def members_come_and_go(on: Stage) -> None:
    """Pause and back, sign out and in, by feature code; and a phone that goes away and comes back."""
    for code in ("*13", "*14", "*12", "*11"):
        call = await on.agents["1001"].call(code)
        with_end = asyncio.create_task(call.ended(10))
        await with_end
        await wait(0.2)
    await on.agents["1006"].registration.end()
    await wait(0.3)
    await on.agents["1006"].registration.begin()
    await wait(0.3)


@story
async def zz_shutdown(on: Stage) -> None:
    """The last: the PBX is stopped with one talking and one waiting."""
    await on.talking()
    await on.calls("tiny")
    await wait(0.8)
    await on.rig.lab.pbx.stop()
