"""Ring-all: two phones pick up in the same instant."""

import asyncio

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.manager import Message
from tests.integration.dialplans.rig import Rig, agents_of
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.phone import Phone
from zhitong.lab.phones.policy import Ring

pytestmark = pytest.mark.acceptance

RING_ALL = """
[agents]
sign_in = "always"
[[queue]]
name = "hotline"
strategy = "ringall"
"""
ROUNDS = 4
LIMIT_S = 2.0


async def test_row_16_who_loses_the_race_is_rung_for_the_next_caller_within_two_seconds(make_rig: MakeRig) -> None:
    """Row 16: ring-all answer race drops everybody. The caller talks with exactly one, and the other phone rings for
    who waits behind them: by the PBX's own clock, and in most rounds, since the machine may be busy."""
    waits = []
    async with make_rig(RING_ALL, agents_of("1001", "1002")) as rig:
        phones = [await rig.agent("1001"), await rig.agent("1002")]
        for phone in phones:
            phone.on_invite = Ring()
        for number in range(ROUNDS):
            first = await (await rig.citizen(f"1380000000{number}")).call("12345")
            rung = [await phone.next_call() for phone in phones]
            second = await (await rig.citizen(f"1390000000{number}")).call("12345")
            for call in rung:
                call.answer()
            await first.answered()
            loser = await _loser(phones, rung)
            again = await loser.next_call()
            waits.append(await _idle(rig, loser.account.number))
            again.answer()
            await second.answered()
            assert first.is_up
            assert sum(call.is_up for call in rung) == 1
            for call in (first, second):
                await call.hangup()
            await asyncio.gather(*(call.ended() for call in (*rung, again)))
            rig.manager.events.clear()
        assert sorted(waits)[ROUNDS // 2] <= LIMIT_S, waits


async def _idle(rig: Rig, number: str) -> float:
    """How long this phone was free between its last two offers, in seconds."""

    def offers() -> list[Message]:
        return rig.manager.all("AgentCalled", MemberName=number)

    def ends() -> list[Message]:
        return [event for event in rig.manager.all("Hangup") if event["Channel"].startswith(f"PJSIP/{number}-")]

    async with asyncio.timeout(30):
        while len(offers()) < 2 or not ends():  # noqa: ASYNC110 - the phone may be quicker than the manager
            await asyncio.sleep(0.05)
    return float(offers()[-1]["Timestamp"]) - float(ends()[-1]["Timestamp"])


async def _loser(phones: list[Phone], rung: list[Call]) -> Phone:
    """Whose call ended."""
    ends = [asyncio.create_task(call.ended()) for call in rung]
    done, rest = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()
    return phones[ends.index(done.pop())]
