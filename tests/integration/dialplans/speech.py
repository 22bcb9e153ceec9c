"""What a real Asterisk plays, read off its log; with sounds so short that a hundred sentences take seconds."""

import asyncio
import re
import wave
from pathlib import Path

import msgspec

from dialplans.prompts import sentences
from tests.integration.dialplans.rig import Rig
from zhitong.lab.programs import Tools


def brief(tools: Tools, folder: Path) -> Tools:
    """The lab's Asterisk with sounds of 20 ms, by all the names there are, laid into ``folder``."""
    data = folder / "data"
    for sentence in sentences():
        path = data / "sounds" / "zh" / f"{sentence.sound}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes(320))
    for entry in tools.asterisk.data.iterdir():
        if entry.name != "sounds":
            (data / entry.name).symlink_to(entry)
    return msgspec.structs.replace(tools, asterisk=msgspec.structs.replace(tools.asterisk, data=data))


async def listen(rig: Rig) -> Path:
    """From now on Asterisk writes down what it plays; the file."""
    await rig.lab.pbx.cli("logger add channel said verbose(3)")
    await rig.lab.pbx.cli("core set verbose 3")
    return rig.lab.pbx.log_dir / "said"


async def until(log: Path, pattern: str) -> str:
    """The log, once something is in it."""
    async with asyncio.timeout(60):
        while not re.search(pattern, text := so_far(log)):  # noqa: ASYNC110 - a file tells nobody that it grew
            await asyncio.sleep(0.1)
    return text


def so_far(log: Path) -> str:
    return log.read_text(encoding="utf-8") if log.exists() else ""


def played(text: str, channel: str = "") -> list[str]:
    """The sounds played in Chinese, in order; on this channel alone, if one is named."""
    return re.findall(rf"<{channel}[^>]*> Playing '([^']+)\.\w+' \(language 'zh'\)", text)
