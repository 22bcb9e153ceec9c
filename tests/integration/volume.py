"""A small volume of its own, that can be full, or read-only."""

import contextlib
import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

_FILLER = "filler"


class Volume:
    """Mounted at ``path``; made by ``mounted``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    @contextlib.contextmanager
    def mounted(cls, path: Path, size: str = "4m") -> Iterator[Self]:
        """Skips the test where nothing may be mounted: it needs root, and a container that allows it."""
        path.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"no volume can be mounted here: {done.stderr.strip()}")
        try:
            yield cls(path)
        finally:
            subprocess.run(["umount", "-l", str(path)], check=True)

    def fill(self) -> None:
        """To the last byte."""
        with (self.path / _FILLER).open("ab", buffering=0) as file:
            for size in (65_536, 4_096, 1):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def free(self) -> None:
        (self.path / _FILLER).unlink(missing_ok=True)

    def read_only(self, on: bool) -> None:
        """No file on it may be open for writing then."""
        subprocess.run(["mount", "-o", f"remount,{'ro' if on else 'rw'}", str(self.path)], check=True)

    @property
    def space(self) -> int:
        """Bytes that are left."""
        room = os.statvfs(self.path)
        return room.f_bavail * room.f_frsize
