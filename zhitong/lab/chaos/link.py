"""A proxy of ours between the bridge and the PBX's manager interface, that can be closed, left half-open, or slowed."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator

_CHUNK = 65_536
_SLOW_CHUNK = 300
_SLOW_PAUSE_S = 0.15
"""2,000 bytes a second: a link that is there, and of little use."""


class Pipe:
    """One connection of the bridge's, and ours to the PBX for it. ``made_at`` by our monotonic clock."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self._near, self._far = near, far
        self.made_at = time.monotonic()
        self.swallowing = False

    def break_off(self) -> None:
        """No goodbye."""
        self._near.transport.abort()
        self._far.transport.abort()


class Link:
    """Listens on ``port`` of 127.0.0.1 and passes everything to ``pbx_port`` and back, until told otherwise."""

    def __init__(self, port: int, pbx_port: int) -> None:
        self._port, self._pbx_port = port, pbx_port
        self._server: asyncio.Server | None = None
        self._pipes: set[Pipe] = set()
        self._shut = 0
        self._slow = False
        self._fast_at = 0.0

    async def open(self) -> None:
        """Take connections, unless it is shut."""
        if self._server is None and not self._shut:
            self._server = await asyncio.start_server(self._take, "127.0.0.1", self._port)

    def close(self) -> None:
        """Break off what there is, and refuse what comes. May be repeated."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for pipe in list(self._pipes):
            pipe.break_off()

    @contextlib.asynccontextmanager
    async def shut(self) -> AsyncIterator[None]:
        """No link while inside, nor until everybody who has shut it is out again."""
        self._shut += 1
        self.close()
        try:
            yield
        finally:
            self._shut -= 1
            await self.open()

    @property
    def clear_at(self) -> float | None:
        """Since when the bridge has had a connection without hindrance (monotonic); None while it has none."""
        made = [pipe.made_at for pipe in self._pipes if not pipe.swallowing]
        return max(self._fast_at, *made) if made and not self._slow else None

    async def carrying(self, timeout_s: float) -> bool:
        """Wait until it passes bytes freely; False when it does not in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self.clear_at is None:  # noqa: ASYNC110 - the bridge connects when it does
                    await asyncio.sleep(0.05)
        return self.clear_at is not None

    def swallow(self) -> frozenset[Pipe]:
        """Half-open: the bytes of the present connections go nowhere from now on, either way."""
        for pipe in self._pipes:
            pipe.swallowing = True
        return frozenset(self._pipes)

    async def given_up(self, held: frozenset[Pipe], timeout_s: float) -> bool:
        """Wait until the bridge has let go of these connections; False when it has not in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._pipes & held:  # noqa: ASYNC110 - see above
                    await asyncio.sleep(0.02)
        return not self._pipes & held

    @contextlib.contextmanager
    def slowed(self) -> Iterator[None]:
        """The link trickles, both ways, while inside."""
        self._slow = True
        try:
            yield
        finally:
            self._slow, self._fast_at = False, time.monotonic()

    async def _take(self, near_reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        try:
            far_reader, far = await asyncio.open_connection("127.0.0.1", self._pbx_port)
        except OSError:
            near.transport.abort()
            return
        pipe = Pipe(near, far)
        self._pipes.add(pipe)
        try:
            ways = (self._pass_on(pipe, near_reader, far), self._pass_on(pipe, far_reader, near))
            _, left = await asyncio.wait(map(asyncio.ensure_future, ways), return_when=asyncio.FIRST_COMPLETED)
            for task in left:
                task.cancel()
        finally:
            pipe.break_off()
            self._pipes.discard(pipe)

    async def _pass_on(self, pipe: Pipe, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One way, until its sender is through. What is swallowed is read all the same: nobody is to feel it."""
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(_SLOW_CHUNK if self._slow else _CHUNK):
                if self._slow:
                    await asyncio.sleep(_SLOW_PAUSE_S)
                if not pipe.swallowing:
                    writer.write(data)
                    await writer.drain()
