"""Phones that pick up by themselves what a queue offers: who is asked, what is heard, that nobody waits for it."""

import pytest
from msgspec.structs import replace

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.listening import Kept, recorded
from tests.integration.dialplans.rig import agents_of, settled
from tests.integration.dialplans.test_calls import ALWAYS
from zhitong.lab.phones.heard import Sound
from zhitong.lab.phones.tones import FRAME, RATE, Tone

pytestmark = pytest.mark.acceptance

BEEP_HZ = 850
SITE = ALWAYS + '\nstrategy = "linear"\nwrapup_s = 2\n[recording]\non = true\nkeep_days = 30\n'
AGENTS = (replace(agents_of("1001")[0], auto_answer=True), *agents_of("1002"))


def beeped(times: list[float]) -> float:
    """Seconds of tone."""
    return len(times) * FRAME / RATE


async def test_who_wants_it_picks_up_at_once_and_alone_hears_the_tone(make_rig: MakeRig) -> None:
    async with make_rig(SITE, AGENTS) as rig:
        wants, rings = await rig.agent("1001"), await rig.agent("1002")  # both ring for ever, but for the header
        wants.tone_hz = rings.tone_hz = Tone.AGENT  # ring-back is 450 Hz, as a phone's hum is by default
        first = await (await rig.citizen(trunk="entry")).call("12345")
        taken = await wants.next_call()
        up = await taken.answered()
        await taken.hears(Sound.ANY, up.mono)
        await first.hears(Tone.AGENT, up.mono)
        await settled(0.6)
        assert 0.08 <= beeped(taken.heard.times(BEEP_HZ)) <= 0.2
        assert len(taken.heard.times(450, up.mono)) > 5  # the caller is heard once it is over
        heard, over = first.heard.first(Tone.AGENT, up.mono), taken.heard.last(BEEP_HZ)
        assert heard is not None and over is not None
        assert first.heard.times(BEEP_HZ, heard) == []  # before there may be a blip of music
        stalled = taken.spoke.longest_gap(up.mono)  # this machine's, not the PBX's
        assert (heard - over) * 1000 < stalled  # the citizen hears the agent while the tone still sounds

        second = await (await rig.citizen("13800000002", trunk="entry")).call("12345")
        offered = await rings.next_call()
        await offered.ringing()
        await settled()
        assert offered.up_at is None
        offered.answer()
        await offered.answered()
        await offered.hears(450, 0.0)
        assert offered.heard.times(BEEP_HZ) == []

        await first.hangup()
        wrapped = await rig.manager.event("ZtWrapup")
        assert wrapped["Agent"] == "1001"
        await second.hangup()
        kept = Kept(await recorded(rig))
        assert kept.of(BEEP_HZ) == 0
        assert kept.of(Tone.AGENT) > 0.3

        colleague = await (await rig.agent("1002")).call("1001")
        private = await wants.next_call()
        await colleague.ringing()
        await settled()
        assert private.up_at is None  # a colleague is no queue
        assert rig.complaints() == []
