"""Reads the state of now out of Redis: a Feed for gateways in processes of their own."""

import contextlib
import time
from collections.abc import AsyncIterator
from typing import cast

import structlog
from redis.asyncio import Redis

from telephony.live import redis_wire as wire
from telephony.live.documents import Delta, Snapshot
from telephony.live.epochs import run_of
from telephony.live.port import Position, PositionGone, UpstreamLost, position_of
from telephony.live.redis_link import FAULTS, Entry, Keys, in_time, read_stream
from telephony.live.redis_wire import position_at, stream_id

log = structlog.get_logger(__name__)

AT_ONCE = 50
"""Batches read in one go."""
PLACE_S = 60
"""For so long a reader's place is kept after it was last noted."""
_NOTE_EVERY_S = 1.0
_NOBODY = "No bridge publishes the state of now in Redis. Is `zhitong serve` running, with the same store.redis_url?"


class RedisFeed:
    """A Feed. With a ``name`` it notes in Redis how far it has read, for whoever looks after the site."""

    def __init__(self, redis: Redis, keys: Keys, name: str = "") -> None:
        self._redis = redis
        self._keys = keys
        self._place = keys.reader(name) if name else ""
        self._noted_at = float("-inf")
        self._newest: Position | None = None

    async def snapshot(self) -> Snapshot:
        """As of Feed."""
        async with _upstream():
            async with self._redis.pipeline(transaction=True) as both:
                both.hget(self._keys.head, "at")
                both.hgetall(self._keys.documents)
                at, documents = await both.execute()
            if at is None:
                raise UpstreamLost(_NOBODY)
            snapshot = wire.read_snapshot(at, documents)
        self._newest = _no_older(Position(snapshot.epoch, snapshot.sequence), self._newest)
        return snapshot

    async def deltas(self, after: Position) -> AsyncIterator[tuple[Delta, ...]]:
        """As of Feed."""
        entries = await self._look(after)
        while True:
            for entry_id, fields in entries:
                deltas = _following(entry_id, fields, after)
                after = self._newest = position_of(deltas[-1])
                yield deltas
            await self._note(after)
            entries = await self._wait(after) or await self._look(after)

    async def _look(self, after: Position) -> list[Entry]:
        """What is there after this position, or nothing when it is the last. Raises PositionGone, UpstreamLost."""
        async with _upstream():
            async with self._redis.pipeline(transaction=True) as both:
                both.hget(self._keys.head, "at")
                both.xrange(self._keys.deltas, f"({stream_id(after)}", "+", count=AT_ONCE)
                at, entries = await both.execute()
            if at is None:
                raise UpstreamLost(_NOBODY)
            if not entries and position_at(at) != after:
                raise _gone(after)
            return cast(list[Entry], entries)

    async def _wait(self, after: Position) -> list[Entry]:
        """What comes after this position; nothing when nothing comes for a while."""
        async with _upstream():
            return await read_stream(self._redis, self._keys.deltas, stream_id(after), AT_ONCE)

    async def _note(self, at: Position) -> None:
        """How far this reader has come; a failure is no failure of reading."""
        now = time.monotonic()
        if self._place and now - self._noted_at >= _NOTE_EVERY_S:
            self._noted_at = now
            with contextlib.suppress(*FAULTS):
                async with in_time():
                    await self._redis.set(self._place, stream_id(at), ex=PLACE_S)


def _following(entry_id: bytes, fields: dict[bytes, bytes], after: Position) -> tuple[Delta, ...]:
    """The deltas of the entry that come after this position. Raises PositionGone when any before are missing, or when
    the entry is none of ours: the snapshot leads past it."""
    try:
        batch = wire.read_entry(entry_id, fields)
    except wire.Damaged as error:
        raise PositionGone(_damaged(error)) from error
    if batch.after == after:
        return batch.deltas
    for number, delta in enumerate(batch.deltas, 1):
        if position_of(delta) == after and number < len(batch.deltas):
            return batch.deltas[number:]
    raise _gone(after)


def _no_older(now: Position, newest: Position | None) -> Position:
    """Redis that was set back to an old copy says nothing new: the bridge will write it anew. Raises UpstreamLost."""
    same_run = newest is not None and run_of(now.epoch) == run_of(newest.epoch)
    if newest is not None and same_run and now.sequence < newest.sequence:
        raise UpstreamLost("Redis holds an old copy of the state of now; the bridge is about to write it anew.")
    return now


def _gone(after: Position) -> PositionGone:
    return PositionGone(f"What came after {after.epoch}/{after.sequence} is not kept in Redis. Read the snapshot.")


@contextlib.asynccontextmanager
async def _upstream() -> AsyncIterator[None]:
    try:
        async with in_time():
            yield
    except FAULTS as error:
        raise UpstreamLost(f"Redis does not answer: {str(error) or type(error).__name__}") from error
    except (wire.Damaged, ValueError) as error:
        raise UpstreamLost(_damaged(error)) from error


def _damaged(error: Exception) -> str:
    """No traceback: it would show what the entry holds."""
    log.error("what is in Redis cannot be read", reason=str(error))
    return f"What is in Redis cannot be read: {error}"


async def places(redis: Redis, keys: Keys) -> dict[str, Position]:
    """How far each reader that has a name has come; of those that are gone for a minute nothing is kept."""
    async with _upstream():
        prefix = keys.reader("")
        found: dict[str, Position] = {}
        async for key in redis.scan_iter(match=f"{prefix}*", count=100):
            at = await redis.get(key)
            if at is not None:
                found[key.decode().removeprefix(prefix)] = position_at(cast(bytes, at))
        return found
