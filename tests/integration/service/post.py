"""``zhitong serve`` as its users run it: a process, with a service manager that hears it."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Self

from telephony.config import read_site
from telephony.places import database_url, secrets_of
from telephony.records.query import CallQuery
from telephony.records.record import CallRecord
from telephony.records.store import RecordStore
from telephony.secrets import ensure_secrets

SITE = """\
name = "某市12345"
hotline = ["12345"]
[pbx.ami]
port = {port}
[[trunk]]
name = "carrier"
hosts = ["192.0.2.1"]
[[queue]]
name = "service"
"""


class Manager:
    """The service manager: a socket that is told READY=1."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        """What was said since the last time."""
        words: list[str] = []
        with contextlib.suppress(BlockingIOError):
            while True:
                words.append(self._socket.recv(4096).decode())
        return words

    def close(self) -> None:
        self._socket.close()


class Post:
    """One site and the processes that serve it, one after the other."""

    def __init__(self, folder: Path, port: int) -> None:
        self.site_file = folder / "site.toml"
        self.site_file.write_text(SITE.format(port=port), encoding="utf-8")
        self.site = read_site(self.site_file)
        self.secret = ensure_secrets(secrets_of(self.site_file, self.site), ["1001"]).ami
        self.manager = Manager(folder / "notify")
        self._log = folder / "serve.log"
        self._running: list[asyncio.subprocess.Process] = []

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, folder: Path, port: int) -> AsyncIterator[Self]:
        post = cls(folder, port)
        try:
            yield post
        finally:
            for process in post._running:
                if process.returncode is None:
                    process.kill()
                await process.wait()
            post.manager.close()

    def keep_in(self, url: str) -> None:
        """Have the database elsewhere."""
        with self.site_file.open("a", encoding="utf-8") as file:
            file.write(f'[store]\nurl = "{url}"\n')
        self.site = read_site(self.site_file)

    async def start(self, *options: str, environ: Mapping[str, str] | None = None) -> asyncio.subprocess.Process:
        command = [
            sys.executable,
            "-m",
            "zhitong",
            "serve",
            "--site",
            str(self.site_file),
            *(options or ("--log", "json")),
        ]
        environment = {**os.environ, "NOTIFY_SOCKET": str(self.manager.path), **(environ or {})}
        with self._log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log, env=environment)
        self._running.append(process)
        return process

    async def ready(self, seconds: float = 60.0) -> None:
        """Return when READY=1 is said, for the first time since ``heard`` was looked at."""
        async with asyncio.timeout(seconds):
            while "READY=1" not in self.manager.heard():
                assert self._running[-1].returncode is None, self.log_text
                await asyncio.sleep(0.02)

    async def stop(self, which: signal.Signals = signal.SIGTERM) -> int:
        """The exit status."""
        self._running[-1].send_signal(which)
        return await asyncio.wait_for(self._running[-1].wait(), 60)

    async def kill(self) -> None:
        self._running[-1].kill()
        await self._running[-1].wait()

    @property
    def log_text(self) -> str:
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    @property
    def log(self) -> list[dict[str, Any]]:
        """The whole lines of a JSON log; each must be JSON."""
        return [json.loads(line) for line in self.log_text.split("\n")[:-1]]

    async def logged(self, event: str, seconds: float = 60.0) -> dict[str, Any]:
        """Wait for a line of this event; the first one."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in self.log:
                if line["event"] == event:
                    return line
            await asyncio.sleep(0.02)
        raise AssertionError(f"no {event!r} in:\n{self.log_text}")

    async def records(self) -> list[CallRecord]:
        """What is on disk, the oldest first."""
        store = await RecordStore.open(database_url(self.site_file, self.site))
        try:
            return [record async for record in store.stream(CallQuery(oldest_first=True, limit=100))]
        finally:
            await store.close()

    async def recorded(self, count: int, seconds: float = 60.0) -> list[CallRecord]:
        """Wait until so many records are on disk."""
        async with asyncio.timeout(seconds):
            while len(records := await self.records()) < count:  # noqa: ASYNC110  # another process writes them
                await asyncio.sleep(0.1)
        assert len(records) == count
        return records
