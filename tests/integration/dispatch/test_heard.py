"""What an agent hears, and what is recorded, when a caller is woken at the worst moment: nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from tests.acceptance.stage import people
from tests.integration.dialplans.listening import Kept
from tests.integration.dispatch.floor import Floor, floor
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.heard import Sound
from zhitong.lab.phones.phone import Phone
from zhitong.lab.phones.tones import SILENCE, Tone, has_tone, is_audible
from zhitong.lab.programs import find_tools

pytestmark = pytest.mark.acceptance

SITE = '[[queue]]\nname = "service"\n'
RECORDING = '[recording]\non = true\nkeep_days = 30\nfolder = "{}/recordings"\n'
EVERY_S, RING_S, AFTER_S = 0.02, 0.4, 0.5
"""How often a wake is sent, while the phone rings and after it was picked up. No real one is that late."""
SPEAKS_S = 0.6

Disturb = Callable[[str], Awaitable[object]]


async def test_nothing_is_heard_of_a_wake_while_the_phone_rings_and_as_it_is_picked_up(tmp_path: Path) -> None:
    """Nobody speaks until the last wake is out. Then the same with the digit that others send in place of a wake, and a
    key of the caller's own: the first is told of, the second comes to the agent, so they would have been seen."""
    tools = await asyncio.to_thread(find_tools)
    async with floor(tmp_path / "run", tools, people(["1001"]), SITE, rest=RECORDING.format(tmp_path)) as here:
        agent = await here.agent("1001")
        woken = await _disturbed(here, agent, "13800000001", here.wake)
        told = [name for name in here.ear.names() if name.startswith("DTMF")]
        (kept,) = await asyncio.to_thread(lambda: [Kept(path) for path in (tmp_path / "recordings").rglob("*.wav")])
        pressed = await _disturbed(here, agent, "13800000002", partial(_press, here), "5")
        told_then = [name for name in here.ear.names() if name.startswith("DTMF")]
        assert here.complaints() == []
    assert told == []
    assert woken.heard.keys() + woken.info_keys == ""
    assert _heard_before_the_voice(woken) == []
    _judge(kept)
    assert told_then != []
    assert pressed.heard.keys() + pressed.info_keys == "5"


async def _press(here: Floor, channel: str) -> None:
    await here.ear.ask("PlayDTMF", Channel=channel, Digit="D", Receive="true")
    await asyncio.sleep(0.2)


async def _disturbed(here: Floor, agent: Phone, number: str, disturb: Disturb, keys: str = "") -> Call:
    """The agent's side of a call whose caller's channel is disturbed all the time, and who speaks and keys at last."""
    citizen = await here.citizen(number)
    call = await citizen.call("12345")
    call._leg.media._voice = SILENCE
    joined = await here.ear.event("QueueCallerJoin", CallerIDNum=number)
    taken = await agent.next_call()
    taken._leg.media._voice = SILENCE
    await _again_and_again(RING_S, disturb, joined["Channel"])
    taken.answer()
    await _again_and_again(AFTER_S, disturb, joined["Channel"])
    await call.answered()
    await taken.hears(Sound.PACKET)
    call.say(Tone.CALLER)
    await taken.hears(Tone.CALLER)
    await asyncio.sleep(SPEAKS_S)
    if keys:
        await call.dtmf(keys)
        await taken.keyed(keys)
    await call.hangup()
    await taken.ended()
    await here.quiet()
    return taken


async def _again_and_again(seconds: float, disturb: Disturb, channel: str) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        await disturb(channel)
        await asyncio.sleep(EVERY_S)


def _heard_before_the_voice(call: Call) -> list[float]:
    """When the phone heard anything but silence before the caller spoke."""
    voice = call.heard.first(Tone.CALLER)
    assert voice is not None
    return [at for at in call.heard.times(Sound.ANY) if at < voice - 0.03]


def _judge(kept: Kept) -> None:
    """No energy from the first frame to the caller's first word."""
    first = next(at for at, frame in enumerate(kept.frames) if has_tone(frame, Tone.CALLER))
    assert first * 0.02 > AFTER_S / 2, "the recording does not begin at the connection"
    assert not any(is_audible(frame) for frame in kept.frames[: first - 1])
    assert kept.of(Tone.CALLER) > SPEAKS_S / 2
