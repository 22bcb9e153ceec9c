"""Wrap-up without the bridge: it begins before another offer can, ends by itself, and leaves nobody paused."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.manager import Message
from tests.integration.dialplans.rig import Rig, agents_of
from tests.integration.dialplans.test_agents import key
from zhitong.lab.phones.phone import Phone
from zhitong.lab.phones.policy import Answer

pytestmark = pytest.mark.acceptance

WRAPPING = """
[agents]
sign_in = "code"
[[queue]]
name = "hotline"
wrapup_s = 1
[[queue]]
name = "housing"
wrapup_s = 60
[[queue]]
name = "open"
number = "7003"
[[route]]
numbers = ["12346"]
queues = { housing = 1 }
[[route]]
numbers = ["12347"]
queues = { open = 1 }
"""
ALL = "hotline;housing;open"


def at(event: Message) -> float:
    return float(event["Timestamp"])


async def at_work(rig: Rig, number: str = "1001") -> Phone:
    phone = await rig.agent(number)
    await key(phone, "*11")
    phone.on_invite = Answer()
    return phone


async def one_call(rig: Rig, agent: Phone, number: str) -> None:
    call = await (await rig.citizen()).call(number)
    await call.answered()
    await (await agent.next_call()).hangup()
    await call.ended()


async def paused(rig: Rig, number: str = "1001") -> set[str]:
    """The queues in which this agent is paused, as app_queue says."""
    return {queue.name for queue in rig.site.queues if (await rig.members(queue.name))[number][1]}


async def until(happens: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await happens():  # noqa: ASYNC110 - only the PBX itself can be asked
            await asyncio.sleep(0.2)


async def shows(rig: Rig, text: str, command: str) -> bool:
    return text in await rig.lab.pbx.cli(command)


async def test_no_offer_comes_within_a_wrap_up_and_it_ends_by_itself(make_rig: MakeRig) -> None:
    """Somebody always waits."""
    async with make_rig(WRAPPING, agents_of("1001", queues=ALL)) as rig:
        agent = await at_work(rig)
        rig.manager.events.clear()
        calls = [await (await rig.citizen(f"1380000000{n}")).call("12345") for n in range(2)]
        for _ in calls:
            await (await agent.next_call()).hangup()
        events = list(rig.manager.events)
        begun = [event for event in events if event.get("UserEvent") == "ZtWrapup"]
        assert begun
        for wrap in begun[:1]:
            later = [event for event in events if at(event) > at(wrap)]
            first = next(event for event in later if event["Event"] == "QueueMemberPause")
            free = next(event for event in later if event["Event"] == "QueueMemberStatus" and event["Status"] == "1")
            over = next(event for event in later if event["Event"] == "QueueMemberPause" and event["Paused"] == "0")
            offer = next(event for event in later if event["Event"] == "AgentCalled")
            assert first["PausedReason"] == "wrap-up"
            assert at(first) < at(free) < int(wrap["Until"]) / 1_000 < at(over) < at(offer)

        async def ready() -> bool:
            return not await paused(rig)

        await until(ready)
        assert "Local/" not in (rig.lab.pbx.log_dir / "cdr-custom" / "zhitong-cdr.csv").read_text()

        async def unwatched() -> bool:
            return not await shows(rig, "zt-wrapup", "core show channels concise")

        await until(unwatched)  # since nobody wraps up
        assert rig.complaints() == []


async def test_each_queue_has_its_wrap_up_a_code_ends_it_and_an_agents_own_pause_stays(make_rig: MakeRig) -> None:
    async with make_rig(WRAPPING, agents_of("1001", queues=ALL)) as rig:
        agent = await at_work(rig)
        await one_call(rig, agent, "12347")
        assert rig.manager.all("ZtWrapup") == [], "this queue has none"
        await one_call(rig, agent, "12346")
        said = await rig.manager.event("ZtWrapup", Queue="housing", Seconds="60", Agent="1001")
        assert 59 < int(said["Until"]) / 1_000 - at(said) <= 60
        assert await paused(rig) == {"hotline", "housing", "open"}
        await key(agent, "*14")
        assert await paused(rig) == set()
        call = await (await rig.citizen()).call("12345")
        taken = await agent.next_call()
        await call.answered()
        await rig.manager.ask("QueuePause", Interface="PJSIP/1001", Paused="true", Reason="meal")
        rig.manager.events.clear()
        await taken.hangup()
        await rig.manager.event("ZtWrapup", Queue="hotline")
        assert "1001" not in await rig.lab.pbx.cli("database show zt-wrapup"), "nothing is to end it"
        assert await paused(rig) == {"hotline", "housing", "open"}
        assert {event["PausedReason"] for event in rig.manager.all("QueueMember")} == {"meal"}
        assert rig.complaints() == []


async def test_what_a_restart_of_asterisk_left_over_ends_with_the_next_caller(make_rig: MakeRig) -> None:
    async with make_rig(WRAPPING, agents_of("1001", queues=ALL)) as rig:
        agent = await at_work(rig)
        await one_call(rig, agent, "12346")
        await rig.manager.event("ZtWrapup")
        await rig.lab.pbx.restart()
        assert (await rig.lab.pbx.cli("queue show")).count("paused:wrap-up") == 3
        await rig.lab.pbx.cli("database put zt-wrapup 1001 1")  # as if its minute had passed
        await (await rig.citizen("13800000002")).call("12345")

        async def over() -> bool:
            return not await shows(rig, "paused", "queue show")

        await until(over)
