"""Failure 9: stuck agents, ghost calls. On a real Asterisk, with real phones: callers hang up in the instant in which
agents pick up, dozens of times, while the bridge watches. (Thousands, in orders of their own:
``tests/unit/telephony/model/test_failure_rows.py``.)"""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from telephony.ami.connection import Connection
from telephony.ami.link import LinkState
from telephony.ingest import Ingest
from telephony.model.ids import PbxName
from telephony.model.machines import AgentState
from telephony.model.tracker import Tracker
from telephony.model.world import World
from telephony.records.record import CallRecord
from tests.integration.ami.conftest import until
from tests.recordings.make import account, stage
from tests.recordings.stage import Stage, gone
from zhitong.lab.chaos.facts import difference, of_world
from zhitong.lab.chaos.pbx_state import PbxState
from zhitong.lab.programs import Tools, find_tools

pytestmark = [pytest.mark.acceptance]
OFFSETS_MS = (-100, -6, -3, -1, 0, 1, 2, 3, 5, 8, 12, 400)
"""The caller hangs up so long after the agent picks up: before it, in it, just after."""
TIMES = 3
_STUCK_S = 5.0
_PATIENCE_S = 60.0
_TWO_MINUTES_S = 120.0
_BUSY = frozenset((AgentState.OFFERED, AgentState.ON_CALL, AgentState.HOLD, AgentState.CONSULT, AgentState.CONFERENCE))


class Bridge:
    def __init__(self, on: Stage) -> None:
        self.records: list[CallRecord] = []
        tracker = Tracker(PbxName(on.rig.site.pbx.systemname))
        self.world = tracker.world
        self.ingest = Ingest(tracker, self.records.append)
        self.connection = Connection(account(on.rig), self.ingest.deliver)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(work) for work in (self.ingest.run(), self.connection.run())]
        try:
            await until(lambda: self.connection.status.state is LinkState.LIVE and self.world.epoch > 0, _PATIENCE_S)
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def ghosts(world: World) -> set[str]:
    """Agents who are said to be busy with a call while no channel of theirs in it is alive."""
    return {
        name
        for name, agent in world.agents.items()
        if agent.state in _BUSY and not any(leg in world.channels for leg in (*agent.offers, *agent.talking))
    }


async def watch(world: World) -> None:
    """Fails when somebody is stuck for more than 5 s."""
    since: dict[str, float] = {}
    while True:
        now = time.monotonic()
        since = {name: since.get(name, now) for name in ghosts(world)}
        assert all(now - start < _STUCK_S for start in since.values()), since
        await asyncio.sleep(0.02)


async def race(on: Stage, late_ms: int) -> None:
    call = await on.calls()
    number = await on.ringing("1001", "1002")
    agent = on.agents[number].calls[-1]
    if late_ms < 0:
        hanging = asyncio.create_task(gone(call))
        await asyncio.sleep(-late_ms / 1000)
        agent.answer()
        await hanging
    else:
        agent.answer()
        await asyncio.sleep(late_ms / 1000)
        await gone(call)


@pytest.fixture(scope="module")
def tools() -> Tools:
    return find_tools()


async def test_row_09_callers_who_leave_in_the_instant_of_the_answer(tmp_path: Path, tools: Tools) -> None:
    """Row 9: no agent is busy without a live channel for more than 5 s, nobody is in the end, the state is the PBX's,
    and of each caller there is one record. The races went either way."""
    await races(tmp_path, tools, OFFSETS_MS * TIMES)


@pytest.mark.slow
async def test_row_09_as_many_races_as_fit_in_two_minutes(tmp_path: Path, tools: Tools) -> None:
    """The same, with offsets ever anew; says how many there were."""
    until_s = time.monotonic() + _TWO_MINUTES_S
    dice = random.Random(9)
    offsets = iter(lambda: dice.choice((*OFFSETS_MS[:-1], dice.randint(-20, 30))), None)
    count = await races(tmp_path, tools, itertools.takewhile(lambda _: time.monotonic() < until_s, offsets))
    print(f"{count} races")
    assert count > len(OFFSETS_MS) * TIMES


async def races(directory: Path, tools: Tools, offsets_ms: Iterable[int]) -> int:
    """One after another; how many there were."""
    count = 0
    async with stage(directory, tools) as on:
        bridge = Bridge(on)
        async with bridge.working():
            watching = asyncio.create_task(watch(bridge.world))
            for late_ms in offsets_ms:
                await race(on, late_ms)
                await until(lambda: not bridge.world.channels, _PATIENCE_S)
                assert not watching.done(), watching
                count += 1
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await as_the_pbx(bridge, on)
            await until(lambda: len(bridge.records) >= count, _PATIENCE_S)
        assert len(bridge.records) == len({record.call_id for record in bridge.records}) == count
        outcomes = Counter(record.outcome.value for record in bridge.records)
        assert outcomes.keys() <= {"answered", "abandoned"}, outcomes
        assert len(outcomes) == 2, "all went one way: it was no race"
        assert ghosts(bridge.world) == set()
        assert bridge.ingest.counters.failures == 0
    return count


async def as_the_pbx(bridge: Bridge, on: Stage) -> None:
    """Until the state is what a manager session that shares nothing with ours is told."""
    user = account(on.rig)
    async with asyncio.timeout(_PATIENCE_S), PbxState.login(user.port, user.user, user.secret) as pbx:
        while difference(before := await pbx.look(), of_world(bridge.world), await pbx.look()):
            assert before
            await asyncio.sleep(0.05)
