"""Transfers, by keys and by REFER. Times are kept short."""

import asyncio

from tests.recordings.stage import Stage, book, gone, wait
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.policy import Refuse

STORIES, story = book()


# --- transfers --------------------------------------------------------------------------------------------


@story
async def blind_by_refer(on: Stage) -> None:
    call, agent = await on.talking()
    on.answers("1005")
    await agent.refer("1005")
    await wait(0.8)
    await call.hangup()


@story
async def blind_by_keys(on: Stage) -> None:
    call, agent = await on.talking()
    on.answers("1005")
    await agent.dtmf("#11005")
    target = await on.rung("1005")
    await target.answered()
    await wait(0.6)
    await target.hangup()
    await call.ended()


@story
async def blind_and_given_up(on: Stage) -> None:
    call, agent = await on.talking()
    await asyncio.gather(agent.refer("1005"), _later(call))


async def _later(call: Call) -> None:
    await wait(1)
    await call.hangup()


@story
async def blind_and_refused(on: Stage) -> None:
    call, agent = await on.talking()
    on.agents["1005"].on_invite = Refuse(486, 0.3)
    await agent.refer("1005")
    await call.ended(15)


@story
async def blind_into_a_queue(on: Stage) -> None:
    call, agent = await on.talking()
    on.answers("1003", after_s=0.6)
    await agent.refer("8001")
    await wait(1.5)
    await call.hangup()


@story
async def attended_by_refer(on: Stage) -> None:
    call, agent = await on.talking()
    on.answers("1005")
    await agent.hold()
    second = await on.agents["1001"].call("1005")
    await second.answered()
    await wait(0.5)
    await agent.refer_replacing(second)
    await gone(second)
    await wait(0.8)
    await call.hangup()


@story
async def blonde_by_refer(on: Stage) -> None:
    call, agent = await on.talking()
    await agent.hold()
    second = await on.agents["1001"].call("1005")
    target = await on.rung("1005")
    await wait(0.4)
    transfer = asyncio.create_task(agent.refer_replacing(second))
    await wait(0.4)
    target.answer()
    await transfer
    await gone(second)
    await wait(0.8)
    await call.hangup()


@story
async def a_consult_that_comes_to_nothing(on: Stage) -> None:
    _, agent = await on.talking()
    on.answers("1005")
    await agent.hold()
    second = await on.agents["1001"].call("1005")
    await second.answered()
    await wait(0.4)
    await second.hangup()
    await agent.resume()
    await wait(0.5)
    await agent.hangup()


async def consult(on: Stage, agent: Call, number: str = "1005") -> Call:
    await agent.dtmf("*2")
    await wait(0.3)
    await agent.dtmf(number)
    return await on.rung(number)


@story
async def attended_by_keys(on: Stage) -> None:
    call, agent = await on.talking()
    on.answers("1005")
    target = await consult(on, agent)
    await target.answered()
    await wait(0.8)
    await agent.hangup()
    await wait(1.2)
    await call.hangup()


@story
async def blonde_by_keys(on: Stage) -> None:
    call, agent = await on.talking()
    target = await consult(on, agent)
    await wait(0.4)
    await agent.hangup()
    await wait(0.5)
    target.answer()
    await wait(1.2)
    await target.hangup()
    await call.ended()


@story
async def three_together_by_keys(on: Stage) -> None:
    call, agent = await on.talking()
    on.answers("1005")
    target = await consult(on, agent)
    await target.answered()
    await wait(0.6)
    await agent.dtmf("*3")
    await wait(1)
    await agent.hangup()
    await wait(0.6)
    await target.hangup()
    await call.ended()


@story
async def swapped_and_back(on: Stage) -> None:
    call, agent = await on.talking()
    on.answers("1005")
    target = await consult(on, agent)
    await target.answered()
    await wait(0.5)
    await agent.dtmf("*4")
    await wait(0.6)
    await agent.dtmf("*4")
    await wait(0.6)
    await target.hangup()
    await wait(1)
    await call.hangup()


@story
async def the_caller_leaves_a_consult(on: Stage) -> None:
    call, agent = await on.talking()
    on.answers("1005")
    target = await consult(on, agent)
    await target.answered()
    await wait(0.5)
    await call.hangup()
    await wait(0.6)
    await gone(agent)
    await gone(target)


@story
async def attended_into_a_queue(on: Stage) -> None:
    call, agent = await on.talking()
    on.answers("1003", after_s=0.5)
    await agent.dtmf("*2")
    await wait(0.3)
    await agent.dtmf("8001")
    target = await on.rung("1003")
    await target.answered()
    await wait(0.5)
    await agent.hangup()
    await wait(1.2)
    await call.hangup()


@story
async def two_citizens_joined(on: Stage) -> None:
    """1001 has one citizen, takes another over from 1002, and brings the two together."""
    first, agent = await on.talking("1001")
    await agent.hold()
    on.agents["1001"].on_invite = Refuse(486)
    on.answers("1002")
    second = await on.calls()
    await second.answered(15)
    await wait(0.4)
    on.answers("1001")
    await on.agents["1002"].calls[-1].refer("1001")
    await wait(0.5)
    await agent.refer_replacing(on.agents["1001"].calls[-1])
    await wait(0.8)
    await second.hangup()
    await wait(0.3)
    await gone(first)
