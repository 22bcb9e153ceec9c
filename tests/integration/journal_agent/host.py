"""The agent on a thread of its own, behind a link that can be cut, slowed and silenced; and keys made once."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Self

from telephony.journal.agent.keys import keys_in, read_tokens, server_tls
from telephony.journal.agent.serve import serving

_LIMIT_S = 30


class Host:
    """A loop on a thread. ``call`` runs a coroutine there and waits for its result."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_LIMIT_S)
        self._loop.close()

    def call(self, work: Coroutine[Any, Any, Any]) -> Any:
        future: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(_LIMIT_S)


class Agent:
    """The journal agent for the logs in ``folder``."""

    def __init__(self, host: Host, folder: Path, keys: Path, port: int) -> None:
        self._host, self._folder, self.port = host, folder, port
        self._stack: contextlib.AsyncExitStack | None = None
        self.tokens = read_tokens(keys_in(keys).token)
        self._tls = server_tls(keys_in(keys))

    @property
    def stopped(self) -> bool:
        return self._stack is None

    def start(self) -> None:
        self._host.call(self._start())

    async def _start(self) -> None:
        self._stack = contextlib.AsyncExitStack()
        working = serving(self._folder, self.tokens, self._tls, "127.0.0.1", self.port)
        assert await self._stack.enter_async_context(working) == self.port

    def stop(self) -> None:
        if self._stack is not None:
            self._host.call(self._stack.aclose())
            self._stack = None


class Wire:
    """A TCP link from ``port`` to ``there``, that breaks when told."""

    def __init__(self, host: Host, there: Callable[[], int]) -> None:
        self._host, self._there = host, there
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.up = True
        self.silent = False
        """What is sent to the reader stays on the way."""
        self.left: int | None = None
        """So many bytes to the reader, then the link is cut."""
        self.pause_s = 0.0
        """Before every kilobyte to the reader."""
        self.accepted = 0

    def start(self) -> None:
        self._host.call(self._start())

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        self._host.call(self._stop())

    async def _stop(self) -> None:
        assert self._server
        self._server.close()
        self._cut()
        await asyncio.sleep(0.05)

    def cut(self) -> None:
        """All that is open, now."""
        self._host.call(self._cut_soon())

    async def _cut_soon(self) -> None:
        self._cut()

    def _cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    def heal(self) -> None:
        self.up, self.silent, self.left, self.pause_s = True, False, None, 0.0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        self.accepted += 1
        try:
            if self.up:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._there())
                self._open.add(far_writer)
                try:
                    await asyncio.gather(self._carry(reader, far_writer), self._carry_back(far_reader, writer))
                finally:
                    self._open.discard(far_writer)
                    far_writer.transport.abort()
        except OSError:
            pass
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.transport.abort()

    async def _carry_back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1024 if self.pause_s else 1 << 16):
            while self.silent:  # noqa: ASYNC110 - told from another thread
                await asyncio.sleep(0.01)
            if self.pause_s:
                await asyncio.sleep(self.pause_s)
            if self.left is not None:
                data, self.left = data[: self.left], max(0, self.left - len(data))
            writer.write(data)
            await writer.drain()
            if self.left == 0:
                await asyncio.sleep(0.01)  # what is written leaves first
                self.left = None
                break
        writer.transport.abort()
