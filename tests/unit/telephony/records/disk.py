"""A disk that runs full, breaks, or stands still at a moment of choice, as the outbox's system calls see it."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


class Disk:
    """While it stands (``calls_left`` is 0) nothing on it changes any more, as after a kill -9: the last write may have
    been cut short. ``room`` is what still fits, in bytes. Real files underneath."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room: int | None = None
        self.calls_left: int | None = None
        self.part = 0.5  # of the write that the kill comes upon
        self.sync_fails = False
        self.calls = 0
        for name in ("fdatasync", "fsync", "ftruncate"):
            monkeypatch.setattr(os, name, self._guarded(getattr(os, name)))
        for name in ("unlink", "rename"):
            monkeypatch.setattr(Path, name, self._guarded(getattr(Path, name)))
        self._open, self._write = os.open, os.write
        monkeypatch.setattr(os, "write", self._writes)
        monkeypatch.setattr(os, "open", self._opens)

    def _guarded(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self._step()
            if self.sync_fails and "sync" in real.__name__:
                raise OSError(errno.EIO, "Input/output error")
            return real(*arguments)

        return call

    def _step(self) -> bool:
        """Raises when it stands; True when this is the last call."""
        self.calls += 1
        if self.calls_left is None:
            return False
        if not self.calls_left:
            raise OSError(errno.EIO, "the process is dead")
        self.calls_left -= 1
        return not self.calls_left

    def _opens(self, path: Any, flags: int, *rest: Any) -> int:
        if flags & os.O_CREAT:
            self._step()
        return self._open(path, flags, *rest)

    def _writes(self, file: int, data: bytes) -> int:
        last = self._step()
        size = len(data)
        if last:
            size = int(size * self.part)
        if self.room is not None:
            if not self.room:
                raise OSError(errno.ENOSPC, "No space left on device")
            size = min(size, self.room)
            self.room -= size
        return self._write(file, bytes(data)[:size]) if size else 0
