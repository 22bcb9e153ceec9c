"""The bridge at a real Asterisk with real calls: killed and started again, told to stop, left by its PBX."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from telephony.errors import LabError
from telephony.model.terms import Outcome, Provenance
from telephony.records.record import CallRecord
from tests.acceptance.stage import Stage, people, stage
from zhitong.lab.books import fold
from zhitong.lab.programs import Tools, find_tools
from zhitong.lab.rehearsal.bridge import Bridge
from zhitong.lab.roles import Agent, Caller, Offer

pytestmark = pytest.mark.acceptance

AGENTS = ("1001", "1002")


@pytest.fixture(scope="module")
def tools() -> Tools:
    return find_tools()


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # other processes' doing
            await asyncio.sleep(0.02)


def talking(play: Stage) -> int:
    """Callers who hear an agent now, by their own phones."""
    calls = [call for call in fold(play.lab.lines()) if call.role == "caller"]
    return sum(1 for call in calls if call.answered_at and not call.ended_at)


def log(play: Stage) -> list[dict[str, object]]:
    text = (play.lab.run / "bridge.log").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n")[:-1]]  # the last one may not be whole yet


def epochs(play: Stage) -> int:
    return sum(1 for line in log(play) if line["event"] == "epoch began")


def by_number(records: list[CallRecord]) -> dict[str, CallRecord]:
    assert len({record.caller_number for record in records}) == len(records), "a call is on record twice"
    return {record.caller_number: record for record in records}


async def test_killed_in_the_middle_of_calls_and_started_again(tmp_path: Path, tools: Tools) -> None:
    """SHORT is over and on record before; LONG talks all the while; MIDDLE begins while nobody listens."""
    short, long, middle = "13800000001", "13800000002", "13800000003"
    agents = [Agent(number, (Offer(ring_s=0.2),)) for number in (*AGENTS, "1003")]
    async with stage(tmp_path, tools, people(["1001", "1002", "1003"])) as play:
        await play.lab.agents(agents)
        first = await play.lab.callers(
            [
                Caller(number=short, dialled="12345", talk_s=0.4),
                Caller(number=long, dialled="12345", start_at=0.2),
            ]
        )
        await play.scene.records_of(1)
        await until(lambda: talking(play) == 1)
        await play.scene.bridge.kill()
        second = await play.lab.callers([Caller(number=middle, dialled="12345")])
        await until(lambda: talking(play) == 2)  # law 7: the PBX never depends on us
        await play.scene.bridge.start()
        await play.lab.pbx.hang_up_all()
        await asyncio.gather(first.finished(60), second.finished(30))
        await play.scene.records_of(3)
        await play.scene.bridge.stop()
        records = by_number(await play.scene.records())
        seen = {call.number: call for call in fold(play.lab.lines()) if call.role == "caller"}
    assert set(records) == {short, long, middle}
    for number, record in records.items():
        assert record.outcome is Outcome.ANSWERED
        assert record.ended_at / 1e6 == pytest.approx(seen[number].ended_at, abs=0.25)
    assert records[short].provenance is Provenance.OBSERVED
    assert records[short].estimated == ()
    assert not [line for line in log(play) if line["level"] == "error"]


async def test_told_to_stop_calls_go_on(tmp_path: Path, tools: Tools) -> None:
    async with stage(tmp_path, tools, people(AGENTS)) as play:
        await play.lab.agents([Agent(number, (Offer(ring_s=0.1),)) for number in AGENTS])
        callers = await play.lab.callers([Caller(number="13800000001", dialled="12345")])
        await until(lambda: talking(play) == 1)
        await play.scene.bridge.stop()
        assert log(play)[-1]["event"] == "stopped"
        await asyncio.sleep(0.5)
        assert talking(play) == 1
        assert await play.channels() == 2
        await play.lab.pbx.hang_up_all()
        await callers.finished(60)


async def test_the_pbx_dies_and_comes_back(tmp_path: Path, tools: Tools) -> None:
    """The call it was in is on record once; the next one too, without anybody touching the bridge."""
    async with stage(tmp_path, tools, people(AGENTS)) as play:
        await play.lab.agents([Agent(number, (Offer(ring_s=0.1),)) for number in AGENTS])
        await play.lab.callers([Caller(number="13800000001", dialled="12345", talk_s=60.0)])
        await until(lambda: talking(play) == 1)
        await play.lab.pbx.kill()
        await play.lab.pbx.start()
        await until(lambda: epochs(play) == 2)
        second = await play.lab.callers([Caller(number="13800000002", dialled="12345", talk_s=0.3)])
        await second.finished(60)
        records = by_number(await play.scene.records_of(2))
    assert set(records) == {"13800000001", "13800000002"}
    assert records["13800000001"].outcome is Outcome.ANSWERED
    assert records["13800000001"].estimated != ()  # nobody saw the end
    assert records["13800000002"].estimated == ()


# --- the bridge's handle ------------------------------------------------------------------------------------------


async def test_who_watches_is_told_when_a_part_falls(tmp_path: Path, tools: Tools) -> None:
    async with stage(tmp_path, tools, people(AGENTS)) as play:
        fallen = asyncio.create_task(play.scene.fallen())
        await asyncio.sleep(0.1)
        assert not fallen.done()
        os.kill(play.scene.bridge.pid, 9)
        error = await asyncio.wait_for(fallen, 60)
        assert isinstance(error, LabError)
        assert "bridge" in str(error)
        assert "status -9" in str(error)
        assert "epoch began" in str(error)  # its last words


async def test_a_bridge_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"nosuch\.toml"):
        await Bridge(tmp_path / "nosuch.toml", tmp_path).start()


async def test_a_bridge_that_never_gets_ready_is_ended_and_said_so(tmp_path: Path, tools: Tools) -> None:
    """No PBX: it would go on trying for ever."""
    async with stage(tmp_path, tools, people(AGENTS), bridge=False) as play:
        await play.lab.pbx.stop()
        with pytest.raises(LabError, match=r"not ready after 1 s\. Its last words:"):
            await play.scene.bridge.start(timeout_s=1.0)
        with pytest.raises(ProcessLookupError):
            os.kill(play.scene.bridge.pid, 0)


async def test_a_bridge_that_was_not_started(tmp_path: Path) -> None:
    bridge = Bridge(tmp_path / "site.toml", tmp_path)
    await bridge.stop()
    await bridge.kill()
    with pytest.raises(LabError):
        await bridge.wait()
    with pytest.raises(LabError):
        assert bridge.pid
