"""The bridge as its users run it: a process of ``zhitong serve``, that can be stopped, killed and started again."""

import asyncio
import os
import socket
import sys
from pathlib import Path

from telephony.errors import LabError
from zhitong.lab.child import Child, last_lines


class Bridge:
    """``zhitong serve`` for the site at ``site``; its log is ``directory/bridge.log``."""

    def __init__(self, site: Path, directory: Path) -> None:
        self._site = site
        self._directory = directory
        self._child: Child | None = None

    async def start(self, timeout_s: float = 30.0) -> None:
        """Start it; returns when it says that it is connected and has the PBX's state (sd_notify READY=1).

        Raises LabError with its last words when it ends before, or is not ready in time.
        """
        name = f"\0zhitong-bridge-{os.getpid()}-{id(self):x}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as news:
            news.bind(name)
            news.setblocking(False)
            self._child = await Child.start(
                [sys.executable, "-P", "-m", "zhitong", "serve", "--site", str(self._site), "--log", "json"],
                name="the bridge (zhitong serve)",
                output=self._directory / "bridge.log",
                cwd=self._directory,
                environ={"NOTIFY_SOCKET": "@" + name[1:]},
            )
            try:
                await asyncio.wait_for(self._ready(self._child, news), timeout_s)
            except TimeoutError:
                await self._child.kill()
                said = "\n  ".join(last_lines(self._child.output, 12)) or "(nothing)"
                raise LabError(f"the bridge was not ready after {timeout_s:g} s. Its last words:\n  {said}") from None

    async def _ready(self, child: Child, news: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        end = asyncio.create_task(child.wait())
        try:
            while True:
                word = asyncio.create_task(loop.sock_recv(news, 4096))
                await asyncio.wait({word, end}, return_when=asyncio.FIRST_COMPLETED)
                if not word.done():
                    word.cancel()
                    raise child.died()
                if b"READY=1" in word.result():
                    return
        finally:
            end.cancel()

    @property
    def pid(self) -> int:
        """Process id."""
        if self._child is None:
            raise LabError("the bridge was not started")
        return self._child.pid

    async def wait(self) -> LabError:
        """Wait until the process ends, and return the error that tells how. For whoever watches over it."""
        if self._child is None:
            raise LabError("the bridge was not started")
        await self._child.wait()
        return self._child.died()

    async def stop(self) -> None:
        """End it in order: what it knows is written."""
        if self._child is not None:
            await self._child.stop(grace_s=15.0)

    async def kill(self) -> None:
        """SIGKILL."""
        if self._child is not None:
            await self._child.kill()
