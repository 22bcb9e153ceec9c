"""The door's Unix socket, for the command line: one JSON document a line, a request and its answer.

The socket is its owner's alone (0600). Of two services of one site the one started last has it. A client that says
nothing, or reads nothing, is cut off: it keeps its place for seconds, and nobody waits for it.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import msgspec
import structlog

from telephony.control.commands import Answer, Request, Taken
from telephony.errors import ControlError
from telephony.files import PRIVATE

log = structlog.get_logger(__name__)

Handle = Callable[[Request], Awaitable[Answer]]

LINE_LIMIT = 65_536
CONNECTIONS = 32
"""At a time. Who comes beyond is told so at once."""
IDLE_S = 10.0
"""How long a client may take to say a command, and to take its answer."""
_GRACE_S = 2.0
"""How much longer than its deadline a command's answer is waited for."""


@contextlib.asynccontextmanager
async def serving(path: Path, handle: Handle) -> AsyncIterator[None]:
    """Take commands at ``path`` while inside. Where the socket cannot be made that is logged, and there is none: calls
    must be followed all the same."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            listening, ours = _listen(path)
        except OSError as error:
            log.warning("no commands are taken: the control socket cannot be made", path=str(path), why=str(error))
        else:
            stack.callback(_remove, path, ours)
            await stack.enter_async_context(_taking(listening, handle))
        yield


@contextlib.asynccontextmanager
async def _taking(listening: socket.socket, handle: Handle) -> AsyncIterator[None]:
    desk = _Desk(handle)
    server = await asyncio.start_unix_server(desk.serve, sock=listening, limit=LINE_LIMIT)
    try:
        yield
    finally:
        server.close()
        desk.close()


class _Desk:
    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._writers: set[asyncio.StreamWriter] = set()

    def close(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._writers) >= CONNECTIONS:
            writer.write(_line(Answer("", Taken.REFUSED, "Too many ask at once. Try again in a moment.")))
            writer.close()
            return
        self._writers.add(writer)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, TimeoutError, ValueError) as error:  # ValueError: a line too long
            log.info("a control connection ended", why=str(error) or "it said nothing, or read nothing")
            writer.transport.abort()  # what it has not read would keep the connection open
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            async with asyncio.timeout(IDLE_S):
                line = await reader.readline()
            if not line:
                return
            writer.write(_line(await self._answer(line)))
            async with asyncio.timeout(IDLE_S):
                await writer.drain()

    async def _answer(self, line: bytes) -> Answer:
        try:
            request = msgspec.json.decode(line, type=Request)
        except (ValueError, RecursionError) as error:  # no JSON, no UTF-8; brackets within brackets, by the thousand
            return Answer("", Taken.REFUSED, f"The command was not understood: {error}.")
        return await self._handle(request)


def _line(answer: Answer) -> bytes:
    return msgspec.json.encode(answer) + b"\n"


async def ask(path: Path, request: Request) -> Answer:
    """Have the running service carry it out. Raises ControlError when nothing was asked; *unknown* when it was, and
    no answer came."""
    line = msgspec.json.encode(request) + b"\n"
    if len(line) > LINE_LIMIT:
        raise ControlError(f"The command is too long: {len(line)} bytes, and {LINE_LIMIT} are taken.")
    try:
        reader, writer = await _connect(path)
    except OSError as error:
        raise ControlError(
            f"The running service cannot be asked at {path}: {error.strerror}. Is `zhitong serve` running for this "
            "site, as a user whose socket you may use?"
        ) from error
    try:
        writer.write(line)
        async with asyncio.timeout(request.deadline_s + _GRACE_S):
            return msgspec.json.decode(await reader.readline(), type=Answer)
    except (TimeoutError, ConnectionError, ValueError):
        why = "The service gave no answer. `zhitong missed show` tells what it did."
        return Answer(request.key, Taken.UNKNOWN, why)
    finally:
        writer.close()


async def _connect(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    with _short(path) as short:
        return await asyncio.open_unix_connection(short, limit=LINE_LIMIT)


def _listen(path: Path) -> tuple[socket.socket, int]:
    """The socket, and the inode by which its file is known to be ours."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.unlink(missing_ok=True)
        with _short(path) as short:
            listening.bind(short)
        path.chmod(PRIVATE)  # nobody can connect before it listens
        listening.listen(CONNECTIONS)
    except BaseException:
        listening.close()
        raise
    return listening, path.stat().st_ino


def _remove(path: Path, ours: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_ino == ours:
            path.unlink()


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name for ``path`` of fewer than the 108 characters that a socket's may have (unix(7))."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
