"""The bridge is dead, or its link is, while citizens call: what it did not see is on record afterwards, once."""

import asyncio
from pathlib import Path

import pytest

from telephony.model.terms import Outcome, Provenance, Side
from telephony.records.record import CallRecord
from tests.acceptance.stage import Stage, people, stage
from zhitong.lab.books import fold
from zhitong.lab.chaos.link import Link
from zhitong.lab.programs import Tools
from zhitong.lab.roles import Agent, Caller, Offer

pytestmark = pytest.mark.acceptance

SEEN, TALKS, TALKS_TOO, WAITS, UNSEEN = (f"1380000000{number}" for number in range(1, 6))


def call(
    number: str, start_at: float = 0.0, give_up_after_s: float | None = None, talk_s: float | None = None
) -> Caller:
    return Caller(number=number, dialled="12345", start_at=start_at, give_up_after_s=give_up_after_s, talk_s=talk_s)


async def settled(play: Stage, count: int) -> dict[str, CallRecord]:
    """So many records without a guess, which queue_log, CDR and the phones' own logs bear out; and no more."""
    async with asyncio.timeout(90):
        while sum(not record.estimated for record in await play.scene.records()) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    await asyncio.sleep(3)  # what would be doubled would be by now
    records = await play.scene.records()
    await asyncio.to_thread(play._judge, records)
    assert len(records) == count
    return {record.caller_number: record for record in records}


async def until_talking(play: Stage, *numbers: str) -> None:
    async with asyncio.timeout(30):
        while not set(numbers) <= _talking(play):  # noqa: ASYNC110 - the phones' own logs tell
            await asyncio.sleep(0.05)


def _talking(play: Stage) -> set[str]:
    calls = [each for each in fold(play.lab.lines()) if each.role == "caller"]
    return {each.number for each in calls if each.answered_at and not each.ended_at}


async def test_row_08_which_calls_did_i_miss_while_the_program_was_down(tmp_path: Path, tools: Tools) -> None:
    """One call is over before the kill, two talk through it, one waits through it, one comes and goes unseen."""
    async with stage(tmp_path, tools, people(["1001", "1002"])) as play:
        talks = (Offer(ring_s=0.3, talk_s=4.0),)
        await play.lab.agents([Agent("1001", talks), Agent("1002", talks)])
        await (await play.lab.callers([call(SEEN, talk_s=0.3)])).finished(60)
        await play.scene.records_of(1, timeout_s=30)
        talking = await play.lab.callers([call(TALKS), call(TALKS_TOO, 0.1)])
        await until_talking(play, TALKS, TALKS_TOO)
        waiting = await play.lab.callers([call(WAITS, 0.0, 1.5), call(UNSEEN, 1.0, 0.8)])
        await asyncio.sleep(0.5)
        await play.scene.bridge.kill()
        await asyncio.gather(talking.finished(60), waiting.finished(60))
        await play.quiet()
        await play.scene.bridge.start()
        records = await settled(play, 5)
    assert records[SEEN].provenance is Provenance.OBSERVED
    for number in (TALKS, TALKS_TOO, WAITS, UNSEEN):
        assert (records[number].provenance, records[number].estimated) == (Provenance.REBUILT, ()), number
    check_missed(records)


async def test_what_ended_while_the_link_was_down_is_completed(tmp_path: Path, tools: Tools) -> None:
    """The bridge knew three of them, and closes them as unobserved when the PBX is back without them."""
    async with stage(tmp_path, tools, people(["1001", "1002"]), bridge=False) as play:
        link = Link(play.lab.ports.take(1), play.lab.ports.ami)
        await link.open()
        await asyncio.to_thread(_lead_through, play.scene.site_file, play.lab.ports.ami, link._port)
        await play.scene.bridge.start()
        talks = (Offer(ring_s=0.3, talk_s=4.0),)
        await play.lab.agents([Agent("1001", talks), Agent("1002", talks)])
        talking = await play.lab.callers([call(TALKS), call(TALKS_TOO, 0.1)])
        await until_talking(play, TALKS, TALKS_TOO)
        waiting = await play.lab.callers([call(WAITS, 0.0, 1.5), call(UNSEEN, 1.0, 0.8)])
        await asyncio.sleep(0.5)
        async with link.shut():
            await asyncio.gather(talking.finished(60), waiting.finished(60))
            await play.quiet()
        records = await settled(play, 4)
        link.close()
    for number in (TALKS, TALKS_TOO, WAITS):
        assert (records[number].provenance, records[number].estimated) == (Provenance.COMPLETED, ()), number
    assert (records[UNSEEN].provenance, records[UNSEEN].estimated) == (Provenance.REBUILT, ())
    check_missed(records)


def _lead_through(site_file: Path, pbx_port: int, port: int) -> None:
    text = site_file.read_text(encoding="utf-8")
    assert text.count(f"port = {pbx_port}\n") == 1
    site_file.write_text(text.replace(f"port = {pbx_port}\n", f"port = {port}\n"), encoding="utf-8")


def check_missed(records: dict[str, CallRecord]) -> None:
    for number in (TALKS, TALKS_TOO):
        assert (records[number].outcome, records[number].hung_up_by) == (Outcome.ANSWERED, Side.AGENT)
        assert 3_900 <= records[number].talk_ms <= 4_300
    for number in (WAITS, UNSEEN):
        assert (records[number].outcome, records[number].hung_up_by) == (Outcome.ABANDONED, Side.CALLER)
