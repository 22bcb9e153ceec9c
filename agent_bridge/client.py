"""A client of the gateway, for integrators, tests and benchmarks.

It connects, says hello, keeps the documents as the gateway tells them, and when the connection is cut it comes again by
itself, after a time that grows and varies, and goes on where it was.

    async with Client(["wss://desk.example:8790/agent"], token, client_id="seat-17") as client:
        await client.connected(10)
        async for change in client.changes():
            if isinstance(change.document, CallDocument) and "1001" in change.document.offered: ...
"""

import asyncio
import contextlib
import random
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from types import TracebackType
from typing import NoReturn, Self, TypeVar

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from agent_bridge.asking import Asking
from agent_bridge.errors import DesktopError, NotAdmitted, NotConnected, OutcomeUnknown, error_of
from agent_bridge.ready import ReadyConnection
from agent_bridge.rebuilt import Change, Rebuilt
from agent_bridge.settings import SILENT_BEATS
from agent_bridge.wire import messages, params
from agent_bridge.wire.closes import COME_AGAIN, MEANINGS, Close
from agent_bridge.wire.envelope import encode
from agent_bridge.wire.errors import Data, Problem
from telephony.live.port import Position

R = TypeVar("R", bound=msgspec.Struct)
Token = Callable[[], Awaitable[str]]
"""Asked for a token at each connection: it should have one that is fresh."""

FIRST_PAUSE_S, LAST_PAUSE_S = 0.5, 30.0
GROWTH = 1.5
"""Of the longest pause, from try to try: a gateway that begins anew is away for some seconds, and found soon after."""
ANSWER_S = 5.0
"""How much longer than an order's deadline its answer is waited for."""
CHANGES = 100_000
"""Kept for who iterates slowly; then the oldest are dropped, and ``dropped`` says how many."""
HELLO_S = 15.0
REFUSALS = 3
"""So many tokens in a row that are refused, and it does not come again."""
SIZE_LIMIT = 64 * 1024 * 1024


class _Incoming(msgspec.Struct, frozen=True):
    """Any message of a gateway's."""

    id: messages.Id | None = None
    method: str = ""
    params: msgspec.Raw = msgspec.Raw(b"{}")
    result: msgspec.Raw = msgspec.Raw(b"")
    error: Problem | None = None


class _DeltaMessage(msgspec.Struct, frozen=True):
    """The most frequent of them."""

    params: messages.DeltaTold


_HELLO, _PINGED = "hello", "ping"
_PING = '{"jsonrpc":"2.0","id":"ping","method":"ping"}'
_INCOMING = msgspec.json.Decoder(_Incoming)
_DELTA = msgspec.json.Decoder(messages.DeltaTold)
_DELTA_MESSAGE = msgspec.json.Decoder(_DeltaMessage)
_DELTA_HEAD = b'{"jsonrpc":"2.0","method":"delta",'
"""How our gateways begin one: then it is read in one pass. Another order of members is read as well, in two."""
_STATE = msgspec.json.Decoder(messages.State)
_POSITION = msgspec.json.Decoder(messages.Position)


