"""The keys that sign tokens, as the file of secrets has them at present."""

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import structlog

from telephony.errors import ConfigError, ZhitongError
from telephony.secrets import read_secrets, with_token_key

LOOK_S = 2.0

log = structlog.get_logger(__name__)


class Keys(Protocol):
    """Keys by their names; the last in the order of names signs."""

    async def current(self) -> Mapping[str, str]:
        """Those that are good now; never none."""
        ...


class FixedKeys:
    """These and no others."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = keys

    async def current(self) -> Mapping[str, str]:
        return self._keys


class KeyFile:
    """Those of secrets.toml, read anew when the file is another one than it was, looked for every ``LOOK_S``: so that a
    key that was changed holds without a restart. A file that cannot be read changes nothing."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._clock = path, clock
        self._keys: Mapping[str, str] = {}
        self._seen: tuple[int, int, int] | None = None
        self._looked_at = float("-inf")

    async def current(self) -> Mapping[str, str]:
        """Raises ConfigError when there never were any and none can be made."""
        if not self._keys or self._clock() - self._looked_at >= LOOK_S:
            self._looked_at = self._clock()
            await asyncio.to_thread(self._look)
        return self._keys

    def _look(self) -> None:
        if not self._keys:
            self._keys = _first(self._path)
            return
        try:
            seen = _identity(self._path)
            if seen != self._seen:
                self._keys = read_secrets(self._path).tokens or self._keys
                self._seen = seen
        except (ZhitongError, OSError) as error:
            log.warning("the keys of tokens cannot be read; those known before are used", reason=str(error))


def _first(path: Path) -> Mapping[str, str]:
    try:
        return with_token_key(path).tokens
    except OSError as error:
        raise ConfigError(f"{path}: the key that signs tokens cannot be written: {error.strerror}.") from error


def _identity(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return (found.st_ino, found.st_mtime_ns, found.st_size)
