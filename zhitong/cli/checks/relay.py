"""A port on 127.0.0.1 that leads to the PBX, so that a client without TLS and IPv6 can use both.

It never makes the PBX wait: what the client has not read yet is kept here, up to ``_BACKLOG``. Asterisk cuts off a
reader that is slower than its ``writetimeout``, and pyst2 reads one byte at a time.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator

import msgspec

_BACKLOG = 1 << 26
_CHUNK = 1 << 16


class Peer(msgspec.Struct, frozen=True):
    """Where the PBX's AMI is. ``tls`` None: plain TCP."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


async def connect(peer: Peer) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection. Raises what ``asyncio.open_connection`` raises; has no deadline of its own."""
    return await asyncio.open_connection(peer.host, peer.port, ssl=peer.tls, limit=_CHUNK)


@contextlib.asynccontextmanager
async def relay(peer: Peer) -> AsyncIterator[int]:
    """The number of the port. Each connection to it becomes one to the PBX; all end with the ``async with``."""
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(_carry(peer, reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in [*tasks]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _carry(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.closing(writer), contextlib.suppress(OSError):
        far_reader, far_writer = await connect(peer)
        with contextlib.closing(far_writer):
            ways = [asyncio.ensure_future(_pump(reader, far_writer)), asyncio.ensure_future(_pump(far_reader, writer))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while (data := await reader.read(_CHUNK)) and writer.transport.get_write_buffer_size() < _BACKLOG:
        writer.write(data)