class Client(Asking):
    """``urls`` are tried in turn. ``state``: what is known."""

    def __init__(
        self,
        urls: Sequence[str],
        token: Token | str,
        client_id: str,
        *,
        tls: ssl.SSLContext | None = None,
        name: str = "zhitong-python",
        first_pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        self.state = Rebuilt()
        self.welcome: messages.Welcome | None = None
        """Of the connection that stands; None: there is none."""
        self.hellos = 0
        self.resumed = 0
        """How often it went on where it was, of ``hellos``."""
        self.dropped = 0
        self.on_change: Callable[[Change], object] = lambda _change: None
        """Told of each change at once, before whoever iterates."""
        self._urls, self._token, self._client_id, self._tls, self._name = urls, token, client_id, tls, name
        self._first_pause_s = first_pause_s
        self._scope = ""
        self._closing: messages.Closing | None = None
        self._admitted = asyncio.Event()
        self._connection: ClientConnection | None = None
        self._waiting: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._next_id = 0
        self._refusals = 0
        self._heard_at = 0.0
        self._changes: deque[Change] = deque(maxlen=CHANGES)
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    # --- what there is to see -------------------------------------------------------------------------

    async def connected(self, timeout: float) -> messages.Welcome:
        """Wait until it is. Raises TimeoutError, NotAdmitted."""
        await self.until(lambda: self.welcome is not None, timeout)
        assert self.welcome is not None
        return self.welcome

    async def until(self, test: Callable[[], bool], timeout: float) -> None:
        """Wait until this holds of ``state``. Raises TimeoutError, NotAdmitted."""
        async with asyncio.timeout(timeout):
            while not test():
                await self._next_news()

    async def changes(self) -> AsyncIterator[Change]:
        """Each change, once, for one reader. Raises NotAdmitted when there will be no more."""
        while True:
            while self._changes:
                yield self._changes.popleft()
            await self._next_news()

    async def _next_news(self) -> None:
        if self._task is not None and self._task.done():
            self._task.result()
            raise NotConnected("The client is closed.")
        news = self._news
        await news.wait()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    # --- asking ---------------------------------------------------------------------------------------

    async def ask(self, method: str, asked: params.Params, result: type[R]) -> R:
        """As of Asking; any method."""
        key = asked.key if isinstance(asked, params.Order) else ""
        within = asked.deadline_s if isinstance(asked, params.Order) else ANSWER_S
        if self._connection is None or self.welcome is None:
            raise NotConnected("There is no connection to a gateway at this moment. Nothing was sent.")
        try:
            async with asyncio.timeout(within + ANSWER_S):
                raw = await self._exchange(self._connection, method, asked, key)
        except TimeoutError:
            raise OutcomeUnknown(key, "The gateway gave no answer in time.") from None
        return msgspec.json.decode(raw, type=result)

    async def _exchange(self, connection: ClientConnection, method: str, asked: params.Params, key: str) -> msgspec.Raw:
        self._next_id += 1
        number = self._next_id
        waiting: asyncio.Future[msgspec.Raw] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        request = messages.Request(id=number, method=method, params=msgspec.Raw(encode(asked)))
        try:
            await connection.send(encode(request).decode())
            return await waiting
        except (ConnectionClosed, _Cut):
            raise OutcomeUnknown(key, "The connection was cut before an answer came.") from None
        except _Failed as failed:
            problem = failed.problem
            raise error_of(problem.code, problem.message, problem.data or Data(), key) from None
        finally:
            self._waiting.pop(number, None)

    # --- the connection -------------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            await self._stay()
        finally:
            self._tell()

    async def _stay(self) -> None:
        pause, turn = self._first_pause_s, 0
        while True:
            before = self.hellos
            try:
                await self._connect(self._urls[turn % len(self._urls)])
            except InvalidURI as error:
                raise DesktopError(f"{error}. A gateway's address is like wss://host:8790/agent.") from error
            except (OSError, InvalidHandshake, ConnectionClosed, TimeoutError, EOFError):
                pass
            if self.hellos > before:
                pause = self._first_pause_s
            else:
                turn += 1
            await asyncio.sleep(self._wait_s(pause))
            pause = min(GROWTH * pause, LAST_PAUSE_S)

    def _wait_s(self, pause: float) -> float:
        """What the gateway asked for, which differs for each desktop; else a time of our own."""
        asked = 0.0 if self._closing is None else self._closing.retry_ms / 1_000
        self._closing = None
        return asked or random.uniform(0, pause)

    async def _connect(self, url: str) -> None:
        tls = self._tls if url.startswith("wss:") else None
        async with connect(
            url,
            ssl=tls,
            compression=None,
            ping_interval=None,
            max_size=SIZE_LIMIT,
            close_timeout=2,
            proxy=None,
            create_connection=ReadyConnection,
        ) as connection:
            assert isinstance(connection, ReadyConnection)
            self._connection = connection
            try:
                await self._talk(connection)
            except ConnectionClosed:
                if connection.failed is not None:
                    raise connection.failed from None
                self._judge(connection.close_code or 0)
                raise
            finally:
                self._connection = self.welcome = None
                self._fail_all()
                self._tell()

    async def _talk(self, connection: ReadyConnection) -> None:
        hello = await self._hello()
        self._admitted = asyncio.Event()
        connection.on_text = self._hear
        await connection.send(hello)
        reading = asyncio.create_task(self._read(connection))
        try:
            async with asyncio.timeout(HELLO_S):
                admitted = asyncio.create_task(self._admitted.wait())
                await asyncio.wait({reading, admitted}, return_when=asyncio.FIRST_COMPLETED)
                admitted.cancel()
            if self.welcome is not None:
                beat = self._beat(connection, self.welcome.heartbeat_s)
                reading.add_done_callback(lambda _: beat.cancel())
            await reading
        finally:
            reading.cancel()

    async def _read(self, connection: ReadyConnection) -> NoReturn:
        """What comes in fragments; raises ConnectionClosed at the end."""
        while True:
            self._hear(await connection.recv(decode=False))

    def _hear(self, message: bytes) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        self._take(message)

    async def _hello(self) -> str:
        known = self.state.position
        asked = params.Hello(
            token=self._token if isinstance(self._token, str) else await self._token(),
            client_id=self._client_id,
            versions=messages.VERSIONS,
            client=self._name,
            epoch=None if known is None else known.epoch,
            sequence=None if known is None else known.sequence,
            scope=self._scope,
        )
        request = messages.Request(id=_HELLO, method="hello", params=msgspec.Raw(encode(asked)))
        return encode(request).decode()

    def _beat(self, connection: ClientConnection, every_s: float) -> asyncio.Task[None]:
        """Be heard; and give up a gateway that is not."""

        async def beat() -> None:
            loop = asyncio.get_running_loop()
            while True:
                await asyncio.sleep(every_s * random.uniform(0.8, 1.0))
                if loop.time() - self._heard_at > SILENT_BEATS * every_s:
                    connection.transport.abort()
                    return
                with contextlib.suppress(ConnectionClosed):
                    await connection.send(_PING)

        self._heard_at = asyncio.get_running_loop().time()
        return asyncio.create_task(beat())

    def _judge(self, code: int) -> None:
        """Raises NotAdmitted when there is no use in coming again."""
        known = code in frozenset(Close)
        if not known or Close(code) in COME_AGAIN:
            return
        anew = not isinstance(self._token, str) and code in (Close.NO_TOKEN, Close.EXPIRED)
        self._refusals += 1
        if not anew or self._refusals > REFUSALS:
            raise NotAdmitted(code, MEANINGS[Close(code)])

    # --- what the gateway says ------------------------------------------------------------------------

    def _take(self, message: bytes | str) -> None:
        if isinstance(message, bytes) and message.startswith(_DELTA_HEAD):
            self._take_delta(_DELTA_MESSAGE.decode(message).params)
            return
        incoming = _INCOMING.decode(message)
        if incoming.method == "delta":
            self._take_delta(_DELTA.decode(incoming.params))
        elif incoming.method:
            self._take_other(incoming)
        elif incoming.id == _HELLO:
            self._take_welcome(incoming)
        elif incoming.id != _PINGED:
            self._take_answer(incoming)

    def _take_delta(self, told: messages.DeltaTold) -> None:
        change = self.state.take(told)
        self._keep([] if change is None else [change])

    def _take_other(self, incoming: _Incoming) -> None:
        if incoming.method == "heartbeat":
            told = _POSITION.decode(incoming.params)
            self.state.reach(Position(told.epoch, told.sequence))
        elif incoming.method == "snapshot":
            self._keep(self.state.replace(_STATE.decode(incoming.params)))
        elif incoming.method == "upstream":
            self.state.upstream = msgspec.json.decode(incoming.params, type=messages.Upstream).state == "back"
            self._tell()
        elif incoming.method == "closing":
            self._closing = msgspec.json.decode(incoming.params, type=messages.Closing)

    def _take_welcome(self, incoming: _Incoming) -> None:
        """What comes after it on the line belongs to it, so it is taken in at once."""
        if not incoming.result:
            return  # the gateway says why, and closes
        welcome = msgspec.json.decode(incoming.result, type=messages.Welcome)
        if welcome.documents is None:
            self.resumed += 1
        else:
            state = messages.State(epoch=welcome.epoch, sequence=welcome.sequence, documents=welcome.documents)
            self._keep(self.state.replace(state))
        self.state.upstream = welcome.upstream
        self.hellos += 1
        self._refusals = 0
        self._scope = welcome.scope
        self.welcome = msgspec.structs.replace(welcome, documents=None)
        self._admitted.set()
        self._tell()

    def _take_answer(self, incoming: _Incoming) -> None:
        waiting = self._waiting.get(incoming.id) if isinstance(incoming.id, int) else None
        if waiting is None or waiting.done():
            return
        if incoming.error is not None:
            waiting.set_exception(_Failed(incoming.error))
        else:
            waiting.set_result(incoming.result)

    def _keep(self, changes: list[Change]) -> None:
        for change in changes:
            self.on_change(change)
            self.dropped += len(self._changes) == CHANGES
            self._changes.append(change)
        if changes:
            self._tell()

    def _fail_all(self) -> None:
        """Who waits for an answer gets none any more."""
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(_Cut())


class _Failed(Exception):
    """The gateway answered with an error."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class _Cut(Exception):
    """The connection is gone."""
