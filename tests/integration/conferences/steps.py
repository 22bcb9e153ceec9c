"""How a conference comes into each phase, by its agent's desktop."""

from collections.abc import Awaitable, Callable

from bench.conference.floor import Conference
from zhitong.lab.phones.policy import Ring


async def bridge(one: Conference) -> None:
    """As the queue connected them."""


async def room(one: Conference) -> None:
    await one.ordered("hold")
    await one.ordered("resume")


async def hold(one: Conference) -> None:
    await one.ordered("hold")


async def ringing(one: Conference) -> None:
    await one.asks(answer=False)


async def consult(one: Conference) -> None:
    await one.asks()
    await one.shows("talking", "talking")


async def swapped(one: Conference) -> None:
    await consult(one)
    await one.ordered("swap")


async def three(one: Conference) -> None:
    await consult(one)
    await one.ordered("merge")


async def left(one: Conference) -> None:
    await three(one)
    await one.ordered("complete")


async def inviting(one: Conference) -> None:
    """Somebody rings who is to join at once; agent and citizen talk on, in the room by now."""
    await one.invites(one.seat.guest, answer=False)


async def joined(one: Conference) -> None:
    await one.invites(one.seat.guest)
    await one.shows("talking", "talking")


async def muted(one: Conference) -> None:
    await joined(one)
    await one.on_leg("mute", one.guest)


async def handing(one: Conference) -> None:
    """The agent has left; the citizen hears music while somebody is rung."""
    one.seat.guest.on_invite = Ring()
    await one.seat.desktop.hand_over(one.call, one.seat.code)
    await one.comes(one.seat.guest, answered=False)
    await one.agent.ended()


INTO: dict[str, Callable[[Conference], Awaitable[None]]] = {
    step.__name__: step
    for step in (bridge, room, hold, ringing, consult, swapped, three, left, inviting, joined, muted, handing)
}
