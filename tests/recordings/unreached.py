"""Callers whom nobody reached. Times are kept short."""

import asyncio

from tests.recordings.stage import Hangup, QueueWithdrawCaller, Redirect, Stage, book, gone, wait

STORIES, story = book()


# --- nobody reached ---------------------------------------------------------------------------------------


@story
async def gives_up_waiting(on: Stage) -> None:
    call = await on.calls("tiny")
    await wait(1.2)
    await call.hangup()


@story
async def gives_up_ringing(on: Stage) -> None:
    call = await on.calls()
    await on.ringing("1001", "1002")
    await wait(0.8)
    await call.hangup()


@story
async def gives_up_in_a_ring_all(on: Stage) -> None:
    call = await on.calls("all")
    await wait(0.8)
    await call.hangup()


@story
async def gives_up_in_the_instant_of_the_answer(on: Stage) -> None:
    """Each time a little later: before the pick-up, in it, after it."""
    for late_ms in (-3, -1, 0, 1, 2, 4, 8):
        call = await on.calls()
        number = await on.ringing("1001", "1002")
        await wait(0.3)
        agent = on.agents[number].calls[-1]
        if late_ms < 0:
            hanging = asyncio.create_task(gone(call))
            await wait(-late_ms / 1000)
            agent.answer()
            await hanging
        else:
            agent.answer()
            await wait(late_ms / 1000)
            await gone(call)
        await wait(0.5)


@story
async def times_out(on: Stage) -> None:
    call = await on.calls("short")
    await call.ended(20)


@story
async def finds_nobody_and_overflows(on: Stage) -> None:
    on.answers("1001", "1002")
    call = await on.calls("empty")
    await call.answered()
    await wait(0.5)
    await call.hangup()


@story
async def queue_full(on: Stage) -> None:
    first = await on.calls("tiny")
    await wait(0.5)
    second = await on.calls("tiny")
    await second.ended()
    await wait(0.3)
    await first.hangup()


@story
async def everybody_leaves(on: Stage) -> None:
    call = await on.calls("leave")
    await on.ringing("1006")
    await on.agents["1006"].registration.end()
    await call.ended(20)
    await on.agents["1006"].registration.begin()
    await wait(0.5)


@story
async def key_exit_to_another_queue(on: Stage) -> None:
    on.answers("1001", "1002")
    call = await on.calls("keys")
    await call.answered()
    await wait(0.8)
    await call.dtmf("1")
    await on.ringing("1001", "1002")
    await wait(1.2)
    await call.hangup()


@story
async def key_exit_to_the_end(on: Stage) -> None:
    call = await on.calls("keys")
    await call.answered()
    await wait(0.8)
    await call.dtmf("2")
    await call.ended()


@story
async def unknown_number(on: Stage) -> None:
    call = await on.callers["hotline"].call("999")
    await call.ended()


@story
async def told_to_hang_up_while_waiting(on: Stage) -> None:
    call = await on.calls("tiny")
    await wait(0.8)
    await on.order(Hangup(await on.channel()))
    await call.ended()


@story
async def withdrawn(on: Stage) -> None:
    call = await on.calls("tiny")
    await wait(0.8)
    await on.order(QueueWithdrawCaller("tiny", await on.channel()))
    await call.ended()


@story
async def redirected_out_of_the_line(on: Stage) -> None:
    on.answers("1005")
    call = await on.calls("tiny")
    await wait(0.8)
    await on.order(Redirect(await on.channel(), "zt-transfer", "1005"))
    await call.answered()
    await wait(0.5)
    await call.hangup()
