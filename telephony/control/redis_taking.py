"""Takes orders out of the Redis stream and has the door carry them out: each at most once, none after its deadline.

Taking is deleting: whoever deletes the entry has the order. What was taken is noted for ten minutes under the order's
key, with the answer when there is one, so that over a restart of ours, too, an order given twice is carried out once.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import cast

import msgspec
import structlog
from redis.asyncio import Redis

from telephony.control import redis_wire as wire
from telephony.control.commands import KEY_LIMIT, Answer, AskStatus, Reason, Request
from telephony.control.door import DEADLINE_LIMIT_S
from telephony.live.redis_link import FAULTS, Keys, in_time, read_stream

log = structlog.get_logger(__name__)

Handle = Callable[[Request], Awaitable[Answer]]

AT_ONCE = 50
_PAUSE_S = 0.3
_ANSWER_FOR_S = 5.0
"""How long it is tried to put an answer into Redis. Then the gateway has said *unknown*."""
_RESTARTED = "The bridge, or Redis, was started anew before it took the order; it is not known whether it was done."

# ARGV: the entry, who takes, for how long it is noted; an empty key is not noted.
_TAKE = """
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
if redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then return {'gone', ms, ''} end
if ARGV[3] == '0' then return {'ours', ms, ''} end
local run, answer = unpack(redis.call('HMGET', KEYS[2], 'run', 'answer'))
if answer then return {'answered', ms, answer} end
if run and run ~= ARGV[2] then return {'begun', ms, ''} end
redis.call('HSET', KEYS[2], 'run', ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return {'ours', ms, ''}
"""


class _Told(Exception):
    """There is an answer already, without carrying anything out; ``known``: it is on record."""

    def __init__(self, answer: Answer, *, known: bool = False) -> None:
        super().__init__(answer.why)
        self.answer = answer
        self.known = known


class RedisTaking:
    """Hands each order to ``handle`` (``Door.handle``). ``run`` it."""

    def __init__(self, redis: Redis, keys: Keys, handle: Handle) -> None:
        self._redis = redis
        self._keys = keys
        self._handle = handle
        self._take_one = redis.register_script(_TAKE)
        self._run = str(time.time_ns())
        self._under_way: set[asyncio.Task[None]] = set()
        self._well = True

    async def run(self) -> None:
        """Take orders until cancelled; what is under way then is given up."""
        try:
            while True:
                try:
                    await self._follow()
                except FAULTS as error:
                    if self._well:
                        log.warning("no orders come from gateways: Redis does not answer", reason=str(error))
                    self._well = False
                    await asyncio.sleep(_PAUSE_S)
        finally:
            for task in self._under_way:
                task.cancel()

    async def _follow(self) -> None:
        """Whatever is in the stream nobody has taken. What was there before we came may be an old copy of what we, or
        who was here before us, have carried out."""
        since = await self._now()
        self._well, last = True, b"0"
        while True:
            entries = await read_stream(self._redis, self._keys.orders, last, AT_ONCE)
            for entry, fields in entries:
                await self._begin(entry, wire.read_order(fields), since)
            last = entries[-1][0] if entries else b"0"  # a stream that was made anew may count from an earlier time

    async def _now(self) -> int:
        """Milliseconds since 1970 by the clock of Redis, which stamps the orders."""
        async with in_time():
            seconds, micros = await self._redis.time()
        return seconds * 1000 + micros // 1000

    async def _begin(self, entry: bytes, order: wire.Order, since: int) -> None:
        given = int(entry.partition(b"-")[0])
        noted = isinstance(order.request, Request) and _is_noted(order.request)
        key = order.request.key if isinstance(order.request, Request) else ""
        keys = (self._keys.orders, self._keys.taken(key))
        async with in_time():
            how, now, answer = await self._take_one(keys, [entry, self._run, wire.TAKEN_S if noted else 0])
        if how == b"gone":
            return
        try:
            request = _fit(order, how, answer, old=given < since, waited_s=(now - given) / 1000)
        except _Told as told:
            work = self._answer(order, told.answer, key if noted and not told.known else "")
        else:
            work = self._carry_out(order, request, key if noted else "")
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _carry_out(self, order: wire.Order, request: Request, noted: str) -> None:
        await self._answer(order, await self._handle(request), noted)

    async def _answer(self, order: wire.Order, answer: Answer, noted: str) -> None:
        """``noted``: the key under which it is kept, too."""
        said = wire.encode_answer(answer)
        to = self._keys.answers(order.to)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ANSWER_FOR_S):
                while True:
                    try:
                        async with self._redis.pipeline(transaction=True) as both:
                            if noted:
                                both.hset(self._keys.taken(noted), "answer", cast(str, said))
                                both.expire(self._keys.taken(noted), wire.TAKEN_S)
                            both.xadd(to, {"mark": order.mark, "answer": said}, maxlen=wire.ORDERS_LIMIT)
                            both.expire(to, wire.ORDERS_S)
                            await both.execute()
                        return
                    except FAULTS:
                        await asyncio.sleep(_PAUSE_S)
        log.warning("an answer did not get to its gateway: Redis does not answer", key=answer.key, taken=answer.taken)


def _is_noted(request: Request) -> bool:
    return not isinstance(request.command, AskStatus) and 0 < len(request.key) <= KEY_LIMIT


def _fit(order: wire.Order, how: bytes, answer: bytes, *, old: bool, waited_s: float) -> Request:
    """The request as it is to be carried out now, with the time that is left. Raises _Told."""
    request = order.request
    if isinstance(request, str):
        log.error("an order in Redis cannot be read", reason=request)
        raise _Told(wire.refused("", Reason.BAD_VALUE, request))
    if how == b"answered":
        raise _Told(wire.read_answer({b"mark": b"", b"answer": answer})[1], known=True)
    if how == b"begun":
        raise _Told(wire.unknown(request.key), known=True)
    if old:
        raise _Told(wire.unknown(request.key, _RESTARTED))
    if not 0 < request.deadline_s <= DEADLINE_LIMIT_S:
        return request  # the door says why not
    if waited_s >= request.deadline_s:
        raise _Told(wire.refused(request.key, Reason.TOO_LATE, wire.TOO_LATE))
    return msgspec.structs.replace(request, deadline_s=request.deadline_s - max(0.0, waited_s))
