"""What the link to the PBX sees beside calls. Times are kept short."""

import asyncio

from tests.recordings.stage import Stage, book, wait

STORIES, story = book()


# --- the link ---------------------------------------------------------------------------------------------


@story
async def a_snapshot_while_calls_go_on(on: Stage) -> None:
    """A second one in the middle of a talk, a ring and a wait: it must change nothing."""
    call, _ = await on.talking("1001")
    ringing = await on.calls("all")
    waiting = await on.calls("tiny")
    await wait(0.6)
    await on.tap.snapshot()
    await wait(0.3)
    await waiting.hangup()
    await ringing.hangup()
    await call.hangup()


@story
async def members_come_and_go(on: Stage) -> None:
    """Pause and back, sign out and in, by feature code; and a phone that goes away and comes back."""
    for code in ("*13", "*14", "*12", "*11"):
        call = await on.agents["1001"].call(code)
        with_end = asyncio.create_task(call.ended(10))
        await with_end
        await wait(0.2)
    await on.agents["1006"].registration.end()
    await wait(0.3)
    await on.agents["1006"].registration.begin()
    await wait(0.3)


@story
async def zz_shutdown(on: Stage) -> None:
    """The last: the PBX is stopped with one talking and one waiting."""
    await on.talking()
    await on.calls("tiny")
    await wait(0.8)
    await on.rig.lab.pbx.stop()
