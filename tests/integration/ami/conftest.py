"""A fake PBX, and sessions at it, for the tests of the link."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from telephony.ami.account import Account
from telephony.ami.codec import event_name
from telephony.ami.keepalive import KeepAlive
from telephony.ami.session import Arrival, Session
from tests.integration.ami.fake_pbx import FakePbx, lines

QUICK = KeepAlive(every=0.05, silence=0.3, deaf=0.6)
"""Seconds short enough for a test."""

NOTE = lines(("Event", "Newchannel"), ("CallerIDName", "市民"), ("Uniqueid", "1.1"))


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for what must happen; a failure of the test if it does not."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # the condition may be about anything
            await asyncio.sleep(0.005)


class Sink:
    """Keeps what it gets; raises when told to."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.arrivals: list[Arrival] = []
        self.raises = False

    def __call__(self, frame: bytes, arrival: Arrival) -> None:
        self.frames.append(frame)
        self.arrivals.append(arrival)
        if self.raises:
            raise ValueError("a handler that raises")

    @property
    def names(self) -> list[bytes]:
        return [event_name(frame) for frame in self.frames]

    async def has(self, count: int, name: bytes = b"Newchannel") -> None:
        await until(lambda: self.names.count(name) >= count)


@pytest.fixture
async def pbx() -> AsyncIterator[FakePbx]:
    async with FakePbx() as fake:
        yield fake


@pytest.fixture
def account(pbx: FakePbx) -> Account:
    return Account("127.0.0.1", "zhitong", "right", pbx.port)


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
async def session(account: Account, sink: Sink) -> Session:
    return await Session.open(account, sink)
