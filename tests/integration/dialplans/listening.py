"""What a recording holds, read from the file itself: which tones, 20 ms by 20 ms."""

import asyncio
import math
import wave
from array import array
from pathlib import Path

from tests.integration.dialplans.rig import Rig, settled
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.tones import FRAME, RATE, encode, has_tone, is_audible


class Kept:
    """One recording. A tone of a lab phone is found wherever the phone's packets lie: each 20 ms hold whole periods."""

    def __init__(self, path: Path) -> None:
        with wave.open(str(path), "rb") as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
            samples = array("h", file.readframes(file.getnframes()))
        voice = bytes(encode(sample / 32768) for sample in samples)
        self.frames = [voice[start : start + FRAME] for start in range(0, len(voice) - FRAME + 1, FRAME)]

    @property
    def seconds(self) -> float:
        return len(self.frames) * FRAME / RATE

    def of(self, hz: int) -> float:
        """Seconds in which this tone is heard."""
        return sum(has_tone(frame, hz) for frame in self.frames) * FRAME / RATE

    def silent(self) -> float:
        """Seconds of silence."""
        return sum(not is_audible(frame) for frame in self.frames) * FRAME / RATE


def heard(call: Call, hz: int) -> float:
    """Seconds in which the phone heard this tone."""
    return len(call.heard.times(hz)) * FRAME / RATE


async def recorded(rig: Rig) -> Path:
    """Where the recording of the first call lies, once the citizen's channel is gone."""
    entry = await rig.manager.event("ZtEntry")
    await rig.manager.event("Hangup", Uniqueid=entry["Uniqueid"])
    await settled()
    folder = rig.site.recording.folder
    root = Path(folder) if folder else rig.lab.pbx.spool_dir / "monitor"
    return root / entry["Recording"]


async def music_of(rig: Rig, folder: Path, hz: int) -> None:
    """Music on hold: one tone, as signed linear, which needs no translator (README, "Recording")."""
    await asyncio.to_thread(write_music, folder, hz)
    conf = f"[default]\nmode = files\ndirectory = {folder}\n"
    await asyncio.to_thread((rig.lab.etc / "musiconhold.conf").write_text, conf, encoding="utf-8")
    await rig.lab.pbx.cli("moh reload")


def write_music(folder: Path, hz: int) -> None:
    folder.mkdir()
    with wave.open(str(folder / "music.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        second = array("h", [round(6000 * math.sin(2 * math.pi * hz * index / RATE)) for index in range(RATE)])
        file.writeframes(second.tobytes() * 10)


def files_of(rig: Rig) -> list[Path]:
    """All recordings there are."""
    return list((rig.lab.pbx.spool_dir / "monitor").rglob("*.wav"))


def number_packets(call: Call, first: int) -> None:
    """Give the phone's next packet this RTP sequence number: what a packaged Asterisk makes of it must not be left to
    the dice that phones throw."""
    call._leg.media._sequence = first
