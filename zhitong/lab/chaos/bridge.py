"""The bridge under chaos: ``zhitong serve`` with a window, killed and started again."""

import asyncio
import contextlib
import os
import sys
from pathlib import Path

import msgspec

from zhitong.lab.chaos.window import View, address
from zhitong.lab.child import Child

_LOOK_S = 2.0
_LINE_LIMIT = 1 << 22


class Bridge:
    """The bridge of the site at ``site``; its log is ``directory/bridge.log``. Once started it is kept running:
    ``deaths`` tells of ends that nobody asked for."""

    def __init__(self, site: Path, directory: Path) -> None:
        self._site, self._directory = site, directory
        self._child: Child | None = None
        self._starts = 0
        self._wanted = False
        self._name = ""
        self.deaths: list[str] = []

    async def start(self) -> None:
        """Start it; it is not waited for."""
        self._starts += 1
        self._name = f"zhitong-chaos-{os.getpid()}-{id(self):x}-{self._starts}"
        serve = ["zhitong.lab.chaos.window", self._name, "serve", "--site", str(self._site), "--log", "json"]
        self._child = await Child.start(
            [sys.executable, "-P", "-m", *serve],
            name="the bridge (zhitong serve)",
            output=self._directory / "bridge.log",
            cwd=self._directory,
            environ={},
        )
        self._wanted = True

    async def kill(self) -> None:
        """SIGKILL, whatever it is doing."""
        self._wanted = False
        if self._child is not None:
            await self._child.kill()

    async def stop(self) -> None:
        """End it in order."""
        self._wanted = False
        if self._child is not None:
            await self._child.stop(grace_s=20.0)

    async def keep_running(self) -> None:
        """Start it again whenever it ends by itself, and note its last words. Until cancelled."""
        while True:
            await asyncio.sleep(0.2)
            if self._wanted and self._child is not None and self._child.status is not None:
                self.deaths.append(str(self._child.died()))
                await self.start()

    async def view(self) -> View:
        """What it holds now. Raises OSError when it does not say."""
        try:
            async with asyncio.timeout(_LOOK_S):
                reader, writer = await asyncio.open_unix_connection(address(self._name), limit=_LINE_LIMIT)
                with contextlib.closing(writer):
                    writer.write(b"\n")
                    return msgspec.json.decode(await reader.readline(), type=View)
        except (msgspec.DecodeError, ValueError) as error:
            raise ConnectionResetError("the bridge ended while it was looked at") from error
