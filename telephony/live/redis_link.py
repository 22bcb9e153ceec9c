"""How Redis is reached, and what our keys there are called.

Everything of one PBX begins with ``zhitong:{systemname}:``; the braces keep it together on one node of a cluster. Every
key expires: a site that is gone leaves nothing behind (docs/decisions/0012).
"""

import asyncio
import hashlib
import ssl
from collections.abc import Awaitable
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from telephony.errors import ConfigError
from telephony.model.ids import PbxName

CONNECT_S = 2.0
ANSWER_S = 5.0
"""How long Redis may take, to be connected to and to answer. Longer than ``BLOCK_MS``."""
CONNECTIONS = 64
"""Of one client at most. Each reader has one to itself; who finds none free waits for ``ANSWER_S``."""
BLOCK_MS = 1_000
"""How long a read waits for what comes, before it looks whether the other side still lives."""

FAULTS = (RedisError, OSError, TimeoutError)
"""What Redis being away, or broken, is told by."""


Entry = tuple[bytes, dict[bytes, bytes]]
"""Of a stream: its id, its fields."""


class Keys(msgspec.Struct, frozen=True):
    """The names of one PBX's keys."""

    head: str
    documents: str
    deltas: str
    orders: str
    prefix: str

    def reader(self, name: str) -> str:
        """Where the reader of this name stands."""
        return f"{self.prefix}reader:{name}"

    def answers(self, gateway: str) -> str:
        """The stream of answers to this gateway's orders."""
        return f"{self.prefix}answers:{gateway}"

    def taken(self, key: str) -> str:
        """What became of the order of this key."""
        return f"{self.prefix}taken:{hashlib.blake2b(key.encode(), digest_size=16).hexdigest()}"


def keys_of(pbx: PbxName) -> Keys:
    """The keys of this PBX."""
    prefix = f"zhitong:{{{pbx}}}:"
    head, documents, deltas, orders = (prefix + name for name in ("head", "documents", "deltas", "orders"))
    return Keys(head, documents, deltas, orders, prefix)


def open_redis(url: str, password: str | None = None, ca: str | None = None) -> Redis:
    """A client; it connects when it is first used. ``password`` where the URL has none; ``ca``: whose certificates
    are believed of a ``rediss://`` server, in PEM. Nothing is ever sent twice. Raises ConfigError."""
    options: dict[str, Any] = {
        "socket_connect_timeout": CONNECT_S,
        "socket_timeout": None,  # else redis-py sends by asyncio.wait_for, which before Python 3.12 may lose a cancel
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
    }
    if password is not None:
        options["password"] = password
    if ca is not None and urlsplit(url).scheme == "rediss":
        options["ssl_ca_certs"] = _readable(ca)
    try:
        pool = BlockingConnectionPool.from_url(url, max_connections=CONNECTIONS, timeout=ANSWER_S, **options)
    except ValueError as error:
        raise ConfigError(f"store.redis_url: {error}") from error
    return Redis.from_pool(pool)


def _readable(ca: str) -> str:
    try:
        ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise ConfigError(f"store.redis_ca: {ca} cannot be read, or holds no certificate in PEM form.") from error
    return ca


def in_time() -> asyncio.Timeout:
    """Around everything that is asked of Redis: it raises TimeoutError when no answer comes."""
    return asyncio.timeout(ANSWER_S)


async def read_stream(redis: Redis, key: str, after: bytes | str, at_once: int | None = None) -> list[Entry]:
    """What is in the stream after this id, or comes within ``BLOCK_MS``; often nothing. Raises as Redis does."""
    read = redis.xread({key: after}, count=at_once, block=BLOCK_MS)
    async with in_time():
        found = await cast(Awaitable[list[tuple[bytes, list[Entry]]] | None], read)
    reader = asyncio.current_task()
    if reader is not None and reader.cancelling():  # redis-py now and then takes a cancellation for its own
        raise asyncio.CancelledError
    return [entry for _, entries in found or () for entry in entries]
