"""Callers who are told their place: only what is said to somebody who is offered is cut."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.acceptance.stage import people
from tests.integration.dialplans.listening import write_music
from tests.integration.dispatch.floor import Floor, floor
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.heard import Sound
from zhitong.lab.phones.tones import Tone
from zhitong.lab.phones.udp import now
from zhitong.lab.programs import find_tools

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

SITE = '[[queue]]\nname = "service"\nposition = true\n'
LONG = "demo-congrats"
"""A sentence of half a minute, in the place of all that is said of the line."""
LISTEN_S = 2.0


async def test_only_who_is_offered_is_interrupted(tmp_path: Path) -> None:
    """Two hear a sentence as an agent becomes free. The first is offered at once; the second hears on. One wake would
    have cut it, which is shown at the end."""
    tools = await asyncio.to_thread(find_tools)
    async with floor(tmp_path / "run", tools, people(["1001"]), SITE, trunk='answer = "at-entry"') as here:
        await _speak_long(here, tmp_path / "music")
        agent = await here.agent("1001")
        async with here.bridge("service"):
            await here.ear.ask("QueuePause", Interface="PJSIP/1001", Paused="true")
            first, second = [await _told(here, number) for number in ("13800000001", "13800000002")]
            await here.ear.ask("QueuePause", Interface="PJSIP/1001", Paused="false")
            await agent.next_call()
            rung = now().mono
            await asyncio.sleep(LISTEN_S)
            assert _music(second, rung) < 0.5
            assert [sent.channel for sent in here.sent] == [_channel(here, first)]
            await here.wake(_channel(here, second))
            cut = await second.hears(Tone.MUSIC, now().mono + 0.2)
            await asyncio.sleep(LISTEN_S)
            assert _music(second, cut) > 0.9
            await asyncio.gather(first.hangup(), second.hangup())
            await here.quiet()


async def _speak_long(here: Floor, music: Path) -> None:
    """By hand, as the lab has none of our sentences; and music that is one tone."""
    conf = here.lab.etc / "queues.conf"
    text = await asyncio.to_thread(conf.read_text, encoding="utf-8")
    text = re.sub(r"(?m)^(queue-(?:youarenext|thereare)) = .*$", rf"\1 = {LONG}", text)
    assert LONG in text
    await asyncio.to_thread(conf.write_text, text, encoding="utf-8")
    await here.lab.pbx.cli("queue reload all")
    await asyncio.to_thread(write_music, music, Tone.MUSIC)
    moh = f"[default]\nmode = files\ndirectory = {music}\n"
    await asyncio.to_thread((here.lab.etc / "musiconhold.conf").write_text, moh, encoding="utf-8")
    await here.lab.pbx.cli("moh reload")


async def _told(here: Floor, number: str) -> Call:
    """A caller to whom it is being said."""
    call = await (await here.citizen(number)).call("12345")
    await call.answered()
    await here.ear.event("QueueCallerJoin", CallerIDNum=number)
    from_ = now().mono
    await call.hears(Sound.ANY, from_)
    return call


def _music(call: Call, from_: float) -> float:
    """Which part of what was heard is music; a voice has some of that tone, too."""
    packets = call.heard.times(Sound.PACKET, from_, from_ + LISTEN_S)
    assert len(packets) > LISTEN_S * 25
    return len(call.heard.times(Tone.MUSIC, from_, from_ + LISTEN_S)) / len(packets)


def _channel(here: Floor, call: Call) -> str:
    (joined,) = here.ear.all("QueueCallerJoin", CallerIDNum=call.own_number)
    return joined["Channel"]
