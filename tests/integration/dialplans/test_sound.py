"""What the citizen hears while nobody has answered, and what a recording holds."""

import asyncio
import wave
from pathlib import Path

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.rig import Rig, agents_of, settled
from tests.integration.dialplans.test_calls import ALWAYS
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.heard import Sound
from zhitong.lab.phones.policy import Answer, Ring

pytestmark = pytest.mark.acceptance

RING_HZ = 450
"""China's ring-back tone: a second of it, four seconds of silence."""


async def busy_agent(rig: Rig) -> Call:
    """A first citizen takes the only agent; the agent's call."""
    agent = await rig.agent("1001")
    agent.on_invite = Answer()
    await (await (await rig.citizen("13900000000")).call("12345")).answered()
    taken = await agent.next_call()
    agent.on_invite = Ring()
    return taken


@pytest.mark.parametrize("trunk", ["early", "entry"])
async def test_music_plays_while_nobody_can_be_rung_and_stops_when_a_phone_rings(make_rig: MakeRig, trunk: str) -> None:
    async with make_rig(ALWAYS, agents_of("1001")) as rig:
        first = await busy_agent(rig)
        call = await (await rig.citizen(trunk=trunk)).call("12345")
        await settled(1.5)
        assert len(call.heard.packets()) > 50
        assert call.heard.times(Sound.ANY)
        assert RING_HZ not in call.heard.tones()
        await first.hangup()
        await rig.manager.event("AgentCalled", CallerIDNum="13800000001")
        await settled(0.2)
        moment = asyncio.get_running_loop().time()
        await settled(1.2)
        assert call.heard.tones(moment) <= {RING_HZ}


async def test_a_carrier_without_early_media_rings_by_itself_and_gets_no_packet(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001")) as rig:
        await busy_agent(rig)
        call = await (await rig.citizen()).call("12345")
        await call.ringing()
        await settled(1.5)
        assert call.heard.packets() == []
        assert call.up_at is None


POSITION = "position = true\nposition_every_s = 10"


async def test_the_position_is_told_to_who_waits_and_to_nobody_else(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS + POSITION, agents_of("1001")) as rig:
        agent = await rig.agent("1001")
        agent.on_invite = Answer(after_s=0.5)
        quick = await (await rig.citizen("13900000000", trunk="entry")).call("12345")
        await quick.answered()
        await rig.manager.event("AgentConnect")
        assert "queue-youarenext" not in await playing(rig)
        waiting = await (await rig.citizen(trunk="entry")).call("12345")
        await waiting.answered()
        await settled(0.5)
        assert "queue-youarenext" in await playing(rig) or waiting.heard.packets()
        first_join = rig.manager.all("QueueCallerJoin")[0]
        connected = rig.manager.all("AgentCalled")[0]
        assert float(connected["Timestamp"]) - float(first_join["Timestamp"]) < 0.1


async def playing(rig: Rig) -> str:
    """What Asterisk's channels are doing now, with application data."""
    return await rig.lab.pbx.cli("core show channels verbose")


# --- recording ------------------------------------------------------------------------------------------------------

RECORDED = "[recording]\non = true\n" + ALWAYS


async def recorded(rig: Rig) -> None:
    """Until the citizen's channel is gone. Its recorder ends without a word: MixMonitorStop is an action's event."""
    entry = await rig.manager.event("ZtEntry")
    await rig.manager.event("Hangup", Uniqueid=entry["Uniqueid"])
    await settled(0.5)
    assert "MixMonitorStop" not in rig.manager.names()


def seconds(path: Path) -> float:
    with wave.open(str(path), "rb") as file:
        return file.getnframes() / file.getframerate()


@pytest.mark.parametrize("trunk", ["carrier", "early", "entry"])
async def test_a_recording_holds_the_talk_and_not_the_wait(make_rig: MakeRig, trunk: str) -> None:
    async with make_rig(RECORDED, agents_of("1001")) as rig:
        (await rig.agent("1001")).on_invite = Answer(after_s=1.0)
        call = await (await rig.citizen(trunk=trunk)).call("12345")
        connected = await rig.manager.event("AgentConnect")
        await settled(2.0)
        await call.hangup()
        ended = await rig.manager.event("ZtEnd")
        talk = float(ended["Timestamp"]) - float(connected["Timestamp"])
        entry = rig.manager.all("ZtEntry")[0]
        await recorded(rig)
        path = rig.lab.pbx.spool_dir / "monitor" / entry["Recording"]
        assert entry["Recording"].endswith(f"/{entry['Uniqueid']}.wav")
        assert seconds(path) == pytest.approx(talk, abs=0.3)


async def test_a_recording_has_a_folder_of_its_own_where_the_site_says_so(make_rig: MakeRig, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    site = RECORDED.replace("on = true", f'on = true\nfolder = "{folder}"')
    async with make_rig(site, agents_of("1001")) as rig:
        (await rig.agent("1001")).on_invite = Answer()
        call = await (await rig.citizen()).call("12345")
        await call.answered()
        await settled(1.0)
        await call.hangup()
        await recorded(rig)
        assert (folder / rig.manager.all("ZtEntry")[0]["Recording"]).exists()


async def test_who_is_refused_has_no_recording(make_rig: MakeRig) -> None:
    async with make_rig(RECORDED, agents_of("1001")) as rig:
        await (await (await rig.citizen()).call("999")).ended()
        assert (await rig.manager.event("ZtEntry"))["Recording"] == ""
        assert "MixMonitorStart" not in rig.manager.names()


async def test_the_recording_goes_on_through_a_transfer_in_one_file(make_rig: MakeRig) -> None:
    async with make_rig(RECORDED, agents_of("1001") + agents_of("1002", queues="hotline:1")) as rig:
        first, second = await rig.agent("1001"), await rig.agent("1002")
        first.on_invite = second.on_invite = Answer()
        call = await (await rig.citizen()).call("12345")
        await call.answered()
        await settled(1.0)
        await (await first.next_call()).refer("1002")
        await (await second.next_call()).answered()
        await settled(1.5)
        await call.hangup()
        await recorded(rig)
        files = list((rig.lab.pbx.spool_dir / "monitor").rglob("*.wav"))
        assert len(files) == 1
        assert 2.2 < seconds(files[0]) < 4.0
