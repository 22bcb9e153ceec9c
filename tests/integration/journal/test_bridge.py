"""The bridge is killed while citizens call: what it did not see is on record after its next start, once."""

import asyncio
from pathlib import Path

import pytest

from telephony.model.terms import Outcome, Provenance, Side
from tests.acceptance.stage import people, stage
from zhitong.lab.programs import Tools
from zhitong.lab.roles import Agent, Caller, Offer

pytestmark = pytest.mark.acceptance


def call(number: str, start_at: float = 0.0, give_up_after_s: float | None = None) -> Caller:
    return Caller(number=number, dialled="12345", start_at=start_at, give_up_after_s=give_up_after_s)


async def test_what_happened_while_the_bridge_was_dead(tmp_path: Path, tools: Tools) -> None:
    """One call is over before the kill, two talk through it, one waits through it, one comes and goes unseen."""
    async with stage(tmp_path, tools, people(["1001", "1002"])) as play:
        talks = tuple(Offer(ring_s=0.3, talk_s=3.0) for _ in range(3))
        await play.lab.agents([Agent("1001", talks), Agent("1002", talks)])
        talking = [call("13800000001"), call("13800000002", 4.0), call("13800000003", 4.2)]
        waiting = [call("13800000004", 4.4, 1.5), call("13800000005", 5.6, 0.8)]
        running = await play.lab.callers([*talking, *waiting])
        await asyncio.sleep(5.0)
        await play.scene.bridge.kill()
        await running.finished(60)
        await play.quiet()
        await play.scene.bridge.start()
        await play.scene.records_of(5, timeout_s=30)
        await asyncio.sleep(3)  # what would be doubled would be by now
        records = await play.scene.records()
        await asyncio.to_thread(play._judge, records)
    assert len(records) == 5
    by_number = {record.caller_number: record for record in records}
    assert by_number["13800000001"].provenance is Provenance.OBSERVED
    for number in ("13800000002", "13800000003", "13800000004", "13800000005"):
        assert (by_number[number].provenance, by_number[number].estimated) == (Provenance.REBUILT, ()), number
    for number in ("13800000002", "13800000003"):
        assert (by_number[number].outcome, by_number[number].hung_up_by) == (Outcome.ANSWERED, Side.AGENT)
        assert 2_900 <= by_number[number].talk_ms <= 3_200
    for number in ("13800000004", "13800000005"):
        assert (by_number[number].outcome, by_number[number].hung_up_by) == (Outcome.ABANDONED, Side.CALLER)
