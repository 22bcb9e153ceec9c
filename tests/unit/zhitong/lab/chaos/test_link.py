"""The proxy between bridge and PBX: passes everything, until it is closed, left half-open, or slowed."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.unit.zhitong.lab.chaos.conftest import Manager
from zhitong.lab.chaos.link import Link
from zhitong.lab.ports import Ports

LOGIN = b"Action: Login\r\nUsername: u\r\nSecret: s3cret\r\n\r\n"
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
SUCCESS = b"Response: Success\r\n\r\n"


class Client:
    """Stands in for the bridge."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def reads(self, expected: bytes) -> None:
        assert await asyncio.wait_for(self.reader.readexactly(len(expected)), 20) == expected

    async def is_cut_off(self) -> None:
        try:
            assert await asyncio.wait_for(self.reader.read(), 20) == b""
        except ConnectionError:
            return


Connect = Callable[[], Awaitable[Client]]


@pytest.fixture
async def connect(ports: Ports, link: Link) -> AsyncIterator[Connect]:
    """Makes a connection by the link."""
    made: list[Client] = []

    async def connect() -> Client:
        made.append(Client(*await asyncio.open_connection("127.0.0.1", ports.bridge)))
        return made[-1]

    yield connect
    for client in made:
        client.writer.transport.abort()


@pytest.fixture
async def client(manager: Manager, connect: Connect) -> Client:
    made = await connect()
    await made.reads(BANNER)
    return made


def is_clear(link: Link) -> bool:
    return link.clear_at is not None


async def test_it_passes_both_ways(client: Client, link: Link) -> None:
    client.writer.write(LOGIN)
    await client.reads(SUCCESS)
    assert await link.carrying(1)
    assert (link.clear_at or math.inf) <= time.monotonic()


async def test_with_nobody_on_it_it_is_not_clear(link: Link) -> None:
    assert not is_clear(link)
    assert not await link.carrying(0.01)


async def test_shut_it_breaks_off_and_takes_nobody(client: Client, link: Link, connect: Connect) -> None:
    async with link.shut():
        await client.is_cut_off()
        with pytest.raises(ConnectionRefusedError):
            await connect()
        assert not is_clear(link)
    await (await connect()).reads(BANNER)


async def test_shut_by_two_it_opens_when_both_are_done(link: Link, manager: Manager, connect: Connect) -> None:
    async with link.shut():
        async with link.shut():
            pass
        with pytest.raises(ConnectionRefusedError):
            await connect()
    await (await connect()).reads(BANNER)


async def test_half_open_it_swallows_and_new_connections_pass(client: Client, link: Link, connect: Connect) -> None:
    held = link.swallow()
    assert not is_clear(link)
    client.writer.write(LOGIN)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.reader.read(1), 0.2)
    assert not await link.given_up(held, 0.05)
    other = await connect()
    await other.reads(BANNER)
    assert is_clear(link)
    client.writer.close()
    assert await link.given_up(held, 20)


async def test_slow_it_trickles_and_is_not_clear_until_it_is_fast_again(client: Client, link: Link) -> None:
    before = link.clear_at
    with link.slowed():
        client.writer.write(LOGIN)
        assert not is_clear(link)
        await client.reads(SUCCESS)
    after = link.clear_at
    assert before is not None
    assert after is not None
    assert after > before


async def test_without_a_pbx_it_breaks_off_at_once(link: Link, connect: Connect) -> None:
    await (await connect()).is_cut_off()
    assert not is_clear(link)


async def test_when_the_pbx_goes_so_does_the_bridge_s_connection(client: Client, manager: Manager, link: Link) -> None:
    manager.close()
    await client.is_cut_off()
    async with asyncio.timeout(20):
        while is_clear(link):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
