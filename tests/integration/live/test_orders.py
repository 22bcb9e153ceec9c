"""What every way to the door keeps to: in process, and over a real Redis."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import msgspec
import pytest

from telephony.control.commands import Answer, AskStatus, Reason, Request, Taken
from telephony.control.door import Door
from telephony.control.orders.calls import HangUp
from telephony.control.orders.recording import PauseRecording
from telephony.control.port import Orders
from telephony.control.reach import Done
from telephony.control.redis_orders import RedisOrders
from telephony.control.redis_taking import RedisTaking
from telephony.control.refused import CommandRefused
from telephony.model.ids import CallId, MemberName
from tests.integration.live.rig import Reader, Site, Source, soon
from zhitong.lab.redis_server import RedisServer


class Bridge:
    """A door that counts what it carries out; ``open`` lets it go on."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.begun = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()
        self.door = Door({HangUp: self._hang_up, PauseRecording: self._refuse})

    async def _hang_up(self, order: HangUp, within: float) -> Done:
        assert 0 < within <= 60
        self.done.append(order.call)
        self.begun.set()
        await self.open.wait()
        return Done(seen=True, call=order.call)

    async def _refuse(self, order: PauseRecording, _within: float) -> Done:
        raise CommandRefused(Reason.WRONG_STATE, f"call: {order.call} is not recorded.")


class Way:
    """A bridge, and a way to it; over Redis the bridge publishes, too."""

    def __init__(self, bridge: Bridge, orders: Orders) -> None:
        self.bridge = bridge
        self.orders = orders

    async def ask(self, call: str, key: str = "", deadline_s: float = 20.0) -> Answer:
        order = HangUp(call=CallId(call), agent=MemberName("1001"), by="1001")
        return await self.orders.handle(Request(key or f"k-{call}", order, deadline_s))


async def publishing(pbx: Site) -> None:
    pbx.publish(Source())
    await Reader(pbx.feed()).look()


def taking(pbx: Site, bridge: Bridge) -> "asyncio.Task[None]":
    return pbx.start(RedisTaking(pbx.client(), pbx.keys, bridge.door.handle).run())


def gateway(pbx: Site) -> RedisOrders:
    orders = RedisOrders(pbx.client(), pbx.keys)
    pbx.start(orders.run())
    return orders


@pytest.fixture(params=["in process", "redis"])
async def way(request: pytest.FixtureRequest, server: RedisServer) -> AsyncIterator[Way]:
    bridge, pbx = Bridge(), Site(server)
    if request.param == "in process":
        yield Way(bridge, bridge.door)
    else:
        await publishing(pbx)
        taking(pbx, bridge)
        await taken(made := Way(bridge, gateway(pbx)))
        yield made
    await pbx.close()


async def taken(way: Way) -> None:
    """Wait until orders are taken."""

    async def asked() -> bool:
        return (await way.orders.handle(Request("status", AskStatus(), 0.2))).why.startswith("Nobody here")

    await soon(asked)


async def test_an_order_is_carried_out_and_answered(way: Way) -> None:
    assert await way.ask("c1") == Answer("k-c1", Taken.ACCEPTED, seen=True, call="c1")
    assert way.bridge.done == ["c1"]


async def test_a_refusal_says_why(way: Way) -> None:
    answer = await way.orders.handle(Request("k", PauseRecording(call="c2", by="1001")))
    assert (answer.taken, answer.reason, answer.why) == (
        Taken.REFUSED,
        Reason.WRONG_STATE,
        "call: c2 is not recorded.",
    )


async def test_given_twice_it_is_carried_out_once(way: Way) -> None:
    way.bridge.open.clear()
    asked = [asyncio.create_task(way.ask("c3")) for _ in range(5)]
    await asyncio.sleep(0.1)
    way.bridge.open.set()
    answers = await asyncio.gather(*asked)
    answers.append(await way.ask("c3"))
    assert {msgspec.json.encode(answer) for answer in answers} == {msgspec.json.encode(answers[0])}
    assert answers[0].taken is Taken.ACCEPTED
    assert way.bridge.done == ["c3"]


@pytest.mark.parametrize(
    ("key", "deadline_s"), [("x" * 101, 1.0), ("热线", 1.0), ("a\nb", 1.0), ("k", 0.0), ("k", 1e9)]
)
async def test_a_key_or_a_deadline_that_cannot_be_is_refused(way: Way, key: str, deadline_s: float) -> None:
    answer = await way.ask("c4", key, deadline_s)
    assert (answer.taken, answer.reason) == (Taken.REFUSED, Reason.BAD_VALUE)
    assert way.bridge.done == []


async def test_many_at_once_get_each_their_own_answer(way: Way) -> None:
    answers = await asyncio.gather(*(way.ask(f"c{n}") for n in range(100)))
    assert [answer.call for answer in answers] == [f"c{n}" for n in range(100)]
    assert sorted(way.bridge.done) == sorted(f"c{n}" for n in range(100))


async def test_who_asked_may_go(way: Way) -> None:
    way.bridge.open.clear()
    asked = asyncio.create_task(way.ask("c5"))
    await way.bridge.begun.wait()
    asked.cancel()
    way.bridge.open.set()
    assert (await way.ask("c5")).taken is Taken.ACCEPTED
    assert way.bridge.done == ["c5"]


# --- over Redis -------------------------------------------------------------------------------------------


