"""Carries deltas into Redis: a stream that gateways follow, and beside it every document as it is now.

One script changes both, and only where Redis still holds what we wrote last: whatever befell it (restarted empty, set
back to an old copy, emptied by another), all documents are written anew then, and readers are told that their place is
gone. Redis is never waited for: while it is away deltas wait in a bounded buffer.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from enum import StrEnum

import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from telephony.live import redis_wire as wire
from telephony.live.documents import Delta, Snapshot
from telephony.live.port import Position, position_of
from telephony.live.redis_link import FAULTS, Keys, in_time
from telephony.live.redis_wire import stream_id

log = structlog.get_logger(__name__)

WAITING_LIMIT = 20_000
"""Deltas. Beyond it they are let go, and all documents are written anew when Redis is back."""
BATCH = 200
KEPT = 10_000
"""Batches in the stream, at least."""
BEAT_S = 2.0
ALIVE_S = 10
"""For so long the head stands that each beat renews; without it readers know that nobody publishes."""
KEPT_S = 60
"""For so long documents and deltas outlive the last beat."""
_FIRST_PAUSE_S, _LAST_PAUSE_S = 0.1, 2.0
_SILENT_S = 5.0

_GUARD = """
local run, at = unpack(redis.call('HMGET', KEYS[1], 'run', 'at'))
if run and tonumber(run) > tonumber(ARGV[1]) then return 'other' end
"""
_RENEW = """
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('EXPIRE', KEYS[2], ARGV[5])
redis.call('EXPIRE', KEYS[3], ARGV[5])
return 'done'
"""
# ARGV: run, the position now, the position before, two expiries, how many batches are kept, the batch, how many
# documents are set, each key and document, each key that is gone.
_ADD = (
    _GUARD
    + """
if run ~= ARGV[1] or redis.call('EXISTS', KEYS[2]) == 0 then return 'lost' end
if at ~= ARGV[2] then
  if at ~= ARGV[3] then return 'lost' end
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[6], ARGV[2], 'v', '1', 'after', ARGV[3], 'deltas', ARGV[7])
  local last = 8 + 2 * tonumber(ARGV[8])
  for i = 9, last, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
  for i = last + 1, #ARGV do redis.call('HDEL', KEYS[2], ARGV[i]) end
  redis.call('HSET', KEYS[1], 'at', ARGV[2])
end
"""
    + _RENEW
)
# ARGV: run, the position now, nothing, two expiries, each key and document.
_BEGIN = (
    _GUARD
    + """
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
for i = 6, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[1], 'run', ARGV[1], 'at', ARGV[2])
"""
    + _RENEW
)


_Values = list[str | bytes | int]


class Said(StrEnum):
    DONE = "done"
    LOST = "lost"  # Redis does not hold what we wrote last
    OTHER = "other"  # a bridge that was started after us publishes


class RedisOutlet:
    """An Outlet. ``look`` makes the snapshot, which must be that of the last delta published. ``kept``: batches.
    ``tell`` hears why Redis cannot be written, and None when it can again. ``run`` it."""

    def __init__(
        self,
        redis: Redis,
        keys: Keys,
        look: Callable[[], Snapshot],
        kept: int = KEPT,
        tell: Callable[[str | None], None] = lambda _away: None,
    ) -> None:
        self._tell = tell
        self._kept = kept
        self._keys = (keys.head, keys.documents, keys.deltas)
        self._look = look
        self._add = redis.register_script(_ADD)
        self._begin = redis.register_script(_BEGIN)
        self._run = str(time.time_ns() // 1_000_000)
        self._waiting: deque[Delta] = deque()
        self._sending: list[Delta] = []
        self._at: Position | None = None  # what Redis knows; None: everything is to be written
        self._more = asyncio.Event()
        self.away: str | None = None
        """Why Redis cannot be written; None: it can, as far as is known."""
        self._told = False

    def publish(self, deltas: Sequence[Delta]) -> None:
        """As of Outlet."""
        if len(self._waiting) + len(deltas) > WAITING_LIMIT:
            self._waiting.clear()
            self._at = None
        elif self._at is not None:
            self._waiting.extend(deltas)
        self._more.set()

    async def run(self) -> None:
        """Write until cancelled."""
        pause = _FIRST_PAUSE_S
        while True:
            try:
                await self._work()
                pause = _FIRST_PAUSE_S
            except FAULTS as error:
                if isinstance(error, ResponseError):  # something of another's is in the way
                    self._at = None
                self._note(str(error) or type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LAST_PAUSE_S)

    async def _work(self) -> None:
        """Write once, and wait for more."""
        if self._at is None:
            said = await self._write_all()
        else:
            said = await self._write(self._at)
        if said is Said.OTHER:
            self._at = None
            self._note("a bridge that was started later publishes for this PBX")
            await asyncio.sleep(_SILENT_S)
        elif said is Said.LOST:
            self._at = None
        else:
            self._note(None)
            await self._pause()

    async def _pause(self) -> None:
        if self._waiting or self._at is None:
            return
        self._more.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BEAT_S):
                await self._more.wait()

    async def _write_all(self) -> Said:
        snapshot = self._look()
        self._waiting.clear()
        self._sending = []
        at = self._at = Position(snapshot.epoch, snapshot.sequence)  # what is published meanwhile waits
        documents = [part for pair in wire.documents(snapshot).items() for part in pair]
        try:
            async with in_time():
                said = await self._begin(self._keys, [self._run, stream_id(at), "", ALIVE_S, KEPT_S, *documents])
        except BaseException:
            self._at = None
            raise
        return Said(said.decode())

    async def _write(self, at: Position) -> Said:
        """The next batch; without one, a sign of life. A batch of which no answer came is written again: the script
        knows it."""
        if not self._sending:
            self._sending = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        batch = self._sending
        now = position_of(batch[-1]) if batch else at
        head: _Values = [self._run, stream_id(now), stream_id(at), ALIVE_S, KEPT_S, self._kept, wire.entry(batch)]
        async with in_time():
            said = await self._add(self._keys, [*head, *_documents(batch)])
        self._sending = []
        if self._at is not None:
            self._at = now
        return Said(said.decode())

    def _note(self, away: str | None) -> None:
        if not self._told or (away is None) != (self.away is None):
            self._told = True
            if away is None:
                log.info("documents are published in Redis")
            else:
                log.warning("gateways are told nothing: Redis cannot be written", reason=away)
            self._tell(away)
        self.away = away


def _documents(batch: Sequence[Delta]) -> _Values:
    """How many are set, each key and document, each key that is gone: as after the last of the batch."""
    last = {delta.key: delta for delta in batch}
    there = [delta for delta in last.values() if delta.document is not None]
    gone = [delta.key for delta in last.values() if delta.document is None]
    found: _Values = [len(there)]
    for delta in there:
        found += (delta.key, wire.document_of(delta))
    return [*found, *gone]
