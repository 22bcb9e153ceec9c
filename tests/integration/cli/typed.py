"""``zhitong …`` typed at a terminal: a process of its own, beside whatever the test has running."""

import asyncio
import os
import sys
from pathlib import Path

import msgspec


class Typed(msgspec.Struct, frozen=True):
    """What came of it."""

    status: int
    out: str
    err: str


async def typed(site_file: Path, *words: str | Path, by: str = "li") -> Typed:
    """Run it to its end; ``by`` is who types."""
    environ = os.environ | {"ZHITONG_SITE": str(site_file), "ZHITONG_BY": by}
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "zhitong", *map(str, words)),
        env=environ,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await program.communicate()
    assert program.returncode is not None
    assert b"Traceback" not in err, err.decode()
    return Typed(program.returncode, out.decode(), err.decode())
