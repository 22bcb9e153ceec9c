"""The state is held against the PBX's from outside, and the time it was wrong is counted from the link's return."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

import pytest

from tests.unit.zhitong.lab.chaos.conftest import Manager
from zhitong.lab.chaos.facts import Facts, of_rows
from zhitong.lab.chaos.pbx_state import PbxState
from zhitong.lab.chaos.watch import LIMIT_S, StateWatch, percentile
from zhitong.lab.chaos.window import View

CHANNEL = {"Event": "CoreShowChannel", "Uniqueid": "a.1"}


class Bridge:
    """``holds`` what it is told to, or says nothing."""

    def __init__(self) -> None:
        self.holds: Facts | None = frozenset()

    async def view(self) -> View:
        if self.holds is None:
            raise ConnectionRefusedError
        return View(1, True, 1, self.holds, 0, 0, None)


class Link:
    """Clear since when it is told to be."""

    def __init__(self) -> None:
        self.since: float | None = time.monotonic()

    @property
    def clear_at(self) -> float | None:
        return self.since


class Watched:
    def __init__(self, manager: Manager) -> None:
        self.manager, self.bridge, self.link = manager, Bridge(), Link()
        self.watch = StateWatch(manager.port, "u", "s3cret", self.bridge, self.link)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def looks(self, count: int) -> None:
        after = self.watch.looks + count
        await self.until(lambda: self.watch.looks >= after)


@pytest.fixture
async def watched(manager: Manager) -> AsyncIterator[Watched]:
    made = Watched(manager)
    running = asyncio.create_task(made.watch.run())
    yield made
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_a_right_state_is_never_late(watched: Watched) -> None:
    assert await watched.watch.right(30)
    await watched.looks(3)
    assert len(watched.watch.returns) == 1
    assert not watched.watch.late


async def test_a_wrong_state_is_late_from_the_link_s_return_on(watched: Watched) -> None:
    watched.manager.rows.append(CHANNEL)
    watched.link.since = time.monotonic() - LIMIT_S
    await watched.until(lambda: bool(watched.watch.late))
    assert watched.watch.late_s > LIMIT_S
    assert watched.watch.late[0].wrong == ("channel a.1",)
    watched.bridge.holds = of_rows([CHANNEL])
    assert await watched.watch.right(30)


async def test_a_state_that_goes_wrong_later_is_late_too(watched: Watched) -> None:
    assert await watched.watch.right(30)
    watched.bridge.holds = frozenset({("channel", "ghost")})
    await watched.until(lambda: bool(watched.watch.late))
    assert watched.watch.late[0].wrong == ("channel ghost",)


async def test_a_bridge_that_does_not_answer_is_late(watched: Watched) -> None:
    watched.bridge.holds = None
    await watched.until(lambda: bool(watched.watch.late))
    assert watched.watch.late[0].wrong == ("no answer",)


async def test_without_a_link_nothing_is_late(watched: Watched) -> None:
    watched.link.since = None
    watched.manager.rows.append(CHANNEL)
    before = watched.watch.looks
    await asyncio.sleep(0.5)
    assert watched.watch.looks == before
    assert watched.watch.late_s == 0


async def test_each_return_is_counted_once(watched: Watched) -> None:
    assert await watched.watch.right(30)
    watched.link.since = time.monotonic()
    await watched.until(lambda: len(watched.watch.returns) == 2)
    await watched.looks(3)
    assert len(watched.watch.returns) == 2


async def test_it_logs_in_again_when_the_pbx_comes_back(watched: Watched) -> None:
    await watched.looks(1)
    watched.manager.close()
    await watched.manager.open()
    await watched.looks(3)
    assert watched.manager.logins >= 2


# --- the PBX's state ----------------------------------------------------------------------------------------------


async def test_a_pbx_that_is_starting_refuses_to_be_looked_at(manager: Manager) -> None:
    manager.starting = True
    async with PbxState.login(manager.port, "u", "s3cret") as pbx:
        with pytest.raises(OSError, match="QueueStatus"):
            await pbx.look()


async def test_a_login_can_be_refused(manager: Manager) -> None:
    with pytest.raises(OSError, match="refused"):
        async with PbxState.login(manager.port, "u", "wrong"):
            pass


def test_percentile() -> None:
    assert percentile([], 50) == 0
    assert percentile([3, 1, 2], 50) == 2
    assert percentile([3, 1, 2], 100) == 3
