"""A gateway on a free port, and a desktop that speaks plain WebSocket and JSON, without the client's code."""

import asyncio
import contextlib
import itertools
import json
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from agent_bridge.finder import Finder
from agent_bridge.gateway import Gateway
from agent_bridge.settings import Settings
from tests.integration.agent_bridge.world import Accounts, Audit, Door, Feed, furnish, people

PATIENCE_S = 20.0


class Rig:
    """One gateway in its world. ``start`` and ``stop`` it, as often as wanted."""

    def __init__(
        self, settings: Settings | None = None, tls: ssl.SSLContext | None = None, finder: Finder | None = None
    ) -> None:
        self.feed, self.door, self.accounts, self.audit = Feed(), Door(), Accounts(), Audit()
        self.settings = settings or Settings()
        self.tls = tls
        self.finder = finder
        self.origins: tuple[str, ...] = ()
        self.port = 0
        furnish(self.feed)
        people(self.accounts)
        self.gateway = self._made()
        self._stack = contextlib.AsyncExitStack()

    def _made(self) -> Gateway:
        return Gateway(self.feed, self.door, self.accounts, self.audit, self.settings, "gw", self.finder)

    @property
    def url(self) -> str:
        return f"{'wss' if self.tls else 'ws'}://127.0.0.1:{self.port}/agent"

    async def start(self) -> None:
        """On the port of before, if there was one."""
        self.gateway = self._made()
        work = asyncio.create_task(self.gateway.run())
        self._stack.push_async_callback(_stop, work)
        serving = self.gateway.serving("127.0.0.1", self.port, self.tls, self.origins)
        self.port = await self._stack.enter_async_context(serving)

    async def stop(self) -> None:
        await self._stack.aclose()
        self._stack = contextlib.AsyncExitStack()


async def _stop(work: "asyncio.Task[None]") -> None:
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


@contextlib.asynccontextmanager
async def running(
    settings: Settings | None = None, tls: ssl.SSLContext | None = None, finder: Finder | None = None
) -> AsyncIterator[Rig]:
    rig = Rig(settings, tls, finder)
    await rig.start()
    try:
        yield rig
    finally:
        await rig.stop()


class Plain:
    """A desktop by hand. ``told``: notifications that came, in order."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.told: list[dict[str, Any]] = []
        self._ids = itertools.count(1)

    async def hello(self, token: str, **more: Any) -> dict[str, Any]:
        return await self.ask("hello", token=token, client_id=more.pop("client_id", token), **more)

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The whole answer: ``result`` or ``error`` is in it."""
        number = next(self._ids)
        await self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return await self.answer_to(number)

    async def send(self, message: Any) -> None:
        await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def answer_to(self, number: int | str | None) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message: dict[str, Any] = json.loads(await self.connection.recv())
                if "method" not in message and message["id"] == number:
                    return message
                self.told.append(message)

    async def next(self, method: str) -> dict[str, Any]:
        """The next notification of this kind; its params."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for at, message in enumerate(self.told):
                    if message.get("method") == method:
                        del self.told[: at + 1]
                        return dict(message["params"])
                self.told.append(json.loads(await self.connection.recv()))

    async def up_to_now(self) -> list[dict[str, Any]]:
        """Everything that was told up to this moment, and is taken out."""
        await self.ask("ping")
        found, self.told = self.told, []
        return found

    async def close_code(self) -> int | None:
        """Waits until it is closed by the gateway."""
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    self.told.append(json.loads(await self.connection.recv()))
        return self.connection.close_code


@contextlib.asynccontextmanager
async def plain(rig: Rig, token: str = "", **hello: Any) -> AsyncIterator[Plain]:
    """A desktop that is connected and, with a token, has said hello."""
    async with connect(rig.url, compression=None, ssl=_trusting(rig), max_size=None) as connection:
        desktop = Plain(connection)
        if token:
            assert "result" in await desktop.hello(token, **hello)
        yield desktop


def _trusting(rig: Rig) -> ssl.SSLContext | None:
    if rig.tls is None:
        return None
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def until(test: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    async with asyncio.timeout(patience_s):
        while not test():  # noqa: ASYNC110  # what it looks at tells nobody
            await asyncio.sleep(0.01)
