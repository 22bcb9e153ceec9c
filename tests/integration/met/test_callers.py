"""Rated, cut off and brought back, silent: by the phones, on record, and by the logs alone."""

from pathlib import Path

import pytest

from telephony.model.terms import Outcome, Side
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.rig import agents_of
from tests.integration.journal.mirror import assert_same
from tests.integration.met.counter import SITE, calls, ready, records, told
from tests.integration.rooms.office import office
from zhitong.lab.phones.policy import Answer

pytestmark = pytest.mark.acceptance

CUT, SAME, NEXT, LAST = "13800000002", "8613800000002", "13800000003", "13800000004"


async def test_cut_off_brought_back_rated_and_the_agent_free_meanwhile(make_rig: MakeRig, tmp_path: Path) -> None:
    """CUT's phone vanishes; calls again in another form, and is brought back; the agent hangs up, and is connected with
    NEXT while the first hears the sentence. NEXT hangs up in it."""
    async with make_rig(SITE, agents_of("1001")) as rig, office(rig, tmp_path / "office") as bridge:
        agent = await rig.agent("1001")
        agent.on_invite = Answer()
        await ready(rig, "1001")

        cut = await calls(rig, CUT)
        await cut.answered()
        first = await agent.next_call()
        await rig.manager.event("AgentConnect", Queue="hotline")
        await bridge.until(lambda: any(call.met.spoke for call in bridge.service.reach.world.calls.values()))
        cut.vanish()
        await first.ended()
        assert (await told(bridge, "zt-back-002")).partition(":")[2] == f"1001:mobile-{CUT}"

        again = await calls(rig, SAME)
        second = await agent.next_call()
        await rig.manager.event("AgentConnect", Queue="zt-sticky-hotline", MemberName="1001")
        waiting = await calls(rig, NEXT)
        await rig.manager.event("QueueCallerJoin", Queue="hotline", CallerIDNum=NEXT)
        await second.hangup()
        await rig.manager.event("ZtRating", State="asked", Agent="1001", CallerIDNum=SAME)
        third = await agent.next_call()  # nobody has keyed anything yet
        await rig.manager.event("AgentConnect", Queue="hotline", CallerIDNum=NEXT)
        assert again.is_up
        assert not rig.manager.all("ZtRating", State="given")
        await again.dtmf("8")  # no rating: one more try
        await again.dtmf("4")
        await rig.manager.event("ZtRating", State="given", Value="4")
        await again.ended()
        await third.hangup()
        await rig.manager.event("ZtRating", State="asked", CallerIDNum=NEXT)
        await waiting.hangup()

        last = await calls(rig, LAST, silent=True)
        fourth = await agent.next_call()
        await bridge.until(lambda: any(call.met.silent for call in bridge.service.reach.world.calls.values()))
        await last.hangup()
        await fourth.ended()
        found = await records(rig, tmp_path / "office", 4)
    assert found[CUT].hung_up_by is Side.SYSTEM
    assert found[CUT].met is None
    assert found[SAME].outcome is Outcome.ANSWERED
    assert found[SAME].queue == "hotline"
    met = found[SAME].met
    assert met is not None
    assert (met.rating_asked, met.rating, met.rated) == (True, 4, "1001")
    assert (met.sticky, met.sticky_agent) == ("answered", "1001")
    met = found[NEXT].met
    assert met is not None
    assert (met.rating_asked, met.rating, met.sticky) == (True, None, "")
    assert found[NEXT].hung_up_by is Side.AGENT
    assert [number for number, record in found.items() if record.met is not None and record.met.silent] == [LAST]
    assert_same(found.values(), rig.lab.pbx.log_dir)
    assert not [line for line in rig.complaints() if "RTP" not in line]
