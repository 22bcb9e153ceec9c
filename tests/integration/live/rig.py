"""A bridge that publishes, as small as can be, and feeds of what it says: in process, and over a real Redis."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from itertools import count
from typing import Protocol

from redis.asyncio import Redis

from telephony.live.documents import Audience, Delta, Document, QueueDocument, Snapshot
from telephony.live.inprocess import InProcessFeed
from telephony.live.port import Feed, Position, UpstreamLost
from telephony.live.redis_feed import RedisFeed
from telephony.live.redis_link import Keys, keys_of, open_redis
from telephony.live.redis_outlet import RedisOutlet
from telephony.model.ids import Micros, PbxName, QueueName
from zhitong.lab.redis_server import RedisServer

PATIENCE_S = 30.0
Held = dict[str, tuple[Document, Audience]]
_names = count()


class Outlet(Protocol):
    def publish(self, deltas: Sequence[Delta]) -> None: ...


class Source:
    """Documents of queues, each of which is gone at every fifth turn. ``outlets`` are told."""

    def __init__(self, epoch: int = 7_000_000) -> None:
        self.epoch, self.sequence = epoch, 0
        self.documents: Held = {"queue/first": _document("first", 0)}
        self.outlets: list[Outlet] = []
        self.said: list[Delta] = []

    def look(self) -> Snapshot:
        return Snapshot(self.epoch, self.sequence, dict(self.documents))

    @property
    def position(self) -> Position:
        return Position(self.epoch, self.sequence)

    def say(self, many: int = 1, batch: int = 1) -> None:
        """``many`` deltas, handed out ``batch`` at a time."""
        deltas = [self._next() for _ in range(many)]
        self.said += deltas
        for first in range(0, many, batch):
            for outlet in self.outlets:
                outlet.publish(deltas[first : first + batch])

    def _next(self) -> Delta:
        self.sequence += 1
        key = f"queue/q{self.sequence % 7}"
        before = self.documents.pop(key, (None, Audience()))[1]
        if self.sequence % 5:
            self.documents[key] = _document(f"q{self.sequence % 7}", self.sequence)
        document, audience = self.documents.get(key, (None, Audience()))
        return Delta(self.epoch, self.sequence, key, document, audience, before, Micros(1), Micros(2))


def _document(name: str, waiting: int) -> tuple[Document, Audience]:
    queue = QueueName(name)
    return QueueDocument(name=queue, title="热线", waiting=waiting), Audience(queues=frozenset((queue,)))


class Reader:
    """As a client does it: reads the snapshot, folds what comes; ``deltas`` in the order they came."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.held: Held = {}
        self.at = Position(0, 0)
        self.deltas: list[Delta] = []

    async def look(self) -> "Reader":
        """The snapshot, as soon as there is one."""

        async def there() -> bool:
            snapshot = await self.feed.snapshot()
            self.held, self.at = dict(snapshot.documents), Position(snapshot.epoch, snapshot.sequence)
            return True

        await soon(there)
        return self

    async def follow(self, until: Position) -> "Reader":
        """Read on from where we are until there."""
        async with asyncio.timeout(PATIENCE_S):
            batches = self.feed.deltas(self.at)
            while self.at < until:
                self.take(await anext(batches))
        return self

    def take(self, deltas: Sequence[Delta]) -> None:
        for delta in deltas:
            assert delta.sequence == self.at.sequence + 1, "a hole, or a double"
            self.at = Position(delta.epoch, delta.sequence)
            self.deltas.append(delta)
            if delta.document is None:
                self.held.pop(delta.key, None)
            else:
                self.held[delta.key] = (delta.document, delta.audience)


class Site:
    """One PBX's keys on the server, with the connections of whoever uses them."""

    def __init__(self, server: RedisServer, connect: Callable[[], Redis] | None = None) -> None:
        self._connect = connect or partial(open_redis, server.url)
        self.keys: Keys = keys_of(PbxName(f"pbx{next(_names)}"))
        self._open: list[Redis] = []
        self._tasks: list[asyncio.Task[None]] = []

    def client(self) -> Redis:
        self._open.append(client := self._connect())
        return client

    def start(self, work: Awaitable[None]) -> "asyncio.Task[None]":
        task = asyncio.ensure_future(work)
        assert isinstance(task, asyncio.Task)
        self._tasks.append(task)
        return task

    def publish(self, source: Source, kept: int = 10_000) -> RedisOutlet:
        """Have what the source says published; ``stop`` ends it."""
        outlet = RedisOutlet(self.client(), self.keys, source.look, kept)
        source.outlets.append(outlet)
        self.start(outlet.run())
        return outlet

    def feed(self, name: str = "") -> RedisFeed:
        return RedisFeed(self.client(), self.keys, name)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def close(self) -> None:
        await self.stop()
        for client in self._open:
            await client.aclose()


@contextlib.asynccontextmanager
async def site(server: RedisServer) -> AsyncIterator[Site]:
    made = Site(server)
    try:
        yield made
    finally:
        await made.close()


async def soon(look: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it holds; what is lost meanwhile is waited out."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with contextlib.suppress(UpstreamLost):
                if await look():
                    return
            await asyncio.sleep(0.02)


def in_process(source: Source, kept: int) -> InProcessFeed:
    feed = InProcessFeed(source.position, source.look, kept)
    source.outlets.append(feed)
    return feed
