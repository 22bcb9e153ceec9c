"""The other end of the wire, by hand: sends the bytes a test writes, and shows the messages that came."""

import asyncio
from collections.abc import Callable

from zhitong.lab.phones.message import Message, Place, Request, Response, parse, render, respond
from zhitong.lab.phones.udp import Moment, UdpSocket, bind


async def eventually(condition: Callable[[], bool]) -> None:
    """Return as soon as the condition holds; fail after half a minute."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - what is waited for is no event of ours
            await asyncio.sleep(0.002)


class Peer:
    """A UDP port of the test's own. Messages wait in `inbox` until `next` takes them."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.inbox: asyncio.Queue[tuple[Message, Place]] = asyncio.Queue()
        self._last: Message | None = None
        self._socket = UdpSocket(bind(host), self._keep)
        self.place = self._socket.place

    def _keep(self, data: bytes, place: Place, _at: Moment) -> None:
        self.inbox.put_nowait((parse(data), place))

    async def request(self, method: str) -> tuple[Request, Place]:
        """The next message, which must be this request. One that is told again before its answer was read (a busy
        machine) is not the next."""
        message, place = await self.next()
        while message == self._last and isinstance(message, Request) and message.method != method:
            message, place = await self.next()
        self._last = message
        assert isinstance(message, Request) and message.method == method, message
        return message, place

    async def response(self, code: int) -> Response:
        """The next message, which must be this response."""
        message, _ = await self.next()
        assert isinstance(message, Response) and message.code == code, message
        return message

    async def next(self) -> tuple[Message, Place]:
        async with asyncio.timeout(30):
            return await self.inbox.get()

    async def nothing(self, seconds: float) -> None:
        """Nothing comes for a while."""
        await asyncio.sleep(seconds)
        assert self.inbox.empty(), self.inbox.get_nowait()

    def send(self, message: Message, place: Place) -> None:
        self._socket.send(render(message), place)

    def raw(self, data: bytes, place: Place) -> None:
        self._socket.send(data, place)

    def reply(self, asked: tuple[Request, Place], code: int, *extra: tuple[str, str], body: bytes = b"") -> None:
        self.send(respond(asked[0], code, "peer", extra, body), asked[1])

    def close(self) -> None:
        self._socket.close()
