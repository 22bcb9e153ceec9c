"""Somebody hangs up in the very instant in which another answers a line: nobody is stranded, no caller is lost."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.rig import agents_of, settled
from tests.integration.rooms.hall import SITE, Hall, hall, talk
from tests.integration.rooms.lines import ended, invite
from tests.integration.rooms.office import office
from tests.integration.rooms.test_races import cleaned_up
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.policy import Ring

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

AGENTS = agents_of("1001") + agents_of("1002", "1003", queues="other")
DIE = random.Random(12345)
TRIES = 16
WITHIN_S = 0.008


@pytest.mark.parametrize("mode", ["side", "room"])
@pytest.mark.parametrize("who", ["citizen", "agent", "guest"])
@pytest.mark.parametrize("with_bridge", [True, False])
async def test_who_answers_a_line_as_another_hangs_up(
    make_rig: MakeRig, tmp_path: Path, mode: str, who: str, with_bridge: bool
) -> None:
    async with make_rig(SITE, AGENTS) as rig:
        if not with_bridge:
            await walks(await hall(rig, tmp_path / "music", p1002=Ring(), p1003=Ring()), mode, who)
            return
        async with office(rig, tmp_path / "office"):
            await walks(await hall(rig, tmp_path / "music", p1002=Ring(), p1003=Ring()), mode, who)


async def walks(here: Hall, mode: str, who: str) -> None:
    """``who`` hangs up, from 8 ms before the answer until 8 ms after it; a guest: the one who answers."""
    for number in range(TRIES):
        one, other = await rung(here, mode, f"i{number}")
        goes = {"citizen": here.citizen, "agent": here.agent, "guest": one}[who]
        await asyncio.gather(_answers(one, DIE.uniform(0, WITHIN_S)), _goes(goes, who, DIE.uniform(0, 2 * WITHIN_S)))
        await settled(0.3)
        other.refuse(486)  # if it still rings: who hung up had not answered
        await cleaned_up(here, goes is here.citizen)
        await ended(here)
        here = await talk(here.rig, here.phones)
    await here.citizen.hangup()
    await here.silent()


async def rung(here: Hall, mode: str, name: str) -> tuple[Call, Call]:
    await here.enter("wait" if mode == "side" else "join")
    await here.placed("1001", mode)
    await invite(here, "1002:20:8101", "1003:20:8102", mode=mode, invite=name)
    calls = [await here.phones[number].next_call() for number in ("1002", "1003")]
    for call in calls:
        await call.ringing()
    await settled(0.1)
    return calls[0], calls[1]


async def _answers(call: Call, after_s: float) -> None:
    await asyncio.sleep(after_s)
    call.answer()


async def _goes(call: Call, who: str, after_s: float) -> None:
    await asyncio.sleep(after_s + (WITHIN_S if who == "guest" else 0))
    await call.hangup()
