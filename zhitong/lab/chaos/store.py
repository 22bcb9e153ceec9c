"""The store's outages: its database held by another process, its volume without room."""

import asyncio
import contextlib
import ctypes
import errno
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from zhitong.lab.child import Child

_SIZE = "64m"
_BLOCK = 1 << 16
_DETACH = 2  # MNT_DETACH of umount2(2)
_HOLD = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
time.sleep(600)
"""


def mount(folder: Path) -> bool:
    """Put a small volume in memory at ``folder``; False where this process may not.

    To be done in a mount namespace of one's own (unshare(1)), so that it goes with the process whatever happens.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, f"size={_SIZE}".encode()) == 0)


def unmount(folder: Path) -> None:
    """Take the volume away again, and leave what was on it where it was."""
    kept = folder.with_name(f"{folder.name}.kept")
    shutil.copytree(folder, kept)
    ctypes.CDLL(None).umount2(os.fsencode(folder), _DETACH)
    shutil.copytree(kept, folder, dirs_exist_ok=True)
    shutil.rmtree(kept)


@contextlib.contextmanager
def filled(folder: Path) -> Iterator[None]:
    """No byte of room on the volume at ``folder`` while inside."""
    ballast = folder / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            for size in (_BLOCK, 1):
                _fill(file.fileno(), size)
        yield
    finally:
        ballast.unlink(missing_ok=True)


def _fill(file: int, size: int) -> None:
    try:
        while True:
            os.write(file, bytes(size))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


@contextlib.asynccontextmanager
async def locked(database: Path, said: Path) -> AsyncIterator[None]:
    """The SQLite ``database`` is locked against writing while inside. ``said``: a file for what the holder says."""
    await asyncio.to_thread(said.unlink, missing_ok=True)
    command = [sys.executable, "-I", "-c", _HOLD, str(database)]
    holder = await Child.start(command, name="the lock's holder", output=said, cwd=said.parent, environ={})
    try:
        while not await asyncio.to_thread(said.read_bytes):
            if holder.status is not None:
                raise holder.died()
            await asyncio.sleep(0.02)
        yield
    finally:
        await holder.kill()
