"""Transactions on a real wire, against a peer that says what a test tells it. T1 is 20 ms here."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from tests.unit.zhitong.lab.phones.peer import Peer, eventually
from zhitong.lab.phones.exchange import Exchange, Incoming, acknowledgement, cancellation
from zhitong.lab.phones.message import Message, Request, Response, respond, sequence, value_of, values_of
from zhitong.lab.phones.udp import Moment

T1 = 0.02


class Notes:
    """A listener that writes everything down and answers nothing."""

    def __init__(self) -> None:
        self.asked: list[Incoming] = []
        self.acked: list[Incoming] = []
        self.unacked: list[Incoming] = []
        self.cancelled: list[Incoming] = []
        self.traffic: list[str] = []

    def on_request(self, asked: Incoming, at: Moment) -> None:
        self.asked.append(asked)

    def on_ack(self, asked: Incoming, ack: Request, at: Moment) -> None:
        self.acked.append(asked)

    def on_no_ack(self, asked: Incoming, at: Moment) -> None:
        self.unacked.append(asked)

    def on_cancel(self, asked: Incoming, cancel: Request, at: Moment) -> None:
        self.cancelled.append(asked)

    def on_traffic(self, message: Message, sent: bool, at: Moment) -> None:
        what = message.method if isinstance(message, Request) else str(message.code)
        self.traffic.append(f"{'>' if sent else '<'}{what}")


class Bench:
    def __init__(self) -> None:
        self.notes, self.peer = Notes(), Peer()
        self.exchange = Exchange("127.0.0.1", 0, self.notes, T1)
        self.responses: list[Response] = []

    def ask(self, method: str, name: str = "1") -> None:
        self.exchange.ask(request(method, name), self.peer.place, lambda response, _: self.responses.append(response))

    async def codes(self, *expected: int) -> None:
        await eventually(lambda: [response.code for response in self.responses] == list(expected))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    bench.exchange.close()
    bench.peer.close()


def request(method: str, name: str = "1", number: int = 1) -> Request:
    headers = (
        ("Via", f"SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-{method}-{name}"),
        ("From", "<sip:a@x>;tag=a"),
        ("To", "<sip:b@x>"),
        ("Call-ID", name),
        ("CSeq", f"{number} {method}"),
        ("Route", "<sip:proxy;lr>"),
        ("Max-Forwards", "70"),
    )
    return Request(method, "sip:b@x", headers)


async def until(condition: list[Incoming], count: int = 1) -> None:
    await eventually(lambda: len(condition) >= count)


# --- requests of ours -----------------------------------------------------------------------------------------


async def test_a_request_is_sent_until_it_is_answered(bench: Bench) -> None:
    bench.ask("OPTIONS")
    for _ in range(2):
        await bench.peer.request("OPTIONS")
    asked = await bench.peer.request("OPTIONS")
    bench.peer.reply(asked, 200)
    await bench.codes(200)
    while not bench.peer.inbox.empty():
        await bench.peer.next()
    await bench.peer.nothing(10 * T1)


async def test_only_the_first_final_answer_counts(bench: Bench) -> None:
    bench.ask("OPTIONS")
    asked = await bench.peer.request("OPTIONS")
    bench.peer.reply(asked, 200)
    bench.peer.reply(asked, 200)
    bench.peer.reply(asked, 500)
    await bench.codes(200)
    await asyncio.sleep(0.02)
    assert len(bench.responses) == 1


async def test_nobody_s_answer_is_408(bench: Bench) -> None:
    bench.ask("BYE")
    await bench.codes(408)
    assert value_of(bench.responses[0], "call-id") == "1"


async def test_a_refused_invite_is_acknowledged_each_time(bench: Bench) -> None:
    bench.ask("INVITE")
    asked = await bench.peer.request("INVITE")
    bench.peer.reply(asked, 100)
    bench.peer.reply(asked, 486)
    first, _ = await bench.peer.request("ACK")
    bench.peer.reply(asked, 486)
    second, _ = await bench.peer.request("ACK")
    assert first == second
    for name in ("via", "from", "call-id", "route"):
        assert values_of(first, name) == values_of(asked[0], name)
    assert (value_of(first, "to"), sequence(first)) == ("<sip:b@x>;tag=peer", (1, "ACK"))
    await bench.codes(100, 486)


async def test_every_2xx_to_an_invite_is_handed_up(bench: Bench) -> None:
    """The call must acknowledge each of them."""
    bench.ask("INVITE")
    asked = await bench.peer.request("INVITE")
    bench.peer.reply(asked, 200)
    bench.peer.reply(asked, 200)
    await bench.codes(200, 200)
    await bench.peer.nothing(4 * T1)


async def test_an_answered_invite_is_not_sent_again(bench: Bench) -> None:
    bench.ask("INVITE")
    asked = await bench.peer.request("INVITE")
    bench.peer.reply(asked, 100)
    await bench.codes(100)
    while not bench.peer.inbox.empty():
        await bench.peer.next()
    await bench.peer.nothing(10 * T1)


async def test_answers_find_their_own_request(bench: Bench) -> None:
    bench.ask("OPTIONS", "one")
    bench.ask("OPTIONS", "two")
    one, two = await bench.peer.request("OPTIONS"), await bench.peer.request("OPTIONS")
    bench.peer.reply(two, 404)
    await bench.codes(404)
    assert value_of(bench.responses[0], "call-id") == "two"
    bench.peer.reply(one, 200)
    await bench.codes(404, 200)


async def test_an_answer_to_nothing_is_dropped(bench: Bench) -> None:
    bench.peer.send(respond(request("OPTIONS"), 200), bench.exchange.place)
    await asyncio.sleep(0.02)
    assert bench.notes.traffic == ["<200"] and bench.responses == []


async def test_final_waits_for_the_final_answer(bench: Bench) -> None:
    waiting = asyncio.create_task(bench.exchange.final(request("REGISTER"), bench.peer.place))
    asked = await bench.peer.request("REGISTER")
    bench.peer.reply(asked, 100)
    bench.peer.reply(asked, 403)
    assert (await waiting).code == 403


async def test_who_stops_waiting_stops_asking(bench: Bench) -> None:
    waiting = asyncio.create_task(bench.exchange.final(request("REGISTER"), bench.peer.place))
    await bench.peer.request("REGISTER")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    while not bench.peer.inbox.empty():
        await bench.peer.next()
    await bench.peer.nothing(10 * T1)


# --- requests to us -------------------------------------------------------------------------------------------


async def test_a_repeated_request_is_handed_up_once_and_answered_each_time(bench: Bench) -> None:
    bench.peer.send(request("OPTIONS"), bench.exchange.place)
    await until(bench.notes.asked)
    bench.notes.asked[0].respond(200, "us")
    bench.peer.send(request("OPTIONS"), bench.exchange.place)
    assert await bench.peer.response(200) == await bench.peer.response(200)
    assert len(bench.notes.asked) == 1


async def test_a_refusal_is_repeated_until_the_ack(bench: Bench) -> None:
    bench.peer.send(request("INVITE"), bench.exchange.place)
    await until(bench.notes.asked)
    bench.notes.asked[0].respond(486, "us")
    first = await bench.peer.response(486)
    assert await bench.peer.response(486) == first
    bench.peer.send(acknowledgement(request("INVITE"), first), bench.exchange.place)
    await asyncio.sleep(T1)
    while not bench.peer.inbox.empty():
        await bench.peer.next()
    await bench.peer.nothing(10 * T1)
    assert bench.notes.acked == []


async def test_an_acceptance_is_repeated_until_its_ack_which_has_a_branch_of_its_own(bench: Bench) -> None:
    bench.peer.send(request("INVITE"), bench.exchange.place)
    await until(bench.notes.asked)
    bench.notes.asked[0].respond(200, "us")
    await bench.peer.response(200)
    await bench.peer.response(200)
    ack = request("ACK", "1")
    other = msgspec.structs.replace(
        ack, headers=tuple(("CSeq", "9 ACK") if n == "CSeq" else (n, v) for n, v in ack.headers)
    )
    bench.peer.send(other, bench.exchange.place)
    await asyncio.sleep(T1)
    assert bench.notes.acked == []
    bench.peer.send(ack, bench.exchange.place)
    await until(bench.notes.acked)
    while not bench.peer.inbox.empty():
        await bench.peer.next()
    await bench.peer.nothing(10 * T1)


async def test_an_acceptance_that_nobody_acknowledges_is_told(bench: Bench) -> None:
    bench.peer.send(request("INVITE"), bench.exchange.place)
    await until(bench.notes.asked)
    bench.notes.asked[0].respond(200, "us")
    await until(bench.notes.unacked)
    assert bench.notes.unacked == bench.notes.asked


async def test_nothing_is_sent_after_a_final_answer(bench: Bench) -> None:
    bench.peer.send(request("BYE"), bench.exchange.place)
    await until(bench.notes.asked)
    asked = bench.notes.asked[0]
    for code in (200, 500, 180):
        asked.respond(code)
    await bench.peer.response(200)
    await bench.peer.nothing(0.03)


async def test_a_cancel_is_answered_and_finds_its_invite(bench: Bench) -> None:
    bench.peer.send(request("INVITE"), bench.exchange.place)
    await until(bench.notes.asked)
    bench.peer.send(cancellation(request("INVITE")), bench.exchange.place)
    assert sequence(await bench.peer.response(200)) == (1, "CANCEL")
    await until(bench.notes.cancelled)
    assert bench.notes.cancelled == bench.notes.asked


async def test_a_cancel_of_nothing_is_481(bench: Bench) -> None:
    bench.peer.send(cancellation(request("INVITE")), bench.exchange.place)
    await bench.peer.response(481)
    assert bench.notes.cancelled == []


def test_a_cancel_is_the_invite_in_all_but_method() -> None:
    """RFC 3261 §9.1."""
    invite = request("INVITE", number=5)
    cancel = cancellation(invite)
    assert (cancel.method, cancel.uri, cancel.body) == ("CANCEL", invite.uri, b"")
    for name in ("via", "from", "to", "call-id", "route"):
        assert values_of(cancel, name) == values_of(invite, name)
    assert sequence(cancel) == (5, "CANCEL")


async def test_rubbish_is_counted_and_harms_nobody(bench: Bench) -> None:
    for data in (b"rubbish", b"\r\n\r\n", b"\0\0\0\0", b"OPTIONS sip:x SIP/2.0\r\n\r\n"):
        bench.peer.raw(data, bench.exchange.place)
    bench.peer.send(request("OPTIONS"), bench.exchange.place)
    await until(bench.notes.asked)
    assert len(bench.exchange.malformed) == 2  # keep-alives are no rubbish


async def test_after_the_end_nothing_is_sent(bench: Bench) -> None:
    bench.ask("INVITE")
    await bench.peer.request("INVITE")
    bench.exchange.close()
    await bench.peer.nothing(10 * T1)
    assert bench.responses == []
