"""A real Redis for the tests of a module."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.integration.live.rig import Site, site
from zhitong.lab.redis_server import RedisServer


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with RedisServer.running() as running:
        yield running


@pytest.fixture
async def pbx(server: RedisServer) -> AsyncIterator[Site]:
    """Keys of its own on the server, and whoever uses them, until the test's end."""
    async with site(server) as made:
        yield made
