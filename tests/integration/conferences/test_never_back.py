"""The bridge is killed and nobody starts it again: whoever is on hold, or waits while others consult, hears a human."""

import asyncio
import time
from pathlib import Path

import pytest

from bench.conference.floor import AGENT, CITIZEN, DEPARTMENT, GUEST, MUSIC, SECOND, Conference, floor
from tests.integration.conferences.ears import hears, music, proven
from tests.integration.conferences.steps import INTO
from zhitong.lab.phones.policy import Answer, Ring
from zhitong.lab.programs import Tools

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

HOLD_MAX_S, SHORT_HOLD_S, GRACE_S = 60, 30, 10
PHASES = ("hold", "ringing", "consult", "handing")
GONE = ("hold", "ringing", "consult")
"""Phases in which the agent's leg ends, the bridge away."""


@pytest.mark.timeout(300)
async def test_who_waits_hears_a_human_within_the_longest_hold(tmp_path: Path, tools: Tools) -> None:
    """Killed and never restarted, 60 s set. The agent does nothing; neither does who was asked."""
    async with floor(tmp_path / "run", tools, len(PHASES), rest=f"[rooms]\nhold_max_s = {HOLD_MAX_S}\n") as here:
        await music(here, tmp_path / "music")
        both = list(zip(await here.connected(), PHASES, strict=True))
        await asyncio.gather(*(INTO[phase](one) for one, phase in both))
        await asyncio.gather(*(proven(one, phase) for one, phase in both))
        start = time.monotonic()
        await here.scene.bridge.kill()
        waits = await asyncio.gather(*(_a_human(one, start) for one, _ in both))
        print({phase: round(waited, 1) for (_, phase), waited in zip(both, waits, strict=True)})
        assert max(waits) <= HOLD_MAX_S + GRACE_S, waits
        await asyncio.gather(*(hears(one.seat.agent.calls[-1], {CITIZEN}) for one, _ in both))
        await asyncio.gather(*(one.over() for one, _ in both))
        await here.quiet()


@pytest.mark.timeout(300)
async def test_all_who_are_asked_in_turn_ring_within_the_longest_hold(tmp_path: Path, tools: Tools) -> None:
    """A department of five, 20 s each, and nobody answers; the bridge is away."""
    async with floor(tmp_path / "run", tools, 5, rest=f"[rooms]\nhold_max_s = {SHORT_HOLD_S}\n") as here:
        await music(here, tmp_path / "music")
        (one,) = await here.connected(1)
        for seat in here.seats:
            seat.guest.on_invite = Ring()
        await one.seat.desktop.consult(one.call, DEPARTMENT)
        await one.citizen.hears(MUSIC)
        start = time.monotonic()
        await here.scene.bridge.kill()
        waited = await _a_human(one, start)
        print(f"{waited:.1f} s")
        assert waited <= SHORT_HOLD_S + GRACE_S
        assert sum(bool(seat.guest.calls) for seat in here.seats) == 2, "the second rang for the rest of the time"
        await one.over()
        await here.quiet()


async def _a_human(one: Conference, since: float) -> float:
    """After how many seconds the citizen hears the agent."""
    return await one.citizen.hears(AGENT, since, 2 * HOLD_MAX_S) - since


async def test_with_the_bridge_away_keys_bring_in_who_is_asked_and_all_hang_up_as_they_like(
    tmp_path: Path, tools: Tools
) -> None:
    """And an agent who leaves a hold, or a number that does not answer yet, leaves the citizen to the next agent."""
    async with floor(tmp_path / "run", tools, 4) as here:
        await music(here, tmp_path / "music")
        keys, *others = await here.connected()
        await INTO["room"](keys)
        both = list(zip(others, GONE, strict=True))
        await asyncio.gather(*(INTO[phase](one) for one, phase in both))
        await asyncio.gather(*(proven(one, phase) for one, phase in both))
        await here.scene.bridge.kill()
        await keys.agent.dtmf(f"*2{keys.seat.guest.account.number}#")
        await keys.comes(keys.seat.guest)
        await proven(keys, "consult")
        await keys.agent.dtmf("*3")
        await proven(keys, "three")
        await asyncio.gather(*(_leaves(one, phase) for one, phase in both))
        await keys.agent.hangup()
        await proven(keys, "left")
        await keys.guest.hangup()
        await keys.citizen.ended()
        await asyncio.gather(*(one.citizen.hangup() for one, _ in both))
        await here.quiet()


async def test_with_the_bridge_away_a_citizen_is_not_left_alone_with_somebody_muted(
    tmp_path: Path, tools: Tools
) -> None:
    """The agent leaves, or asks somebody aside: who was muted is heard again."""
    async with floor(tmp_path / "run", tools, 2, seconds=2) as here:
        await music(here, tmp_path / "music")
        leaves, asks = await here.connected()
        for one in (leaves, asks):
            await INTO["joined"](one)
            await one.on_leg("mute", one.guest)
            await proven(one, "muted")
        await here.scene.bridge.kill()
        await leaves.agent.hangup()
        await proven(leaves, "left")
        assert asks.seat.second is not None
        asks.seat.second.on_invite = Answer()
        await asks.agent.dtmf(f"*2{asks.seat.second.account.number}#")
        second = await asks.comes(asks.seat.second)
        heard = ((asks.citizen, {GUEST}), (asks.guest, {CITIZEN}), (second, {AGENT}), (asks.agent, {SECOND}))
        await asyncio.gather(*(hears(call, tones) for call, tones in heard))
        await asyncio.gather(leaves.over(), asks.over())
        await here.quiet()


async def _leaves(one: Conference, phase: str) -> None:
    start = time.monotonic()
    await one.agent.hangup()
    if phase == "consult":
        await proven(one, "left")
        return
    await one.citizen.hears(AGENT, start)
