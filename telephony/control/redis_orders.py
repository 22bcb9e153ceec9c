"""The door, for gateways in processes of their own: orders go into a Redis stream, answers come back in another.

An order is whoever's who deletes it from the stream: the bridge, to carry it out; or the gateway, at the deadline, to
call it back. So what was not taken is known not to have been done, and nothing is taken late.
"""

import asyncio
import uuid
from collections.abc import Awaitable
from itertools import count
from typing import Any, cast

import structlog
from redis.asyncio import Redis

from telephony.control import redis_wire as wire
from telephony.control.commands import Answer, Reason, Request
from telephony.control.door import DEADLINE_LIMIT_S
from telephony.live.redis_link import FAULTS, Keys, in_time, read_stream

log = structlog.get_logger(__name__)

GRACE_S = 1.0
"""How much longer than its deadline an order's answer is waited for."""
_READY_S = 1.0
_PAUSE_S = 0.3

# ARGV: the order, its gateway, its mark, the limit, the expiry.
_PUT = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 'nobody' end
if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[4]) then return 'busy' end
local entry = redis.call('XADD', KEYS[2], '*', 'v', '1', 'request', ARGV[1], 'to', ARGV[2], 'mark', ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[5])
return entry
"""


class RedisOrders:
    """An Orders. ``run`` it: answers come in there."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys
        self._name = uuid.uuid4().hex
        self._put = redis.register_script(_PUT)
        self._marks = count(1)
        self._asked: dict[str, asyncio.Future[Answer]] = {}
        self._ready = asyncio.Event()

    async def handle(self, request: Request) -> Answer:
        """As of Orders."""
        if not await self._is_ready():
            return wire.refused(request.key, Reason.UNAVAILABLE, wire.UNAVAILABLE)
        mark = str(next(self._marks))
        answer = self._asked[mark] = asyncio.get_running_loop().create_future()
        try:
            return await self._ask(request, mark, answer)
        finally:
            del self._asked[mark]

    async def _is_ready(self) -> bool:
        try:
            async with asyncio.timeout(_READY_S):
                return await self._ready.wait()
        except TimeoutError:
            return False

    async def _ask(self, request: Request, mark: str, answer: asyncio.Future[Answer]) -> Answer:
        try:
            async with asyncio.timeout(min(request.deadline_s, DEADLINE_LIMIT_S) + GRACE_S):
                entry = await self._send(request, mark)
                if entry == b"nobody":
                    return wire.refused(request.key, Reason.UNAVAILABLE, wire.UNAVAILABLE)
                if entry == b"busy":
                    why = "Too many commands are under way. Try again in a moment."
                    return wire.refused(request.key, Reason.BUSY, why)
                return await answer
        except TimeoutError:
            return await self._call_back(request, mark)

    async def _send(self, request: Request, mark: str) -> bytes | None:
        """The entry of the order, or why there is none; None: whether it was sent is not known."""
        said: list[str | bytes | int] = [
            wire.encode_request(request),
            self._name,
            mark,
            wire.ORDERS_LIMIT,
            wire.ORDERS_S,
        ]
        try:
            async with in_time():
                entry = await self._put((self._keys.head, self._keys.orders), said)
        except FAULTS as error:
            log.warning("it is not known whether an order reached Redis", key=request.key, reason=str(error))
            return None
        return cast(bytes, entry)

    async def _call_back(self, request: Request, mark: str) -> Answer:
        """The deadline has passed: take the order out of the stream, if nobody has."""
        try:
            async with in_time():
                entries = await self._redis.xrange(self._keys.orders)
                for entry, fields in cast(list[tuple[bytes, dict[bytes, bytes]]], entries):
                    ours = fields.get(b"to") == self._name.encode() and fields.get(b"mark") == mark.encode()
                    if ours and await self._redis.xdel(self._keys.orders, entry):
                        return wire.refused(request.key, Reason.UNAVAILABLE, wire.UNAVAILABLE)
        except FAULTS as error:
            log.warning("an order could not be called back", key=request.key, reason=str(error))
        return wire.unknown(request.key)

    async def run(self) -> None:
        """Take answers until cancelled."""
        while True:
            try:
                await self._follow()
            except FAULTS as error:
                if self._ready.is_set():
                    log.warning("orders cannot be given: Redis does not answer", reason=str(error))
                self._ready.clear()
                await asyncio.sleep(_PAUSE_S)

    async def _follow(self) -> None:
        async with in_time():
            await cast(Awaitable[Any], self._redis.ping())
        self._ready.set()
        answers, last = self._keys.answers(self._name), b"0"
        while True:
            for entry, fields in await read_stream(self._redis, answers, last):
                self._take(fields)
                last = entry

    def _take(self, fields: wire.Fields) -> None:
        try:
            mark, answer = wire.read_answer(fields)
        except ValueError as error:
            log.error("an answer in Redis cannot be read", reason=str(error))  # noqa: TRY400  # it would show the answer
            return
        asked = self._asked.get(mark)
        if asked is not None and not asked.done():
            asked.set_result(answer)
