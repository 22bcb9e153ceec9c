"""A desktop's connection: a WebSocket whose writes neither block nor wait."""

import asyncio

from websockets.asyncio.server import ServerConnection, broadcast

from agent_bridge.wire.closes import Close

LINGER_S = 5.0
"""How long a peer may take to hear why it is closed, before the connection is cut."""


class WebSocketLine:
    """``send`` neither blocks nor waits: what it takes and the peer does not read waits in memory."""

    __slots__ = ("_closing", "address", "connection")

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self.address = str((connection.remote_address or ("",))[0])
        self._closing: asyncio.Task[None] | None = None
        # Nobody looks at the handshake any more, and it is some KiB of the 64 that a desktop may take.
        connection.response = None
        if connection.request is not None:
            connection.request.headers.clear()

    @property
    def waiting(self) -> int:
        """Bytes that the peer has not taken, beside what the kernel holds."""
        return self.connection.transport.get_write_buffer_size()

    def send(self, text: str) -> None:
        """What is sent over a connection that is closed is lost."""
        broadcast((self.connection,), text)

    def close(self, code: Close, why: str) -> None:
        """Begin to close: what was sent before goes first, for as long as the peer takes it."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(code, why))

    async def _close(self, code: Close, why: str) -> None:
        try:
            async with asyncio.timeout(LINGER_S):
                await self.connection.close(code, why)
        except TimeoutError:
            self.connection.transport.abort()

    async def closed(self) -> None:
        """Returns when it is closed."""
        await self.connection.wait_closed()
