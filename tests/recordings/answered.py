"""Calls that are answered, and offers that are not. Times are kept short."""

import asyncio

from tests.recordings.stage import Stage, book, gone, wait

STORIES, story = book()


# --- answered ---------------------------------------------------------------------------------------------


@story
async def caller_ends(on: Stage) -> None:
    call, _ = await on.talking()
    await wait(1)
    await call.hangup()


@story
async def agent_ends(on: Stage) -> None:
    call, agent = await on.talking()
    await wait(1)
    await agent.hangup()
    await call.ended()


@story
async def both_hang_up_at_once(on: Stage) -> None:
    call, agent = await on.talking()
    await asyncio.gather(gone(call), gone(agent))


@story
async def held_twice(on: Stage) -> None:
    call, agent = await on.talking()
    await agent.hold()
    await wait(0.6)
    await agent.resume()
    await wait(0.4)
    await agent.hold()
    await wait(0.4)
    await call.hangup()


@story
async def two_callers_at_once(on: Stage) -> None:
    on.answers("1001", "1002")
    one, two = await on.calls(), await on.calls()
    await one.answered(10)
    await two.answered(10)
    await wait(0.7)
    await two.hangup()
    await wait(0.5)
    await one.hangup()


@story
async def an_agent_calls_the_hotline(on: Stage) -> None:
    on.answers("1001", "1002")
    call = await on.agents["1005"].call("12345")
    await call.answered()
    await wait(0.6)
    await call.hangup()


@story
async def phone_to_phone(on: Stage) -> None:
    on.answers("1002")
    call = await on.agents["1005"].call("1002")
    await call.answered()
    await wait(0.6)
    await on.agents["1002"].calls[-1].hangup()
    await call.ended()


# --- offers -----------------------------------------------------------------------------------------------


@story
async def rings_out_then_the_next(on: Stage) -> None:
    call = await on.calls()
    first = await on.ringing("1001", "1002")
    other = "1002" if first == "1001" else "1001"
    on.answers(other)
    await call.answered(15)
    await wait(0.5)
    await call.hangup()


async def _refused(on: Stage, code: int) -> None:
    """Whoever is asked first refuses, the other answers."""
    call = await on.calls()
    first = await on.ringing("1001", "1002")
    on.answers("1002" if first == "1001" else "1001")
    await wait(0.3)
    on.agents[first].calls[-1].refuse(code)
    await call.answered(10)
    await wait(0.5)
    await call.hangup()


@story
async def refused_486(on: Stage) -> None:
    await _refused(on, 486)


@story
async def refused_603(on: Stage) -> None:
    await _refused(on, 603)


@story
async def refused_480(on: Stage) -> None:
    await _refused(on, 480)


@story
async def ring_all(on: Stage) -> None:
    on.answers("1003", after_s=0.5)
    call = await on.calls("all")
    await call.answered()
    await wait(0.5)
    await call.hangup()


@story
async def ring_all_both_pick_up(on: Stage) -> None:
    on.answers("1003", "1004", after_s=0.4)
    call = await on.calls("all")
    await call.answered()
    await wait(0.5)
    await call.hangup()
