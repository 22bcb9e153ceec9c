"""The control socket among clients that hang, flood, stammer or leave: nobody keeps another from being served."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from telephony.control import socket
from telephony.control.commands import Answer, Request, Taken
from telephony.control.orders.ledger import CallBack
from telephony.control.socket import CONNECTIONS, LINE_LIMIT, ask
from telephony.errors import ControlError
from telephony.ledger.terms import EntryId

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
ENOUGH_S = 60.0


class Counter:
    """Stands for the door: takes all, but ``slow`` only once it is let."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.busy = asyncio.Event()
        self.go = asyncio.Event()

    async def handle(self, request: Request) -> Answer:
        self.taken.append(request.key)
        if request.key == "slow":
            self.busy.set()
            await self.go.wait()
        return Answer(request.key, Taken.ACCEPTED)


def request(key: str = "k", by: str = "li") -> Request:
    return Request(key, CallBack(EntryId(1), by), 30.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@pytest.fixture
async def counter(path: Path) -> AsyncIterator[Counter]:
    made = Counter()
    async with socket.serving(path, made.handle):
        yield made


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "IDLE_S", 0.2)


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


async def connect(path: Path) -> Connection:
    return await asyncio.open_unix_connection(str(path), limit=LINE_LIMIT)


async def answers(path: Path) -> bool:
    async with asyncio.timeout(ENOUGH_S):
        return (await ask(path, request())).taken is Taken.ACCEPTED


async def until_the_end(reader: asyncio.StreamReader) -> bytes:
    """What still comes before the connection is closed or reset."""
    async with asyncio.timeout(ENOUGH_S):
        try:
            return await reader.read()
        except ConnectionError:
            return b""


@pytest.mark.usefixtures("open_umask")
async def test_nobody_else_may_connect_whatever_the_umask(path: Path) -> None:
    async with socket.serving(path, Counter().handle):
        assert (await asyncio.to_thread(path.stat)).st_mode & 0o777 == 0o600


async def test_clients_who_say_nothing_keep_nobody_waiting(path: Path, counter: Counter) -> None:
    silent = [await connect(path) for _ in range(CONNECTIONS - 1)]
    assert await answers(path)
    assert counter.taken == ["k"]
    for _, writer in silent:
        writer.close()


async def test_when_all_places_are_taken_the_next_is_told_so(path: Path, counter: Counter) -> None:
    silent = [await connect(path) for _ in range(CONNECTIONS)]
    answer = await ask(path, request())
    assert (answer.taken, counter.taken) == (Taken.REFUSED, [])
    assert "Too many" in answer.why
    for _, writer in silent:
        writer.close()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("said", [b"", b'{"key":"k","comm'])
async def test_who_hangs_is_cut_off_and_the_place_is_free_again(path: Path, counter: Counter, said: bytes) -> None:
    silent = [await connect(path) for _ in range(CONNECTIONS)]
    for _, writer in silent:
        writer.write(said)
    for reader, writer in silent:
        assert await until_the_end(reader) == b""
        writer.close()
    assert await answers(path)


@pytest.mark.usefixtures("impatient")
async def test_who_reads_no_answers_is_cut_off(path: Path, counter: Counter) -> None:
    """Ten thousand nonsensical lines at once, and not one answer is taken."""
    _, writer = await connect(path)
    writer.write(b"nonsense\n" * 10_000)
    with pytest.raises(ConnectionError):
        async with asyncio.timeout(ENOUGH_S):
            while True:
                writer.write(b"nonsense\n")
                await writer.drain()
                await asyncio.sleep(0.01)
    writer.close()
    assert await answers(path)


async def test_a_command_that_takes_long_delays_no_other(path: Path, counter: Counter) -> None:
    slow = asyncio.create_task(ask(path, request("slow")))
    async with asyncio.timeout(ENOUGH_S):
        await counter.busy.wait()
    assert await answers(path)
    assert not slow.done()
    counter.go.set()
    assert (await slow).taken is Taken.ACCEPTED


async def test_who_leaves_before_the_answer_harms_nobody(path: Path, counter: Counter) -> None:
    _, writer = await connect(path)
    writer.write(msgspec.json.encode(request("slow")) + b"\n")
    async with asyncio.timeout(ENOUGH_S):
        await counter.busy.wait()
    writer.transport.abort()
    counter.go.set()
    assert await answers(path)


@pytest.mark.parametrize(
    "line",
    [
        b'{"x":' + b"[" * 30_000 + b"\n",
        b'{"key":"k","command":{"type":"call-back","entry":true,"by":"x"}}\n',
        b'{"key":"k","command":{"type":"call-back","entry":1}}\n',
        b'{"key":"\xff","command":{"type":"call-back","entry":1,"by":"x"}}\n',
        b"\x00\n",
        b"\n",
    ],
)
async def test_what_cannot_be_meant_is_refused_in_words(path: Path, counter: Counter, line: bytes) -> None:
    reader, writer = await connect(path)
    writer.write(line)
    async with asyncio.timeout(ENOUGH_S):
        answer = msgspec.json.decode(await reader.readline(), type=Answer)
    writer.close()
    assert (answer.taken, counter.taken) == (Taken.REFUSED, [])
    assert "not understood" in answer.why
    assert await answers(path)


async def test_a_line_beyond_the_limit_ends_its_connection_only(path: Path, counter: Counter) -> None:
    reader, writer = await connect(path)
    writer.write(b"x" * (2 * LINE_LIMIT))
    assert await until_the_end(reader) == b""
    writer.close()
    assert await answers(path)
    with pytest.raises(ControlError, match="too long"):
        await ask(path, request(by="x" * LINE_LIMIT))
    assert counter.taken == ["k"]


@pytest.fixture
def taken_by_a_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.usefixtures("taken_by_a_folder")
async def test_without_a_place_for_the_socket_the_service_goes_on(path: Path) -> None:
    async with socket.serving(path, Counter().handle):
        with pytest.raises(ControlError, match="cannot be asked"):
            await ask(path, request())


async def test_at_its_end_nobody_is_left_hanging(path: Path) -> None:
    counter = Counter()
    async with socket.serving(path, counter.handle):
        reader, writer = await connect(path)
        waiting = asyncio.create_task(ask(path, request("slow")))
        async with asyncio.timeout(ENOUGH_S):
            await counter.busy.wait()
    assert await until_the_end(reader) == b""
    writer.close()
    assert (await waiting).taken is Taken.UNKNOWN
    counter.go.set()
