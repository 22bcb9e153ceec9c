"""Callers who leave the queue by a key: in no way does waking change where they come to."""

import asyncio
from collections.abc import Awaitable, Sequence
from pathlib import Path

import pytest

from telephony.model.ids import QueueName
from tests.acceptance.stage import people
from tests.integration.dialplans.manager import Message
from tests.integration.dispatch.floor import Floor, floor, route
from zhitong.lab.phones.call import Call
from zhitong.lab.programs import find_tools

pytestmark = pytest.mark.acceptance

EMPTY = "join_empty = true\nleave_empty = false\n"
ONE_KEY = f'[[queue]]\nname = "one"\n{EMPTY}exits = {{ "1" = "hangup", "2" = "hangup" }}\n'
HAND = f'[[queue]]\nname = "hand"\n{EMPTY}exits = {{ "3" = "hangup" }}\n' + route("90002", "hand")
BY_HAND = """
[zt-queue-hand](+)
exten => 1,1,Read(ZT_MORE,,1,,1,2)
 same => n,GotoIf($["${ZT_MORE}"="2"]?12,1)
 same => n,UserEvent(ByHand,Exit: 1)
 same => n,Hangup()
exten => 12,1,UserEvent(ByHand,Exit: 12)
 same => n,Hangup()
exten => 45,1,UserEvent(ByHand,Exit: 45)
 same => n,Hangup()
"""
"""What an operator adds: exits 1, 12 and 45. ``valid_exit`` (apps/app_queue.c) leaves by 1 as soon as that is keyed, so
that 12 is only to be had by a 1 that asks for one key more; 45 it collects by itself."""
ENTRY = 'answer = "at-entry"'
KEY_MS = 160
AROUND_MS = (-60, -20, -5, 0, 5, 20, 40, 60, 80, 100, 120, 140, 155, 160, 165, 180, 200, 240)
"""When somebody is woken, from the moment their key goes down. It is held for ``KEY_MS``."""


async def _waiting(here: Floor, count: int, queue: str, dialled: str) -> list[tuple[Call, Message]]:
    """So many callers who wait, up, each with what the PBX told of their join."""
    phones = [await here.citizen(f"1380000{n:04}") for n in range(count)]
    calls = [await phone.call(dialled) for phone in phones]
    for call in calls:
        await call.answered()
    joins = {event["CallerIDNum"]: event for event in await here.waiting(count, queue)}
    return [(call, joins[call.own_number]) for call in calls]


async def _keyed(here: Floor, call: Call, channel: str, wakes_ms: Sequence[int], via: str) -> None:
    """Key 1, and be woken at these times around it."""
    loop = asyncio.get_running_loop()
    first = min(0, *wakes_ms) / 1000
    start = loop.time() - first

    async def at(ms: int, deed: Awaitable[None]) -> None:
        await asyncio.sleep(max(0.0, start + ms / 1000 - loop.time()))
        await deed

    wakes = [at(ms, here.wake(channel, may_be_gone=ms > 0)) for ms in wakes_ms]
    await asyncio.gather(at(0, call.dtmf("1", via, ms=KEY_MS)), *wakes)


@pytest.mark.parametrize(
    ("via", "around"),
    [
        pytest.param("rtp", AROUND_MS, id="rtp"),
        pytest.param("rtp", range(-100, 260, 3), id="rtp-all", marks=pytest.mark.slow),
        pytest.param("info", range(-60, 60, 1), id="info-all", marks=pytest.mark.slow),
    ],
)
async def test_who_is_woken_around_their_key_leaves_by_it(tmp_path: Path, via: str, around: Sequence[int]) -> None:
    """By RFC 4733 a wake may come between the beginning of the key and its end. One caller for each moment, and one who
    is woken at all of them."""
    tools = await asyncio.to_thread(find_tools)
    wakes: list[Sequence[int]] = [*[(ms,) for ms in around], around]
    async with floor(tmp_path, tools, people(["1001"], "one"), ONE_KEY, trunk=ENTRY) as here:
        callers = await _waiting(here, len(wakes), "one", "12345")
        deeds = [
            _keyed(here, call, join["Channel"], when, via) for (call, join), when in zip(callers, wakes, strict=True)
        ]
        await asyncio.gather(*deeds)
        for call, join in callers:
            left = await here.ear.event("ZtQueueEnd", Uniqueid=join["Uniqueid"])
            assert (left["Status"], left["Key"]) == ("EXITKEY", "1")
            await call.hangup()
        await here.quiet()
    keys = [row[5] for row in here.queue_log() if row[4] == "EXITWITHKEY"]
    assert keys == ["1"] * len(callers)


async def test_exits_of_two_keys_are_left_alone_and_reached(tmp_path: Path) -> None:
    """Added to the queue's context by hand, and the dialplan loaded anew. A wake between the keys would lose the first:
    so it is shown to be of use that there is none."""
    tools = await asyncio.to_thread(find_tools)
    async with floor(tmp_path, tools, people(["1001"], "hand"), ONE_KEY + HAND, trunk=ENTRY) as here:
        agent = await here.agent("1001")
        await _add_by_hand(here)
        async with here.bridge("one") as service:
            why = service.dispatcher.said[QueueName("hand")]
            assert "12" in why or "45" in why
            await here.ear.ask("QueuePause", Interface="PJSIP/1001", Paused="true")
            callers = await _waiting(here, 4, "hand", "90002")
            (one, _), (twelve, _), (woken, its), (alone, _) = callers
            await one.dtmf("1")
            assert await _exit_of(here, callers[0][1]) == "1"
            await _two_keys(here, twelve, "12")
            assert await _exit_of(here, callers[1][1]) == "12"
            await _woken_between(here, woken, its["Channel"], "45")
            assert here.ear.all("ByHand", Uniqueid=its["Uniqueid"]) == []
            await woken.hangup()
            await _two_keys(here, alone, "45", free="1001")
            assert await _exit_of(here, callers[3][1]) == "45"
            assert here.sent == []
        await agent.stop()


async def _add_by_hand(here: Floor) -> None:
    conf = here.lab.etc / "extensions.conf"
    text = await asyncio.to_thread(conf.read_text, encoding="utf-8")
    await asyncio.to_thread(conf.write_text, text + BY_HAND, encoding="utf-8")
    await here.lab.pbx.cli("dialplan reload")


async def _two_keys(here: Floor, call: Call, keys: str, free: str = "") -> None:
    """Between the two an agent becomes free, for whom a caller of any other queue would be woken."""
    await call.dtmf(keys[0])
    await asyncio.sleep(0.1)
    if free:
        await here.ear.ask("QueuePause", Interface=f"PJSIP/{free}", Paused="false")
    await asyncio.sleep(0.1)
    await call.dtmf(keys[1])


async def _woken_between(here: Floor, call: Call, channel: str, keys: str) -> None:
    await call.dtmf(keys[0])
    await asyncio.sleep(0.2)
    await here.wake(channel)
    await asyncio.sleep(0.2)
    await call.dtmf(keys[1])
    await asyncio.sleep(0.5)


async def _exit_of(here: Floor, join: Message) -> str:
    return (await here.ear.event("ByHand", Uniqueid=join["Uniqueid"]))["Exit"]
