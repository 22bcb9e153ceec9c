"""The bridge under chaos is ``zhitong serve`` itself, with a window; it can be killed, and does not die unnoticed."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from telephony.config import read_site
from telephony.places import secrets_of
from telephony.secrets import ensure_secrets
from zhitong.lab.chaos.bridge import Bridge
from zhitong.lab.chaos.window import View
from zhitong.lab.ports import reserve

SITE = """\
name = "故障演练"
hotline = ["12345"]

[pbx.ami]
port = {port}

[[trunk]]
name = "carrier"
hosts = ["192.0.2.1"]

[[queue]]
name = "service"
"""


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[Bridge]:
    """Of a site whose PBX is not there."""
    with reserve(500) as ports:
        file = tmp_path / "site.toml"
        file.write_text(SITE.format(port=ports.ami), encoding="utf-8")
        ensure_secrets(secrets_of(file, read_site(file)), [])
        made = Bridge(file, tmp_path)
        keeper = asyncio.create_task(made.keep_running())
        yield made
        keeper.cancel()
        await made.stop()


async def seen(bridge: Bridge) -> View:
    """What it shows, once it does."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await bridge.view()
            except OSError:
                await asyncio.sleep(0.05)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_it_shows_what_it_holds_and_is_killed_and_started_again(bridge: Bridge, tmp_path: Path) -> None:
    await bridge.start()
    view = await seen(bridge)
    assert (view.connected, view.epoch, view.facts, view.unwritten) == (False, 0, frozenset(), 0)
    await bridge.kill()
    with pytest.raises(OSError):
        await bridge.view()
    await bridge.start()
    await seen(bridge)
    assert bridge.deaths == []
    assert '"event":' in (tmp_path / "bridge.log").read_text(encoding="utf-8"), "the command's own log"


async def test_an_end_that_nobody_asked_for_is_noted_and_mended(bridge: Bridge) -> None:
    await bridge.start()
    pid = (await seen(bridge)).pid
    os.kill(pid, signal.SIGKILL)
    await until(lambda: len(bridge.deaths) == 1)
    assert (await seen(bridge)).pid != pid
