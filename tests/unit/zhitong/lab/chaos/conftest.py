"""A manager interface that says what it is told to, and our proxy before it."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from zhitong.lab.chaos.link import Link
from zhitong.lab.ports import Ports, reserve

LISTS = {"CoreShowChannels": "CoreShowChannelsComplete", "QueueStatus": "QueueStatusComplete"}


class Manager:
    """Answers a login and two lists; ``rows`` are the events of the first. ``starting``: it knows no queues yet."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.rows: list[dict[str, str]] = []
        self.secret = "s3cret"
        self.starting = False
        self.logins = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        try:
            while True:
                text = (await reader.readuntil(b"\r\n\r\n")).decode()
                asked = dict(line.split(": ", 1) for line in text.split("\r\n") if line)
                writer.write(self._answer(asked).encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, asked: dict[str, str]) -> str:
        if asked["Action"] == "Login":
            self.logins += 1
            return f"Response: {'Success' if asked['Secret'] == self.secret else 'Error'}\r\n\r\n"
        if self.starting and asked["Action"] == "QueueStatus":
            return "Response: Error\r\nMessage: Invalid/unknown command: QueueStatus.\r\n\r\n"
        rows = self.rows if asked["Action"] == "CoreShowChannels" else []
        events = [{"Response": "Success"}, *rows, {"Event": LISTS[asked["Action"]]}]
        return "".join("".join(f"{key}: {value}\r\n" for key, value in each.items()) + "\r\n" for each in events)


@pytest.fixture
def ports() -> Iterator[Ports]:
    with reserve(500) as held:
        yield held


@pytest.fixture
async def manager(ports: Ports) -> AsyncIterator[Manager]:
    made = Manager(ports.ami)
    await made.open()
    yield made
    made.close()


@pytest.fixture
async def link(ports: Ports) -> AsyncIterator[Link]:
    """To where the manager is, or is not."""
    made = Link(ports.bridge, ports.ami)
    await made.open()
    yield made
    made.close()
