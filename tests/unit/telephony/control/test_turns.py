"""Orders that move the people of one call take turns; all others go at once."""

import asyncio

import pytest

from telephony.control.commands import Reason
from telephony.control.handlers.turns import Turns
from telephony.control.orders.conference import Drop, Emergency
from telephony.control.orders.order import Order
from telephony.control.orders.rooms import Hold, Resume
from telephony.control.reach import Done, Handler
from telephony.control.refused import CommandRefused
from telephony.model.ids import CallId, MemberName, Uniqueid

ONE, OTHER, ME = CallId("one"), CallId("other"), MemberName("1001")


class Desk:
    """Handlers that say when they begin, and go on when they are let."""

    def __init__(self) -> None:
        self.began: list[Order] = []
        self.go = asyncio.Event()
        self.handlers = Turns().taken(dict.fromkeys((Hold, Resume, Drop, Emergency), self.carry_out))

    async def carry_out(self, order: Order, within: float) -> Done:
        assert within > 0
        self.began.append(order)
        await self.go.wait()
        return Done(seen=True)

    def give(self, order: Order, within: float = 30.0) -> "asyncio.Task[Done]":
        handler: Handler = self.handlers[type(order)]
        return asyncio.ensure_future(handler(order, within))


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_of_one_call_one_after_another() -> None:
    desk = Desk()
    hold, resume, elsewhere = Hold(ONE, ME, "a"), Resume(ONE, ME, "a"), Hold(OTHER, ME, "a")
    given = [desk.give(order) for order in (hold, resume, elsewhere)]
    await settle()
    assert desk.began == [hold, elsewhere]
    desk.go.set()
    assert [done.seen for done in await asyncio.gather(*given)] == [True] * 3
    assert desk.began == [hold, elsewhere, resume]


async def test_what_moves_nobody_and_an_emergency_wait_for_none_of_them() -> None:
    desk = Desk()
    orders = [Hold(ONE, ME, "a"), Drop(ONE, ME, Uniqueid("1.2"), "a"), Emergency(ME, "120", "a", ONE)]
    idle = [Emergency(ME, number, "a") for number in ("110", "120")]  # from two phones, of no call
    given = [desk.give(order) for order in (*orders, *idle, Emergency(ME, "120", "b", ONE))]
    await settle()
    assert desk.began == [*orders, *idle], "pressed twice it is one after the other"
    desk.go.set()
    await asyncio.gather(*given)


async def test_whose_turn_does_not_come_is_told_so() -> None:
    desk = Desk()
    first = desk.give(Hold(ONE, ME, "a"))
    await settle()
    with pytest.raises(CommandRefused) as refused:
        await desk.give(Resume(ONE, ME, "a"), within=0.05)
    assert refused.value.reason is Reason.TOO_LATE
    desk.go.set()
    await first
    assert [type(order) for order in desk.began] == [Hold]
