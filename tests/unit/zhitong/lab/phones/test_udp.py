"""Sockets on the loopback: who was where when."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from telephony.errors import LabError
from tests.unit.zhitong.lab.phones.peer import eventually
from zhitong.lab.phones.message import Place
from zhitong.lab.phones.udp import Moment, UdpSocket, bind, bind_pair, now

Got = list[tuple[bytes, Place, Moment]]


@pytest.fixture
async def ears() -> AsyncIterator[tuple[UdpSocket, Got]]:
    got: Got = []
    ear = UdpSocket(bind("127.0.0.1"), lambda *what: got.append(what))
    yield ear, got
    ear.close()


async def until(got: Got, count: int) -> None:
    await eventually(lambda: len(got) >= count)


async def test_a_datagram_comes_with_its_sender(ears: tuple[UdpSocket, Got]) -> None:
    ear, got = ears
    with bind("127.0.0.1") as mouth:
        mouth.sendto("你好".encode(), ear.place)
        await until(got, 1)
        assert got[0][:2] == ("你好".encode(), mouth.getsockname())


async def test_arrival_is_when_it_reached_the_machine_not_when_it_was_read(ears: tuple[UdpSocket, Got]) -> None:
    ear, got = ears
    with bind("127.0.0.1") as mouth:
        before = now()
        mouth.sendto(b"first", ear.place)
        sent = now()
        time.sleep(0.3)  # noqa: ASYNC251 - the loop stands still
        await until(got, 1)
    at = got[0][2]
    assert before.mono - 0.001 <= at.mono <= sent.mono + 0.1 < now().mono
    assert before.wall_us - 1000 <= at.wall_us <= sent.wall_us + 100_000


async def test_many_datagrams_keep_their_order(ears: tuple[UdpSocket, Got]) -> None:
    ear, got = ears
    with bind("127.0.0.1") as mouth:
        for number in range(200):
            mouth.sendto(str(number).encode(), ear.place)
        await until(got, 200)
    assert [int(data) for data, _, _ in got] == list(range(200))
    times = [at.mono for _, _, at in got]
    # The kernel stamps each on the core that took it, and two cores' clocks differ by a microsecond or two.
    assert all(later > earlier - 0.001 for earlier, later in pairwise(times))


async def test_a_closed_socket_gives_its_port_back_and_can_be_closed_again(ears: tuple[UdpSocket, Got]) -> None:
    ear, _ = ears
    ear.close()
    ear.close()
    bind(*ear.place).close()


async def test_sending_to_nobody_or_after_the_end_harms_nobody(ears: tuple[UdpSocket, Got]) -> None:
    ear, got = ears
    with bind("127.0.0.1") as gone:
        nobody = gone.getsockname()
    ear.send(b"hello?", nobody)
    ear.send(b"to myself", ear.place)
    await until(got, 1)
    ear.close()
    ear.send(b"too late", ear.place)


async def test_it_may_be_closed_by_what_it_delivers() -> None:
    got: list[bytes] = []

    def deliver(data: bytes, _place: Place, _at: Moment) -> None:
        got.append(data)
        ear.close()

    ear = UdpSocket(bind("127.0.0.1"), deliver)
    with bind("127.0.0.1") as mouth:
        mouth.sendto(b"1", ear.place)
        mouth.sendto(b"2", ear.place)
        await asyncio.sleep(0.05)
    assert got == [b"1"]


def test_a_port_that_is_taken_is_named() -> None:
    with bind("127.0.0.1") as taken, pytest.raises(LabError, match=str(taken.getsockname()[1])):
        bind(*taken.getsockname())


def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(LabError, match=r"192\.0\.2\.1"):
        bind("192.0.2.1")


def test_pairs_are_even_and_neighbours_and_nobody_else_s() -> None:
    pairs = [bind_pair("127.0.0.1") for _ in range(30)]
    ports = [sock.getsockname()[1] for pair in pairs for sock in pair]
    assert all(first % 2 == 0 and second == first + 1 for first, second in zip(ports[::2], ports[1::2], strict=True))
    assert len(set(ports)) == 60
    for pair in pairs:
        for sock in pair:
            sock.close()


def test_without_the_kernel_s_stamp_the_time_of_reading_has_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> Got:
        got: Got = []
        plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        plain.setblocking(False)
        plain.bind(("127.0.0.1", 0))
        ear = UdpSocket(plain, lambda *what: got.append(what))
        ear.send(b"x", ear.place)
        await until(got, 1)
        ear.close()
        return got

    before = now()
    ((_, _, at),) = asyncio.run(run())
    assert before.mono <= at.mono <= now().mono
