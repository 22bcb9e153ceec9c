"""A sentence is heard by a phone: as a placeholder, then as the city's own recording, with no reload between."""

import math
import wave
from pathlib import Path

import msgspec
import pytest

from dialplans.prompts import sentences
from dialplans.sounds import sound_seconds
from dialplans.speech.installed import lay, take
from tests.integration.dialplans.rig import Rig, agents_of, running
from tests.integration.dialplans.test_calls import ALWAYS
from zhitong.lab.phones.heard import Heard, Sound
from zhitong.lab.phones.phone import Phone
from zhitong.lab.phones.tones import Tone
from zhitong.lab.programs import Tools
from zhitong.lab.speech import spoken

pytestmark = pytest.mark.acceptance

PACKET_S = 0.02


def install(tools: Tools, data: Path) -> Tools:
    """An Asterisk whose data directory is laid out as a server's is: its own English sounds, our sentences."""
    (data / "sounds").mkdir(parents=True)
    for entry in tools.asterisk.data.iterdir():
        if entry.name != "sounds":
            (data / entry.name).symlink_to(entry)
    (data / "sounds" / "en" / "silence").mkdir(parents=True)
    (data / "sounds" / "en" / "silence" / "1.wav").symlink_to(a_tone(data / "short.wav", 0.02, 0.0))
    lay(spoken(lambda _what, _done: None), data / "sounds", sentences())
    return msgspec.structs.replace(tools, asterisk=msgspec.structs.replace(tools.asterisk, data=data))


def a_tone(path: Path, seconds: float, amplitude: float = 0.2) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    turns = (2 * math.pi * Tone.AGENT * at / 8000 for at in range(round(8000 * seconds)))
    samples = (round(32767 * amplitude * math.sin(turn)) for turn in turns)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
    return path


async def heard(phone: Phone, code: str) -> Heard:
    call = await phone.call(code)
    await call.answered()
    await call.ended(30)
    return call.heard


def audible_s(sound: Heard) -> float:
    return len(sound.times(Sound.ANY)) * PACKET_S


async def pause(rig: Rig) -> tuple[Phone, Heard]:
    phone = await rig.agent("1001")
    return phone, await heard(phone, "*13")


async def test_a_city_s_own_recording_is_heard_from_the_next_call_on(tools: Tools, tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with running(tmp_path / "run", ALWAYS, agents_of("1001"), tools=install(tools, data)) as rig:
        phone, machine = await pause(rig)
        said = sound_seconds(data / "sounds/zh/zt/paused.wav")
        assert 0.6 * said < audible_s(machine) < said + 0.1  # pauses within the words are silence
        assert len(machine.times(Tone.AGENT)) * PACKET_S < 0.3  # a voice has some of every frequency
        a_tone(tmp_path / "ours" / "paused.wav", 0.6)
        take(tmp_path / "ours", data / "sounds", sentences(), "zh")
        await heard(phone, "*14")
        city = await heard(phone, "*13")
        assert len(city.times(Tone.AGENT)) * PACKET_S == pytest.approx(0.6, abs=0.05)
        assert rig.complaints() == []
