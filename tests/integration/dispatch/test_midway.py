"""The bridge begins anew, and the dialplan is loaded anew, while callers wait."""

import asyncio
from pathlib import Path

import pytest

from telephony.model.ids import QueueName
from tests.acceptance.stage import people
from tests.integration.dispatch.floor import Floor, floor
from zhitong.lab.phones.phone import Phone
from zhitong.lab.programs import find_tools

pytestmark = pytest.mark.acceptance

SERVICE = QueueName("service")
SITE = '[[queue]]\nname = "service"\njoin_empty = true\nleave_empty = false\n'
WORD = "not today"


async def test_a_bridge_that_begins_anew_wakes_who_waits_and_not_where_a_new_dialplan_says_no(tmp_path: Path) -> None:
    tools = await asyncio.to_thread(find_tools)
    async with floor(tmp_path, tools, people(["1001"]), SITE) as here:
        agent = await here.agent("1001")
        async with here.bridge("service"):
            for n in range(4):
                await (await here.citizen(f"1380000000{n}")).call("12345")
            joins = [each["Channel"] for each in await here.waiting(4, "service")]
            taken = await agent.next_call()
        taken.answer()
        await taken.answered()
        async with here.bridge("service") as service:
            await _ends_one(here, agent, 2)
            assert joins[1] in [sent.channel for sent in here.sent]
            await _verdict(here, "on", WORD)
            await service.dispatcher.ask(whole=False)
            assert service.dispatcher.said[SERVICE] == WORD
            here.sent.clear()
            await _ends_one(here, agent, 3)
            assert here.sent == []
            await _verdict(here, WORD, "on")
            await service.dispatcher.ask(whole=False)
            await _ends_one(here, agent, 4)
            assert joins[3] in [sent.channel for sent in here.sent]
        await agent.calls[-1].hangup()
        await here.quiet()


async def _ends_one(here: Floor, agent: Phone, offers: int) -> None:
    """The agent hangs up, and takes the next one."""
    await agent.calls[-1].hangup()
    await here.until(lambda: len(here.ear.all("AgentCalled")) == offers)
    taken = await agent.next_call()
    taken.answer()
    await taken.answered()


async def _verdict(here: Floor, before: str, after: str) -> None:
    """The dialplan says something else, and is loaded anew."""
    conf = here.lab.etc / "extensions.conf"
    text = await asyncio.to_thread(conf.read_text, encoding="utf-8")
    assert text.count(f"(service={before})") == 1
    changed = text.replace(f"(service={before})", f"(service={after})")
    await asyncio.to_thread(conf.write_text, changed, encoding="utf-8")
    await here.lab.pbx.cli("dialplan reload")
