"""Has texts spelled by a process of its own: ``python -m telephony.directory.spelling`` reads pairs of a text and
whether it is a person's name, as JSON, and writes their lines."""

import asyncio
import sys
from collections.abc import Collection, Mapping

import msgspec

from telephony.errors import DirectoryError

Spelt = Mapping[tuple[str, bool], str]
LIMIT_S = 60.0
"""For fifty thousand texts it takes a few seconds on a slow machine."""


async def spell(texts: Collection[tuple[str, bool]]) -> Spelt:
    """The line of each text; whether it is a person's name goes with it. Raises DirectoryError: then they are found by
    their characters alone."""
    asked = msgspec.json.encode(list(texts))
    module = (sys.executable, "-m", "telephony.directory.spelling")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*module, stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        async with asyncio.timeout(LIMIT_S):
            told, _ = await process.communicate(asked)
        return dict(zip(texts, msgspec.json.decode(told, type=list[str]), strict=True))
    except (TimeoutError, ValueError, msgspec.MsgspecError) as error:
        why = str(error) or f"it took more than {LIMIT_S:g} s"
        raise DirectoryError(f"How the directory's texts sound could not be found out: {why}.") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def main() -> None:
    """The other process."""
    from telephony.directory.sounds import sounded

    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=list[tuple[str, bool]])
    sys.stdout.buffer.write(msgspec.json.encode([sounded(text, name=name) for text, name in asked]))


if __name__ == "__main__":
    main()
