"""Asterisk's command line through its control socket: what ``asterisk -rx`` does, without a process for each command.

Source: ``main/asterisk.c`` (``netconsole``, ``ast_remotecontrol``) of Asterisk 22: on connecting, the PBX sends
``host/pid/version`` and a line feed; the client sends ``cli quit after <command>`` and a NUL in one write of at most
511 bytes; the PBX answers and closes.
"""

import asyncio
from pathlib import Path

from telephony.errors import LabError

_LONGEST = 511


async def ask(socket: Path, command: str, timeout_s: float = 30.0) -> str:
    """What Asterisk prints for `command`.

    Raises LabError when the PBX cannot be reached, hangs up before it has greeted or takes longer than `timeout_s`.
    """
    words = f"cli quit after {command}".encode() + b"\0"
    if len(words) > _LONGEST or b"\0" in words[:-1] or b"\n" in words:
        raise LabError(f"not a command for Asterisk (too long, or more than one line): {command[:60]!r}")
    try:
        async with asyncio.timeout(timeout_s):
            return await _ask(socket, words)
    except TimeoutError:
        raise LabError(f"the PBX did not answer `{command}` within {timeout_s:g} s") from None
    except OSError as error:
        raise LabError(f"the PBX does not answer `{command}` on {socket}: {error}") from error


async def _ask(socket: Path, words: bytes) -> str:
    reader, writer = await asyncio.open_unix_connection(socket)
    try:
        greeting = await reader.readline()
        if greeting.count(b"/") < 2:
            raise ConnectionError("it hung up before it greeted")
        writer.write(words)
        await writer.drain()
        answer = await reader.read()
    finally:
        writer.close()
    return answer.decode(errors="replace").replace("\0", "")
