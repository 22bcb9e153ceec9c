"""The journal at work on logs that are on another machine: it says so when they are away, and makes up for it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from telephony.journal import grouping, journal
from telephony.journal.agent.keys import keys_in
from telephony.journal.journal import Journal
from telephony.journal.ports import Pace
from telephony.journal.remote import RemoteLogs
from tests.integration.journal_agent.host import Agent, Host, Wire
from tests.unit.telephony.journal import desk as desks
from tests.unit.telephony.journal.desk import Desk

PACE = Pace(poll=0.01, review=3600.0, after_login=0.2, again=0.02, arrive=0.3, save=0.0)
"""A call is judged at the start and after something has happened, and not by and by."""


class FarDesk(Desk):
    """Its journal reads ``logs`` through an agent."""

    def __init__(self, folder: Path, url: str, token: str, certificate: Path) -> None:
        self.agent = (url, token, certificate)
        self.pace = PACE
        super().__init__(folder)

    def _new(self) -> Journal:
        return Journal(RemoteLogs(*self.agent), self.world, self.shelf, self.shelf, self._deliver, pace=self.pace)


@pytest.fixture
def agent(host: Host, tmp_path: Path, keys: Path, port: int) -> Iterator[Agent]:
    (tmp_path / "desk").mkdir()
    made = Agent(host, tmp_path / "desk", keys, port)
    yield made
    made.stop()


@pytest.fixture
def desk(agent: Agent, tmp_path: Path, keys: Path, token: str, monkeypatch: pytest.MonkeyPatch) -> FarDesk:
    monkeypatch.setattr(grouping, "SETTLE", 100_000)
    monkeypatch.setattr(journal, "_TRIES", 10_000)
    for name in ("FIRST_PAUSE_S", "LAST_PAUSE_S"):
        monkeypatch.setattr(f"telephony.journal.remote_link.{name}", 0.02)
    return FarDesk(tmp_path / "desk", f"https://127.0.0.1:{agent.port}", token, keys_in(keys).certificate)


async def test_calls_are_judged_soon_after_the_agent_is_back(agent: Agent, desk: FarDesk) -> None:
    desk.logs.call("1", 1)
    async with desk.working() as working:
        await desk.until(lambda: "does not answer" in (working.status.unreadable or ""))
        await asyncio.sleep(1)  # the reviews of its start are over
        await asyncio.to_thread(agent.start)
        await desk.until(lambda: desk.ids == ["1"])
        await desk.until(lambda: working.status.unreadable is None)
        await asyncio.to_thread(agent.stop)
        await desk.until(lambda: working.status.unreadable is not None)
        desk.logs.call("2", 5)
        await asyncio.to_thread(agent.start)
        await desk.until(lambda: desk.ids == ["1", "2"])


async def test_a_kill_and_a_cut_lose_nothing_and_double_nothing(agent: Agent, desk: FarDesk) -> None:
    desk.pace = desks.PACE
    await asyncio.to_thread(agent.start)
    for number in range(1, 6):
        desk.logs.call(str(number), 3 * number)
        async with desk.working():
            await desk.until(lambda number=number: desk.ids == [str(each) for each in range(1, number + 1)])  # type: ignore[misc]
        await asyncio.to_thread(agent.stop)
        await asyncio.to_thread(agent.start)
    assert len(desk.shelf.records) == 5


async def test_it_ends_when_told_to_while_the_agent_is_silent(
    agent: Agent, desk: FarDesk, host: Host, keys: Path, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for the answer that is on its way, and that wait has an end: so has the bridge's stop."""
    await asyncio.to_thread(agent.start)
    wire = Wire(host, lambda: agent.port)
    await asyncio.to_thread(wire.start)
    monkeypatch.setattr("telephony.journal.remote_link.SILENCE_S", 1.0)
    desk.agent = (f"https://127.0.0.1:{wire.port}", token, keys_in(keys).certificate)
    desk.logs.begin("1", 1)
    async with asyncio.timeout(60):
        async with desk.working() as working:
            await desk.until(lambda: working.status.held == 1)
            wire.silent = True
            await desk.until(lambda: "timed out" in (working.status.unreadable or ""))
    await asyncio.to_thread(wire.stop)