async def test_without_a_bridge_nothing_is_sent(pbx: Site) -> None:
    orders = gateway(pbx)
    answer = await Way(Bridge(), orders).ask("c1")
    assert (answer.taken, answer.reason) == (Taken.REFUSED, Reason.UNAVAILABLE)
    assert await pbx.client().exists(pbx.keys.orders) == 0


async def test_what_nobody_took_by_the_deadline_is_called_back_and_never_carried_out(pbx: Site) -> None:
    await publishing(pbx)
    way = Way(Bridge(), gateway(pbx))
    answer = await way.ask("c1", deadline_s=0.2)
    assert (answer.taken, answer.reason) == (Taken.REFUSED, Reason.UNAVAILABLE)
    assert await pbx.client().xlen(pbx.keys.orders) == 0
    taking(pbx, way.bridge)
    await taken(way)
    assert (await way.ask("c2")).taken is Taken.ACCEPTED
    assert way.bridge.done == ["c2"]


async def test_what_was_there_before_the_bridge_is_not_carried_out(pbx: Site) -> None:
    """It may be an old copy of what was."""
    await publishing(pbx)
    way = Way(Bridge(), gateway(pbx))
    asked = asyncio.create_task(way.ask("c1"))
    client = pbx.client()

    async def there() -> bool:
        return await client.xlen(pbx.keys.orders) == 1

    await soon(there)
    await asyncio.sleep(0.01)
    taking(pbx, way.bridge)
    assert (await asked).taken is Taken.UNKNOWN
    assert (await way.ask("c1")).taken is Taken.UNKNOWN
    assert way.bridge.done == []


async def test_a_bridge_that_dies_between_taking_and_answering_leaves_it_unknown(pbx: Site) -> None:
    await publishing(pbx)
    way = Way(Bridge(), gateway(pbx))
    first = taking(pbx, way.bridge)
    await taken(way)
    way.bridge.open.clear()
    asked = asyncio.create_task(way.ask("c1", deadline_s=0.5))
    await way.bridge.begun.wait()
    first.cancel()
    anew = Bridge()
    taking(pbx, anew)
    assert (await way.ask("c1", deadline_s=0.5)).taken is Taken.UNKNOWN
    assert (await asked).taken is Taken.UNKNOWN
    assert anew.done == []


async def test_an_answer_is_known_over_a_restart_of_the_bridge(pbx: Site) -> None:
    await publishing(pbx)
    way = Way(Bridge(), gateway(pbx))
    first = taking(pbx, way.bridge)
    await taken(way)
    answer = await way.ask("c1")
    assert answer.taken is Taken.ACCEPTED
    first.cancel()
    anew = Bridge()
    taking(pbx, anew)
    await taken(way)
    assert await Way(anew, gateway(pbx)).ask("c1") == answer
    assert anew.done == []


async def test_two_bridges_by_mistake_carry_it_out_once(pbx: Site) -> None:
    await publishing(pbx)
    way, other = Way(Bridge(), gateway(pbx)), Bridge()
    taking(pbx, way.bridge)
    taking(pbx, other)
    await taken(way)
    answers = await asyncio.gather(*(way.ask(f"c{n}") for n in range(30)))
    done = way.bridge.done + other.done
    assert len(done) == len(set(done))
    assert {answer.call for answer in answers if answer.taken is Taken.ACCEPTED} == set(done) != set()


async def test_what_cannot_be_read_is_refused_loudly_and_the_next_is_taken(
    pbx: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    await publishing(pbx)
    way = Way(Bridge(), gateway(pbx))
    taking(pbx, way.bridge)
    await taken(way)
    client = pbx.client()
    for fields in ({"v": "1", "request": b"\xff\xfe", "to": "x", "mark": "1"}, {"x": b"\x00"}, {"v": "2", "to": "x"}):
        await client.xadd(pbx.keys.orders, fields)  # type: ignore[arg-type]
    assert (await way.ask("c1")).taken is Taken.ACCEPTED
    assert way.bridge.done == ["c1"]
    assert capsys.readouterr().out.count("an order in Redis cannot be read") == 3


async def test_everything_expires(pbx: Site) -> None:
    await publishing(pbx)
    way = Way(Bridge(), gateway(pbx))
    taking(pbx, way.bridge)
    await taken(way)
    assert (await way.ask("c1")).taken is Taken.ACCEPTED
    client = pbx.client()
    keys = [key async for key in client.scan_iter(match=f"{pbx.keys.prefix}*")]
    assert len(keys) >= 4
    assert all([0 < await client.ttl(key) <= 600 for key in keys])


async def test_orders_go_on_when_redis_was_killed_and_is_back(pbx: Site, server: RedisServer) -> None:
    await publishing(pbx)
    way = Way(Bridge(), gateway(pbx))
    taking(pbx, way.bridge)
    await taken(way)
    server.kill()
    assert (await way.ask("c1", deadline_s=1.0)).taken in (Taken.UNKNOWN, Taken.REFUSED)
    assert (await way.ask("c2", deadline_s=1.0)).reason is Reason.UNAVAILABLE
    server.start()

    keys = count()

    async def works() -> bool:
        return (await way.ask("c3", key=f"c3-{next(keys)}", deadline_s=2.0)).taken is Taken.ACCEPTED

    await soon(works)
    assert set(way.bridge.done) == {"c3"}
