"""Passwords: made, hashed with argon2id, held against their hashes; never more of that at once than one core bears."""

import asyncio
import os
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from zhitong.access.refused import NotNow

MAX_WAITING = 128
"""Passwords that wait to be checked; a shift of 68 who sign in at once is half of that. Who comes when it is full is
asked to try again."""
_BUSY_S = 2.0
_NICE = 10

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that are taken for each other on paper
_GROUPS, _GROUP = 4, 4

Result = TypeVar("Result")
Work = Callable[[], Result]


def one_time_password() -> str:
    """A first password, to be typed from paper once: 79 bits."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def hasher() -> PasswordHasher:
    """argon2id with the memory-saving parameters of RFC 9106 §4 in one lane: 64 MiB, three passes."""
    return PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)


class Passwords:
    """Hashes and checks in one thread of low priority, so that a flood of tries never takes the core that calls need.
    ``close`` ends the thread."""

    def __init__(self, made_by: PasswordHasher | None = None, max_waiting: int = MAX_WAITING) -> None:
        self._hasher = made_by or hasher()
        self._max_waiting = max_waiting
        self._waiting = 0
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="passwords", initializer=_step_back)
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """Raises NotNow when too many wait."""
        return await self._in_turn(lambda: self._hasher.hash(_bytes(password)))

    async def fits(self, password: str, hashed: str | None) -> bool:
        """Whether it is the password of this hash. For None, of an account that there is not, it is as much work and
        the answer is no. Raises NotNow when too many wait."""
        return await self._in_turn(lambda: self._fits(password, hashed))

    def is_dated(self, hashed: str) -> bool:
        """Whether it was made with other parameters than are used now."""
        return self._hasher.check_needs_rehash(hashed)

    def close(self) -> None:
        """Whoever waits is cancelled."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _in_turn(self, work: Work[Result]) -> Result:
        if self._waiting >= self._max_waiting:
            raise NotNow(_BUSY_S, busy=True)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1

    def _fits(self, password: str, hashed: str | None) -> bool:
        if self._nobodys is None:
            self._nobodys = self._hasher.hash(secrets.token_bytes(16))
        try:
            self._hasher.verify(hashed or self._nobodys, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False
        return hashed is not None


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


def _step_back() -> None:
    """On Linux a thread has a niceness of its own (setpriority(2), "BUGS")."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
