"""The PBX and its people on whom stories are played, and the book that stories are told into."""

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


def book() -> tuple[dict[str, Story], Callable[[Story], Story]]:
    """A book of stories in the order of their telling, and the decorator that writes one into it."""
    stories: dict[str, Story] = {}

    def story(tell: Story) -> Story:
        stories[tell.__name__.replace("_", "-")] = tell
        return tell

    return stories, story


async def gone(call: Call) -> None:
    """Hang up what may have ended meanwhile."""
    try:
        await call.hangup()
    except (CallRefused, PhoneTimeout):
        return
