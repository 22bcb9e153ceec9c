"""How each step of the table is taken on a real PBX: orders through the bridge's door, the rest by phones and time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from telephony.conference.table import Deed, Input, Spot, Step
from telephony.conference.walk import Path, Standing
from telephony.control.commands import AnyOrder
from telephony.control.orders import conference, rooms
from tests.integration.every_order.company import Company, Guest, Table
from tests.integration.every_order.play import Play
from zhitong.lab.phones.policy import Answer, Ring

Doing = Callable[[Play, Guest], Awaitable[None]]
ME = "test"


def _ordered(make: Callable[[Play, Guest], AnyOrder]) -> Doing:
    async def do(one: Play, who: Guest) -> None:
        await one.order(make(one, who), who)

    return do


async def _caller_goes(one: Play, _: Guest) -> None:
    await one.citizen.hangup()


async def _agent_goes(one: Play, _: Guest) -> None:
    await one.agent.hangup()


async def _guest_goes(_: Play, who: Guest) -> None:
    await who.leg.hangup()


async def _answers(_: Play, who: Guest) -> None:
    who.leg.answer()
    await who.leg.answered()


async def _refuses(_: Play, who: Guest) -> None:
    who.leg.refuse(486)
    await who.leg.ended()


async def _waits(one: Play, _: Guest) -> None:
    """Until time has done it: what comes of it is waited for, as ever."""


async def _cancels(one: Play, _: Guest) -> None:
    """All who would join at once, and not whom the agent waits for aside."""
    for guest in [guest for guest, spot in one.spots.items() if spot is Spot.CALLED_IN]:
        await one.order(conference.CancelInvite(one.call, one.me, ME, one.invites[guest]), guest)


async def _rejoins(one: Play, _: Guest) -> None:
    """The order is carried out when the agent has answered."""
    one.table.agent.on_invite = Ring()
    order = conference.Rejoin(one.call, one.me, ME)
    one.ordered = asyncio.create_task(one.there.bridge.order(order))
    count = len(one.table.agent.calls)
    async with asyncio.timeout(30):
        while len(one.table.agent.calls) == count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    one.table.agent.on_invite = Answer()


async def _comes_back(one: Play, _: Guest) -> None:
    one.agent = one.table.agent.calls[-1]
    one.agent.answer()
    await one.agent.answered()
    assert one.ordered is not None
    await one.ordered


async def _stays_away(one: Play, _: Guest) -> None:
    one.table.agent.calls[-1].refuse(486)
    await one.table.agent.calls[-1].ended()


DOES: Mapping[Input, Doing] = {
    Step.HOLD: _ordered(lambda one, _: rooms.Hold(one.call, one.me, ME)),
    Step.RESUME: _ordered(lambda one, _: rooms.Resume(one.call, one.me, ME)),
    Step.CONSULT: _ordered(lambda one, who: rooms.Consult(one.call, one.me, who.code, ME)),
    Step.CANCEL: _ordered(lambda one, _: rooms.CancelConsult(one.call, one.me, ME)),
    Step.SWAP: _ordered(lambda one, _: rooms.Swap(one.call, one.me, ME)),
    Step.MERGE: _ordered(lambda one, _: rooms.Merge(one.call, one.me, ME)),
    Step.COMPLETE: _ordered(lambda one, _: rooms.CompleteTransfer(one.call, one.me, ME)),
    Step.INVITE: _ordered(lambda one, who: conference.Invite(one.call, one.me, who.code, ME)),
    Step.CANCEL_INVITE: _cancels,
    Step.DROP: _ordered(lambda one, who: conference.Drop(one.call, one.me, one.channel_of(who), ME)),
    Step.MUTE: _ordered(lambda one, who: conference.Mute(one.call, one.me, one.channel_of(who), ME)),
    Step.UNMUTE: _ordered(lambda one, who: conference.Unmute(one.call, one.me, one.channel_of(who), ME)),
    Step.REJOIN: _rejoins,
    Step.HAND_OVER: _ordered(lambda one, who: conference.HandOver(one.call, one.me, who.code, ME)),
    Deed.CALLER_GOES: _caller_goes,
    Deed.AGENT_GOES: _agent_goes,
    Deed.ANSWERS: _answers,
    Deed.REFUSES: _refuses,
    Deed.RINGS_OUT: _waits,
    Deed.ASIDE_GOES: _guest_goes,
    Deed.KEPT_GOES: _guest_goes,
    Deed.MUTED_GOES: _guest_goes,
    Deed.GUEST_GOES: _guest_goes,
    Deed.JOINS: _answers,
    Deed.DECLINES: _refuses,
    Deed.NOT_COMING: _waits,
    Deed.COMES_BACK: _comes_back,
    Deed.STAYS_AWAY: _stays_away,
    Deed.TAKES_OVER: _answers,
    Deed.NOBODY_TAKES: _refuses,
    Deed.LIMIT: _waits,
}
"""All but emergencies, which leave over a trunk and are played where such leave."""


async def step(one: Play, given: Input, then: Standing) -> None:
    """Take it, and see what comes of it."""
    one.done.append(str(given))
    found, who = one.means(given)
    await DOES[given](one, who)
    one.walk(found, who, then)
    await one.settled()


async def play(there: Company, table: Table, path: Path) -> None:
    """From a talk of caller and agent on."""
    one = Play(there, table)
    try:
        await one.begin()
        for given, then in path:
            await step(one, given, then)
        await one.finish()
    except Exception as error:
        error.add_note(f"{', '.join(str(given) for given, _ in path)}: after {one.done} {one.now} {one.spots.values()}")
        raise
