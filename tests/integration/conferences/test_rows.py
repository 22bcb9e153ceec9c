"""Failures that other systems were reported for (tests/README.md), in conferences on a real PBX."""

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bench.conference.floor import AGENT, CITIZEN, Conference, Floor, floor
from telephony.model.ids import CallId
from telephony.records.record import CallRecord, Leg
from tests.integration.conferences.ears import music, proven
from tests.integration.conferences.steps import INTO
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.programs import Tools

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

TALKED_ON_S = 3.0
TRUNK_HOST = "127.0.0.2"


async def test_row_02_an_agent_s_time_stops_when_they_leave_and_the_citizen_s_goes_on(
    tmp_path: Path, tools: Tools
) -> None:
    """Row 2: an agent gets an hour of talk for two minutes. By what phones recorded, in both ways to leave."""
    async with floor(tmp_path / "run", tools, 2) as here:
        await music(here, tmp_path / "music")
        both = list(zip(await here.connected(), ("consult", "three"), strict=True))
        await asyncio.gather(*(INTO[phase](one) for one, phase in both))
        await asyncio.gather(*(one.ordered("complete") for one, _ in both))
        await asyncio.gather(*(proven(one, "left") for one, _ in both))
        await asyncio.sleep(TALKED_ON_S)
        await asyncio.gather(*(one.over() for one, _ in both))
        records = {record.call_id: record for record in await here.scene.records_of(2)}
    for one, _ in both:
        timed(records[CallId(one.call)], one)


def timed(record: CallRecord, one: Conference) -> None:
    """Agent's and guest's talk last as long as their phones heard somebody."""
    agent, guest = (leg_of(record, number) for number in (one.seat.number, one.seat.guest.account.number))
    left = one.agent.ending
    assert left is not None
    assert max(end for _, end in spans(agent)) <= left.at.wall_us + 250_000
    assert seconds(agent) == pytest.approx(audible(one.agent.heard.times(CITIZEN)), abs=0.5)
    assert seconds(guest) >= TALKED_ON_S
    assert record.talk_ms / 1_000 >= seconds(agent) + TALKED_ON_S - 0.5
    assert [(transfer.by, transfer.to) for transfer in record.transfers] == [(agent.party, guest.party)]


def leg_of(record: CallRecord, number: str) -> Leg:
    return next(leg for leg in record.legs if leg.party == number)


def spans(leg: Leg) -> list[tuple[int, int]]:
    return [(each.start, each.end or leg.ended_at or 0) for each in leg.talking]


def seconds(leg: Leg) -> float:
    return sum(end - start for start, end in spans(leg)) / 1e6


def audible(times: list[float]) -> float:
    return len(times) / 50


async def test_row_10_who_holds_consults_confers_or_rings_somebody_is_offered_nobody_else(
    tmp_path: Path, tools: Tools
) -> None:
    """Row 10: an agent rung while on another call. Twice as many citizens as agents, and each agent in another phase;
    once an agent is free, who waits is offered."""
    phases = ("hold", "ringing", "consult", "swapped", "three", "room", "inviting", "joined")
    async with floor(tmp_path / "run", tools, len(phases)) as here, AsyncExitStack() as phones:
        await music(here, tmp_path / "music")
        both = list(zip(await here.connected(), phases, strict=True))
        await asyncio.gather(*(INTO[phase](one) for one, phase in both))
        more = [await phones.enter_async_context(await _citizen(here, at)) for at in range(len(phases))]
        waiting = [await citizen.call("12345") for citizen in more]
        await asyncio.sleep(3)
        await asyncio.gather(*(proven(one, phase) for one, phase in both))
        assert [len(one.seat.agent.calls) for one, _ in both] == [1] * len(both)
        await asyncio.gather(*(one.over() for one, _ in both))
        start = time.monotonic()
        await asyncio.gather(*(call.hears(AGENT, start) for call in waiting))
        await asyncio.gather(*(call.hangup() for call in waiting))
        await here.quiet()


async def _citizen(here: Floor, at: int) -> Phone:
    server = ("127.0.0.1", here.scene.site.sip.port)
    return await Phone.start(f"1390000{at:04d}", "", server, CITIZEN, register=False, setup=Setup(host=TRUNK_HOST))
