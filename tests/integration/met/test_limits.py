"""Numbers that are limited: by order of the bridge, and still when the bridge is gone."""

import time
from pathlib import Path

import pytest

from telephony.control.orders.remarks import LiftLimit, LimitNumber
from telephony.model.ids import Micros
from telephony.model.terms import Outcome
from tests.integration.dialplans.rig import agents_of, running
from tests.integration.dialplans.speech import brief
from tests.integration.journal.mirror import assert_same
from tests.integration.met.counter import SITE, calls, records
from tests.integration.rooms.office import Office, office
from zhitong.lab.phones.policy import Answer, Ring
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance

BAD, ONE, LOW, GOOD = "13800000001", "13800000002", "13800000003", "13800000004"


def limit(number: str, how: str, days: float = 1.0, reason: str = "骚扰") -> LimitNumber:
    return LimitNumber(number, how, Micros(int((time.time() + days * 86_400) * 1e6)), reason, "supervisor")


async def cannot_be(bridge: Office) -> None:
    """What no order can limit: nothing is kept, nothing sent."""
    assert (await bridge.refused(limit("110", "refuse"))).startswith("bad-value: number:")
    assert (await bridge.refused(limit("anonymous", "refuse"))).startswith("bad-value: number:")
    assert (await bridge.refused(limit(BAD, "for ever"))).startswith("bad-value: how:")
    assert (await bridge.refused(limit(BAD, "refuse", days=91))).startswith("bad-value: until:")
    assert (await bridge.refused(limit(BAD, "refuse", days=-1))).startswith("bad-value: until:")
    assert (await bridge.refused(limit(BAD, "refuse", reason=" "))).startswith("bad-value: reason:")
    assert (await bridge.refused(LiftLimit(BAD, "x", "supervisor"))).startswith("wrong-state: number:")


async def test_each_kind_of_limit_by_order_and_with_the_bridge_dead(tools: Tools, tmp_path: Path) -> None:
    async with running(tmp_path / "run", SITE, agents_of("1001"), tools=brief(tools, tmp_path)) as rig:
        agent = await rig.agent("1001")
        agent.on_invite = Ring()
        async with office(rig, tmp_path / "office") as bridge:
            await cannot_be(bridge)
            await bridge.done(limit(f"+86{BAD}", "refuse"))
            await bridge.done(limit(ONE, "one-call"))
            await bridge.done(limit(LOW, "low-priority"))
            refused = await calls(rig, BAD)
            await rig.manager.event("ZtRefused", Reason="limited", CallerIDNum=BAD)
            await refused.ended()

            first = await calls(rig, GOOD)  # the agent's phone rings for them
            await rig.manager.event("QueueCallerJoin", CallerIDNum=GOOD)
            low = await calls(rig, LOW)
            await rig.manager.event("QueueCallerJoin", CallerIDNum=LOW, Position="2")
            one = await calls(rig, f"86{ONE}")
            await rig.manager.event("QueueCallerJoin", CallerIDNum=f"86{ONE}", Position="2")  # before the limited one
            another = await calls(rig, f"0{ONE}")
            await rig.manager.event("ZtRefused", Reason="limited", CallerIDNum=f"0{ONE}")
            await another.ended()
            await one.hangup()
            await rig.manager.event("ZtEnd", CallerIDNum=f"86{ONE}")
            rig.manager.events.clear()
            one = await calls(rig, ONE)  # the first is over
            await rig.manager.event("QueueCallerJoin", CallerIDNum=ONE)
            for call in (first, low, one):
                await call.hangup()
            await bridge.done(LiftLimit(ONE, "顺畅", "supervisor"))
            found = await records(rig, tmp_path / "office", 6)
        logs = rig.lab.pbx.log_dir
        assert_same(found.values(), logs)
        # Nobody runs a bridge any more.
        agent.on_invite = Answer()
        rig.manager.events.clear()
        refused = await calls(rig, f"0086{BAD}")
        await rig.manager.event("ZtLimit", How="refuse")
        await refused.ended()
        both = [await calls(rig, ONE), await calls(rig, f"0{ONE}")]
        for number in (ONE, f"0{ONE}"):
            await rig.manager.event("QueueCallerJoin", CallerIDNum=number)
        for call in both:
            await call.hangup()
    met = {number: (record.outcome, record.refused_because, record.met) for number, record in found.items()}
    assert (met[BAD][0], met[BAD][1]) == (Outcome.REFUSED, "limited")
    assert (met[f"0{ONE}"][0], met[f"0{ONE}"][1]) == (Outcome.REFUSED, "limited")
    limits = {number: told.limited if told else "" for number, (_, _, told) in met.items()}
    assert limits == {
        BAD: "refuse",
        f"0{ONE}": "one-call",
        ONE: "one-call",
        f"86{ONE}": "one-call",
        LOW: "low-priority",
        GOOD: "",
    }
    assert not rig.complaints()
