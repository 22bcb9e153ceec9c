"""Gateways in processes of their own, a Redis between them and the bridge, real calls: one is killed, and its desktops
go on at the other."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent_bridge.rebuilt import Change
from telephony.live.documents import CallDocument
from tests.integration.agent_bridge.hall import ENOUGH_S, Hall, free_port, hall
from zhitong.lab.child import Child
from zhitong.lab.phones.policy import Answer
from zhitong.lab.programs import find_tools
from zhitong.lab.redis_server import RedisServer

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]


@asynccontextmanager
async def gateway(room: Hall, port: int) -> AsyncIterator[Child]:
    """A process of its own, which ends with the test."""
    run = room.scene.lab.run
    command = [
        sys.executable,
        "-P",
        "-m",
        "zhitong",
        "gateway",
        "--site",
        str(room.scene.site_file),
        "--port",
        str(port),
    ]
    child = await Child.start(command, name="a gateway", output=run / f"gateway-{port}.log", cwd=run, environ={})
    try:
        async with asyncio.timeout(ENOUGH_S):
            while not await listens(port):  # noqa: ASYNC110  # it tells nobody
                await asyncio.sleep(0.1)
        yield child
    finally:
        await child.kill()


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_one_of_two_gateways_is_killed_and_nothing_is_missed(tmp_path: Path) -> None:
    tools = await asyncio.to_thread(find_tools)
    ports = (free_port(), free_port())
    urls = [f"ws://127.0.0.1:{port}/agent" for port in ports]
    with RedisServer.running() as redis:
        async with (
            hall(tmp_path, tools, "1001", redis=redis.url) as room,
            gateway(room, ports[0]) as first,
            gateway(room, ports[1]) as second,
            room.desktop("1001", "seat", *urls) as desk,
            room.desktop("boss", "wall", urls[1]) as boss,
        ):
            room.phones["1001"].on_invite = Answer()
            seen: list[tuple[str, str]] = []
            watched: list[tuple[str, str]] = []
            desk.on_change = lambda change: note(seen, change)
            boss.on_change = lambda change: note(watched, change)
            assert (await desk.sign_in()).seen
            call = await room.citizen.call("12345")
            await desk.until(lambda: ("call", "talking") in seen, ENOUGH_S)
            await first.kill()
            await boss.until(lambda: bool(boss.state.calls), ENOUGH_S)
            (document,) = boss.state.calls
            await call.hangup()
            await boss.until(lambda: ("call", "gone") in watched, ENOUGH_S)
            await desk.until(lambda: ("call", "gone") in seen, ENOUGH_S)
            assert desk.resumed == desk.hellos - 1 >= 1
            assert document.agent == "1001"
            own = [state for kind, state in seen if kind == "call"]
            all_of_it = [state for kind, state in watched if kind == "call"]
            assert own == all_of_it[-len(own) :]  # before the offer it did not concern the agent
            assert await second.stop() == 0


def note(seen: list[tuple[str, str]], change: Change) -> None:
    kind = change.key.partition("/")[0]
    document = change.document
    if document is None:
        seen.append((kind, "gone"))
    elif isinstance(document, CallDocument):
        seen.append((kind, document.state))
