"""Who hears whom in every phase, and how little is lost when somebody comes or goes: from what phones recorded."""

import asyncio
import time
from collections.abc import Awaitable
from pathlib import Path

import pytest

from bench.conference.floor import AGENT, CITIZEN, GUEST, MUSIC, SECOND, Conference, floor
from tests.integration.conferences.ears import GAP_MS, Ear, ears, music, proven
from tests.integration.conferences.steps import consult, room
from tests.integration.dialplans.listening import Kept
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance

RECORDED = "[recording]\non = true\nkeep_days = 30\n"


async def through_every_phase(one: Conference) -> float:
    """Returns when all three came together."""
    await proven(one, "bridge")
    await room(one)
    await proven(one, "room")
    await one.ordered("hold")
    await proven(one, "hold")
    await one.ordered("resume")
    await one.asks(answer=False)
    await proven(one, "ringing")
    one.guest.answer()
    await proven(one, "consult")
    await one.ordered("swap")
    await proven(one, "swapped")
    await one.ordered("swap")
    await proven(one, "consult")
    merged = time.monotonic()
    await one.ordered("merge")
    await proven(one, "three")
    await one.ordered("complete")
    await one.agent.ended()
    await proven(one, "left")
    return merged


async def test_who_hears_whom_in_every_phase_and_what_is_recorded(tmp_path: Path, tools: Tools) -> None:
    async with floor(tmp_path / "run", tools, 1, rest=RECORDED) as here:
        await music(here, tmp_path / "music")
        (one,) = await here.connected()
        merged = await through_every_phase(one)
        assert one.citizen.heard.tones(to=merged, among=(GUEST,)) == frozenset(), "the consult was heard"
        assert one.guest.heard.tones(to=merged, among=(CITIZEN,)) == frozenset(), "the citizen was heard aside"
        await one.guest.hangup()
        await one.citizen.ended()
        (record,) = await here.scene.records_of(1)
        assert record.recording is not None
        kept = await asyncio.to_thread(Kept, here.scene.lab.pbx.spool_dir / "monitor" / record.recording)
    both = [call.heard.times(hz) for call, hz in ((one.citizen, GUEST), (one.guest, CITIZEN))]
    assert kept.of(GUEST) == pytest.approx(len(both[0]) / 50, abs=0.15)
    assert kept.of(AGENT) == pytest.approx(len(one.citizen.heard.times(AGENT)) / 50, abs=0.15)
    assert kept.of(MUSIC) == pytest.approx(len(one.citizen.heard.times(MUSIC)) / 50, abs=0.15)
    assert kept.of(CITIZEN) > len(both[1]) / 50


async def with_two_guests(one: Conference) -> None:
    """They join at once; one is muted and dropped; the agent goes and comes back; the other is left and hangs up."""
    await one.invites(one.seat.guest, answer=False)
    await proven(one, "inviting")
    one.guest.answer()
    await proven(one, "joined")
    await one.on_leg("mute", one.guest)
    await proven(one, "muted")
    await one.on_leg("unmute", one.guest)
    await proven(one, "joined")
    await one.invites(one.seat.second)
    await proven(one, "four")
    await one.ordered("complete")
    await one.agent.ended()
    await proven(one, "both")
    await one.ordered("rejoin")
    one.agent = await one.seat.agent.next_call()
    await proven(one, "four")
    await one.on_leg("drop", one.guest)
    await one.guest.ended()
    await proven(one, "second")
    await one.second.hangup()
    await proven(one, "room")


@pytest.mark.slow
async def test_who_hears_whom_with_two_guests_who_join_at_once(tmp_path: Path, tools: Tools) -> None:
    async with floor(tmp_path / "run", tools, 1, seconds=1, rest=RECORDED) as here:
        await music(here, tmp_path / "music")
        (one,) = await here.connected()
        await with_two_guests(one)
        await one.over()
        await here.quiet()
        (record,) = await here.scene.records_of(1)
        assert record.recording is not None
        kept = await asyncio.to_thread(Kept, here.scene.lab.pbx.spool_dir / "monitor" / record.recording)
    assert MUSIC not in one.citizen.heard.tones(among=(MUSIC,)), "they were never alone"
    for hz in (GUEST, SECOND):
        assert kept.of(hz) == pytest.approx(len(one.citizen.heard.times(hz)) / 50, abs=0.15)
    assert [invitation.result for invitation in record.invitations] == ["joined", "joined"]


async def comings_and_goings(one: Conference, beside: list[Ear]) -> list[tuple[str, float]]:
    """What was missed by those who were talking already, in ms, at each coming and going."""
    found: list[tuple[str, float]] = []

    async def moved(what: str, step: Awaitable[object], *listening: Ear) -> None:
        start = await _settled()
        await step
        end = await _settled()
        found.extend((f"{what}, {ear.name}", ear.gap(start, end, beside)) for ear in listening)

    to_agent, to_citizen = Ear("agent", one.agent, CITIZEN, one.citizen), Ear("citizen", one.citizen, AGENT, one.agent)
    await moved("first invited", one.invites(one.seat.guest), to_agent, to_citizen)
    await moved("second joined", one.invites(one.seat.second), to_agent, to_citizen)
    await moved("second dropped", one.on_leg("drop", one.second), to_agent, to_citizen)
    await moved("guest left", one.guest.hangup(), to_agent, to_citizen)
    await consult(one)
    aside = [Ear("agent", one.agent, GUEST, one.guest), Ear("guest", one.guest, AGENT, one.agent)]
    await moved("merged", one.ordered("merge"), *aside)
    rest = [Ear("citizen", one.citizen, GUEST, one.guest), Ear("guest", one.guest, CITIZEN, one.citizen)]
    await moved("agent left", one.ordered("complete"), *rest)
    await moved("agent back", one.ordered("rejoin"), *rest)
    return found


async def _settled() -> float:
    """All hear each other by now; when."""
    await asyncio.sleep(0.4)
    return time.monotonic()


@pytest.mark.slow
async def test_nobody_who_talks_misses_more_than_60_ms_when_another_comes_or_goes(tmp_path: Path, tools: Tools) -> None:
    """Of eight tries each, but for the two in which this machine was busiest."""
    async with floor(tmp_path / "run", tools, 9, seconds=9) as here:
        await music(here, tmp_path / "music")
        others, *conferences = await here.connected()
        await room(others)
        found: dict[str, list[float]] = {}
        for one in conferences:
            for what, gap in await comings_and_goings(one, ears(others, "room")):
                found.setdefault(what, []).append(round(gap, 1))
            await one.over()
        await others.over()
        await here.quiet()
    print({what: (sorted(gaps)[len(gaps) // 2], max(gaps)) for what, gaps in found.items()})
    assert all(sorted(gaps)[-3] <= GAP_MS for gaps in found.values()), found
