"""Each way in which an agent becomes able to take a call, one after another on a real PBX: the caller who waits is
woken for it, and offered at once."""

import asyncio
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.acceptance.stage import people
from tests.integration.dialplans.manager import Message
from tests.integration.dispatch.floor import Floor, floor
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.phone import Phone
from zhitong.lab.programs import find_tools

pytestmark = pytest.mark.acceptance

ME = "PJSIP/1001"
MEMBER = f"member => {ME},0,1001"
WRAP_UP = "wrap-up ended"
SITE = '[[queue]]\nname = "service"\ntimeout_s = 3\njoin_empty = true\nleave_empty = false\n'
SOON_S = 0.2
"""By itself app_queue takes half a second: that the middle one of seven times is below is no matter of luck."""


class Ways:
    """``took``: from the moment in which the agent was free to the offer, by the PBX's clock, of each way; seconds."""

    def __init__(self, here: Floor, agent: Phone) -> None:
        self.here, self.agent = here, agent
        self.took: dict[str, float] = {}
        self._offers = 0

    async def waits(self, number: str) -> tuple[Call, Message]:
        """A citizen who has joined the queue."""
        call = await (await self.here.citizen(number)).call("12345")
        return call, await self.here.ear.event("QueueCallerJoin", CallerIDNum=number)

    @asynccontextmanager
    async def by(self, way: str, joined: Message) -> AsyncIterator[None]:
        """What is done within makes the agent able: the last event of the member before the offer says when. Ends when
        their phone rings for this caller, woken for it."""
        heard, woken = len(self.here.ear.events), len(self.here.sent)
        yield
        offer = await self.offer()
        assert offer["Uniqueid"] == joined["Uniqueid"], way
        assert joined["Channel"] in [sent.channel for sent in self.here.sent[woken:]], way
        events = self.here.ear.events[heard : self.here.ear.events.index(offer)]
        free = [each for each in events if each["Event"].startswith(("QueueMember", "AgentRingNoAnswer"))][-1]
        self.took[way] = float(offer["Timestamp"]) - float(free["Timestamp"])

    async def offer(self) -> Message:
        """The next one."""
        self._offers += 1
        await self.here.until(lambda: len(self.here.ear.all("AgentCalled")) >= self._offers)
        return self.here.ear.all("AgentCalled")[self._offers - 1]

    async def talk(self, with_whom: Call) -> Call:
        """The agent picks up; the agent's side."""
        taken = await self.agent.next_call()
        taken.answer()
        await with_whom.answered()
        await self.status("3")  # busy: one call is all that a phone takes
        return taken

    async def ask(self, action: str, **headers: str) -> None:
        answer = await self.here.ear.ask(action, Queue="service", Interface=ME, **headers)
        assert answer["Response"] == "Success", answer

    async def status(self, wanted: str) -> None:
        """Return when this is what the queue has last said of the agent's phone."""
        ear = self.here.ear
        await self.here.until(lambda: [each["Status"] for each in ear.all("QueueMemberStatus")][-1:] == [wanted])


async def test_each_way_of_becoming_free_wakes_who_waits(tmp_path: Path) -> None:
    tools = await asyncio.to_thread(find_tools)
    async with floor(tmp_path, tools, people(["1001"]), SITE) as here:
        ways = Ways(here, await here.agent("1001"))
        async with here.bridge("service"):
            await _offers_in_vain(ways)
            await _call_ended_and_sign_in(ways)
            await _phone_back(ways)
            await _wrap_up_that_app_queue_keeps(ways)
        await here.quiet()
    print({way: f"{1000 * seconds:.1f} ms" for way, seconds in ways.took.items()})
    assert len(ways.took) == 7
    assert statistics.median(ways.took.values()) < SOON_S, ways.took


async def _offers_in_vain(ways: Ways) -> None:
    await ways.ask("QueuePause", Paused="true")
    caller, its = await ways.waits("13800000001")
    async with ways.by("pause lifted", its):
        await ways.ask("QueuePause", Paused="false")
    async with ways.by("refused", its):
        (await ways.agent.next_call()).refuse(486)
    await ways.agent.next_call()
    async with ways.by("not answered", its):
        pass
    await ways.talk(caller)


async def _call_ended_and_sign_in(ways: Ways) -> None:
    caller, its = await ways.waits("13800000002")
    async with ways.by("call ended", its):
        await ways.agent.calls[-1].hangup()
    taken = await ways.talk(caller)
    await _listed_as(ways, "")
    await taken.hangup()
    await ways.here.quiet()
    caller, its = await ways.waits("13800000003")
    async with ways.by("sign-in", its):
        await ways.ask("QueueAdd", MemberName="1001")
    await (await ways.talk(caller)).hangup()
    await ways.here.quiet()


async def _phone_back(ways: Ways) -> None:
    await ways.agent.stop()
    await ways.status("5")
    caller, its = await ways.waits("13800000004")
    async with ways.by("phone back", its):
        ways.agent = await ways.here.registered("1001")
    await (await ways.talk(caller)).hangup()
    await ways.here.quiet()


async def _wrap_up_that_app_queue_keeps(ways: Ways) -> None:
    """Of the member's own: counted in whole seconds by the PBX's clock, and nobody tells of its end."""
    await ways.ask("QueueRemove")
    await _listed_as(ways, f"{MEMBER},{ME},no,1")
    caller, _ = await ways.waits("13800000005")
    await ways.offer()
    taken = await ways.talk(caller)
    caller, its = await ways.waits("13800000006")
    async with ways.by(WRAP_UP, its):
        await taken.hangup()
    offered = [float(each["Timestamp"]) for each in ways.here.ear.all("AgentCalled")][-1]
    ways.took[WRAP_UP] = offered % 1
    await (await ways.talk(caller)).hangup()


async def _listed_as(ways: Ways, member: str) -> None:
    """By hand, in queues.conf."""
    conf = ways.here.lab.etc / "queues.conf"
    text = await asyncio.to_thread(conf.read_text, encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("member")]
    await asyncio.to_thread(conf.write_text, "\n".join([*lines, member, ""]), encoding="utf-8")
    await ways.here.lab.pbx.cli("queue reload members service")
