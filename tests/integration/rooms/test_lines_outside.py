"""Specialists outside are brought in by lines: what they see, and the whisper that they hear before anybody else."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.integration.dialplans.outside import Outside, left, outside
from tests.integration.dialplans.rig import running
from tests.integration.dialplans.telling import telling, write_tone
from tests.integration.rooms.hall import (
    AGENTS,
    CITIZEN,
    FIRST,
    MUSIC,
    SECOND,
    SITE,
    THIRD,
    Hall,
    hall,
    hear,
    only,
    talk,
)
from tests.integration.rooms.lines import ended, invite, said
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.policy import Ring
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance

ONE, OTHER, HOTLINE = "13900000001", "13900000002", "056188812345"
WHISPER_S = 1.0
LONG_S = 120.0
LONG = "pensions"
"""A topic of which they are told for longer than a test waits for anybody to hang up."""
RING_BACK = 450
WHISPERING = SITE + "[conference]\nwhisper = true\n"


def whispering(tools: Tools, folder: Path) -> Tools:
    """With a tone for the whisper, and for the word that another one has come."""
    ours = telling(tools, folder, 1)
    for sound in ("invited", "invite_late"):
        path = ours.asterisk.data / "sounds" / "zh" / "zt" / f"{sound}.wav"
        path.unlink(missing_ok=True)
        write_tone(path, THIRD, WHISPER_S)
    about = ours.asterisk.data / "sounds" / "zh" / "about"
    about.mkdir()
    write_tone(about / f"{LONG}.wav", THIRD, LONG_S)
    return ours


async def test_the_whisper_and_what_specialists_see(tools: Tools, tmp_path: Path) -> None:
    ours = whispering(tools, tmp_path / "tones")
    async with (
        outside() as out,
        running(tmp_path, WHISPERING, AGENTS, tools=ours, base=out.base) as rig,
    ):
        out.carrier.tone_hz, out.carrier.on_invite = SECOND, Ring()
        here = await hall(rig, tmp_path / "music")
        for walk in (in_private, at_once, wanted_no_longer, who_is_told_goes, citizen_goes, agent_goes_then_citizen):
            await walk(here, out)
            await here.citizen.hangup()
            if here.agent.is_up:
                await here.agent.hangup()
            await here.silent()
            await ended(here)
            here = await talk(rig, here.phones)
        await here.citizen.hangup()
        await here.silent()
        assert {(purpose, agent) for purpose, _, agent, _ in left(rig)} == {("specialist", "1001")}


async def rung(out: Outside) -> Call:
    call = await out.carrier.next_call()
    await call.ringing()
    assert (call.number, call.name) == (HOTLINE, "")
    return call


async def whispered(guest: Call) -> None:
    """They hear what it is about, and nobody yet."""
    await hear((guest, THIRD))
    assert guest.heard.tones(among=(CITIZEN, FIRST, MUSIC)) == set()


async def in_private(here: Hall, out: Outside) -> None:
    """The second one comes, since the first declines."""
    await here.setvar("1001", "ZT_TRIES", f"{ONE}:20:8101&{OTHER}:20:8102")
    await here.setvar("1001", "ZT_FOR", "specialist")
    await here.enter("consult")
    (await rung(out)).refuse(486)
    guest = await rung(out)
    guest.answer()
    await whispered(guest)
    await asyncio.gather(only(guest, {FIRST}), only(here.agent, {SECOND}), only(here.citizen, {MUSIC}))
    assert THIRD not in here.agent.heard.tones(among=(THIRD,))


async def at_once(here: Hall, out: Outside) -> None:
    await here.enter("join")
    await here.placed("1001", "room")
    await invite(here, f"{ONE}:20:8101")
    guest = await rung(out)
    guest.answer()
    await whispered(guest)
    await asyncio.gather(only(guest, {CITIZEN, FIRST}), only(here.citizen, {FIRST, SECOND}))


async def wanted_no_longer(here: Hall, out: Outside) -> None:
    """The agent goes back to the citizen while they are told: they are let go."""
    await here.enter("wait")
    await here.placed("1001", "side")
    await invite(here, f"{ONE}:20:8101", mode="side", invite="i3")
    guest = await rung(out)
    guest.answer()
    await whispered(guest)
    await here.redirect(("1001", "zt-room-agent,back"))
    await asyncio.gather(only(here.citizen, {FIRST}), guest.ended())
    assert said(here, "i3")[-2:] == [(ONE, "ANSWER"), (ONE, "LATE")]
    assert guest.heard.tones(among=(CITIZEN, FIRST)) == set()


async def who_is_told_goes(here: Hall, out: Outside) -> None:
    """The agent, who has heard ring-back till then, is with the citizen again."""
    await here.setvar("1001", "ZT_TRIES", f"{ONE}:20:8101")
    await here.setvar("1001", "ZT_FOR", "specialist")
    await here.enter("consult")
    guest = await rung(out)
    guest.answer()
    await whispered(guest)
    await asyncio.gather(only(here.citizen, {MUSIC}), hear((here.agent, RING_BACK)))
    await guest.hangup()
    await asyncio.gather(only(here.citizen, {FIRST}), only(here.agent, {CITIZEN}))


async def citizen_goes(here: Hall, out: Outside) -> None:
    """They are let go at once, and need not hear it out."""
    await here.enter("join")
    await here.placed("1001", "room")
    await invite(here, f"{ONE}:20:8101", about=LONG)
    guest = await rung(out)
    guest.answer()
    await whispered(guest)
    start = time.monotonic()
    await here.citizen.hangup()
    await asyncio.gather(guest.ended(), here.agent.ended())
    assert guest.heard.tones(start, among=(FIRST,)) == set()


async def agent_goes_then_citizen(here: Hall, out: Outside) -> None:
    """The citizen is left to whoever is told, and waits for them; then nobody does."""
    await here.setvar("1001", "ZT_TRIES", f"{ONE}:20:8101")
    await here.setvar("1001", "ZT_FOR", "specialist")
    await here.setvar("1001", "ZT_ABOUT", LONG)
    await here.enter("consult")
    guest = await rung(out)
    guest.answer()
    await whispered(guest)
    await here.agent.hangup()
    await only(here.citizen, {MUSIC})
    await here.citizen.hangup()
    await guest.ended()
    assert guest.heard.tones(among=(CITIZEN, FIRST)) == set()
