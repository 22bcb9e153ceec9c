"""A fake PBX, and sessions at it, for the tests of the link."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from telephony.ami.account import Account
from telephony.ami.keepalive import KeepAlive
from tests.integration.ami.fake_pbx import FakePbx

QUICK = KeepAlive(every=0.05, silence=0.3, deaf=0.6)
"""Seconds short enough for a test."""


async def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for what must happen; a failure of the test if it does not."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # the condition may be about anything
            await asyncio.sleep(0.005)


@pytest.fixture
async def pbx() -> AsyncIterator[FakePbx]:
    async with FakePbx() as fake:
        yield fake


@pytest.fixture
def account(pbx: FakePbx) -> Account:
    return Account("127.0.0.1", "zhitong", "right", pbx.port)
