"""A PBX's data directory whose notice and music are tones, so that a phone can tell one from the other."""

import math
import wave
from array import array
from pathlib import Path

import msgspec

from zhitong.lab.phones.tones import RATE
from zhitong.lab.programs import Tools

NOTICE_HZ, MUSIC_HZ = 1350, 300


def telling(tools: Tools, folder: Path, seconds: float) -> Tools:
    """The tools with a data directory below ``folder``: the same sounds, but for zt/notice (of so many seconds) and the
    music."""
    theirs, ours = tools.asterisk.data, folder / "data"
    _linked(theirs, ours, ("sounds", "moh"))
    _linked(theirs / "sounds", ours / "sounds", ("zh",))
    _linked(theirs / "sounds" / "zh", ours / "sounds" / "zh", ("zt",))
    _linked(theirs / "sounds" / "zh" / "zt", ours / "sounds" / "zh" / "zt", ("notice.wav",))
    (ours / "moh").mkdir()
    write_tone(ours / "sounds" / "zh" / "zt" / "notice.wav", NOTICE_HZ, seconds)
    write_tone(ours / "moh" / "music.wav", MUSIC_HZ, 10)
    return msgspec.structs.replace(tools, asterisk=msgspec.structs.replace(tools.asterisk, data=ours))


def _linked(theirs: Path, ours: Path, but: tuple[str, ...]) -> None:
    ours.mkdir(parents=True)
    for entry in theirs.iterdir():
        if entry.name not in but:
            (ours / entry.name).symlink_to(entry)


def write_tone(path: Path, hz: int, seconds: float) -> None:
    """So many seconds of one tone: 8 kHz, 16 bit, mono."""
    count = round(seconds * RATE)
    samples = array("h", [round(6000 * math.sin(2 * math.pi * hz * index / RATE)) for index in range(count)])
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
