"""When calls are judged: at the start, after each login, and every so often besides."""

import asyncio

import msgspec
import pytest

from telephony.journal import journal
from telephony.model.changes import EpochBegan
from telephony.model.ids import Micros
from tests.unit.telephony.journal.books import BOOT
from tests.unit.telephony.journal.desk import PACE, SECOND, Desk

NEVER = 100_000.0


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "_SOON_S", 0.5)


async def test_at_the_start_and_not_before_the_next_occasion(desk: Desk) -> None:
    desk.pace = msgspec.structs.replace(PACE, review=NEVER)
    desk.logs.call("1", 1)
    async with desk.working() as working:
        await desk.until(lambda: desk.ids == ["1"])
        await asyncio.sleep(1)
        desk.logs.call("2", 2)
        await desk.until(lambda: working.status.due == 1)
        await desk.a_while()
        assert desk.ids == ["1"]


async def test_after_each_login(desk: Desk) -> None:
    """What was missed while the link was down."""
    desk.pace = msgspec.structs.replace(PACE, review=NEVER)
    async with desk.working() as working:
        for number in ("1", "2"):
            await asyncio.sleep(1.5)  # the occasions of the start, or of the login before, are over
            desk.logs.call(number, int(number))
            await desk.until(lambda: working.status.due == 1)
            await desk.a_while()
            assert number not in desk.ids
            working.watch([EpochBegan(Micros((BOOT + 10) * SECOND), int(number), 0)])
            await desk.until(lambda number=number: number in desk.ids)  # type: ignore[misc]


async def test_as_an_audit(desk: Desk) -> None:
    """A call that the link, though it is there, has not told of: an event was lost, or misunderstood."""
    desk.pace = msgspec.structs.replace(PACE, review=0.5)
    async with desk.working():
        await asyncio.sleep(1)
        desk.logs.call("1", 1)
        await desk.until(lambda: desk.ids == ["1"])
