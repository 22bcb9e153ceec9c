"""One login at a PBX: from the connection to its end, never again. The only module that knows panoramisk.

panoramisk brings the connection, the login, and the rules by which an action's reply is complete. What it lacks for
this use is overridden here: framing by ``codec``, refusal of line breaks in values, deadlines, futures that end
when the link does, no reconnecting, no sending again, and handlers that cannot hurt the link.

Reading never stops: whatever the sink does, bytes are taken from the socket as they come, because Asterisk cuts off
a reader that is slower than its ``writetimeout``. Nothing is queued here; the sink is called at once.
"""

import asyncio
import itertools
import ssl
import time
from collections.abc import Callable, Coroutine
from typing import Any, Self

import msgspec
import structlog
from panoramisk.actions import Action as PanoramiskAction
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager
from panoramisk.message import Message

from telephony.ami import codec
from telephony.ami.account import Account
from telephony.ami.actions import Action, Ping, Reply
from telephony.ami.keepalive import KeepAlive
from telephony.errors import (
    AmiActionFailed,
    AmiError,
    AmiOutcomeUnknown,
    AmiProtocolError,
    AmiRefused,
    AmiUnreachable,
)
from telephony.model.ids import Micros

_log = structlog.get_logger(__name__)

_ITEMS_LIMIT = 200_000  # of one list reply: more than any PBX has channels
_ITEMS_AT_ONCE = 100
_UNSENT_LIMIT = 1 << 20  # bytes waiting to be sent: the PBX has stopped reading


class Counts(msgspec.Struct):
    """What happened in one session."""

    received: int = 0  # bytes
    frames: int = 0
    oversized: int = 0  # frames dropped because they were too long
    sink_errors: int = 0
    late: int = 0  # answers to actions nobody waits for any more


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """When bytes came: ``monotonic`` in seconds for intervals, ``wall`` for times."""

    monotonic: float
    wall: Micros


Sink = Callable[[bytes, Arrival], None]


def _now() -> Arrival:
    return Arrival(time.monotonic(), Micros(time.time_ns() // 1000))


class _Pending(PanoramiskAction):  # type: ignore[misc]
    """An action under way. panoramisk decides when its reply is whole; the frames are kept for our ``Reply``."""

    def __init__(self, name: str, action_id: str, lists: bool) -> None:
        # None: panoramisk looks for the end of a list; False: one response is all (True would wait for ever).
        super().__init__({"Action": name, "ActionID": action_id}, as_list=None if lists else False)
        self.frames: list[bytes] = []
        self.started = time.monotonic()

    def take(self, frame: bytes) -> bool:
        """Whether the reply is whole with this frame. A list may have thousands, and calls go on meanwhile: panoramisk
        is shown only those that could be its end."""
        self.frames.append(frame)
        if len(self.frames) > 1 and not _may_end(frame):
            return False
        return bool(self.add_message(Message(codec.headers_of(frame))))

    def fail(self, error: AmiError) -> None:
        if not self.future.done():
            self.future.set_exception(error)
            self.future.exception()  # who gave up waiting must not be told off for it

    async def reply(self) -> Reply:
        """Of a long list's items a few are read at a time."""
        first, *rest = self.frames
        items = []
        for frame in rest[:-1]:
            items.append(codec.headers_of(frame))
            if len(items) % _ITEMS_AT_ONCE == 0:
                await asyncio.sleep(0)
        return Reply(
            headers=codec.headers_of(first),
            items=tuple(items),
            output=tuple(codec.values_of(first, "Output")),
        )


def _may_end(frame: bytes) -> bool:
    """Whether this item of a list could be its last (``panoramisk.actions.Action.completed``)."""
    lines = frame.lower()
    return b"complete" in lines or b"\nsubevent:" in lines or lines.startswith(b"response:") or b"\nresponse:" in lines


class _Protocol(AMIProtocol):  # type: ignore[misc]
    """Bytes in, frames to the sink and to the actions that wait for them."""

    responses: dict[str, _Pending]
    transport: asyncio.Transport

    def __init__(self, sink: Sink, on_oversized: Callable[[], None]) -> None:
        self.ended: asyncio.Future[AmiError] = asyncio.get_running_loop().create_future()
        self.reader = codec.FrameReader()
        self.counts = Counts()
        self.heard = time.monotonic()
        self._sink = sink
        self._on_oversized = on_oversized
        self._ids = itertools.count(1)

    # -- from the PBX

    def data_received(self, data: bytes) -> None:
        arrival = _now()
        self.heard = arrival.monotonic
        self.counts.received += len(data)
        for frame in self.reader.feed(data):
            self.handle_message(frame, arrival)
        if self.counts.oversized < self.reader.dropped:
            self.counts.oversized = self.reader.dropped
            self._on_oversized()
        greeting = self.reader.greeting
        if greeting is not None and not greeting.startswith(codec.GREETING):
            self.end(AmiProtocolError(f"the peer says {greeting[:60]!r}, which is not AMI: is this the right port?"))

    def handle_message(self, frame: bytes, arrival: Arrival) -> None:
        """An event goes to the sink always, and then to the action whose list it may belong to."""
        self.counts.frames += 1
        if codec.event_name(frame):
            self._to_sink(frame, arrival)
            if self.responses:
                self._to_action(frame, is_event=True)
        elif codec.is_response(frame):
            self._to_action(frame, is_event=False)

    def _to_sink(self, frame: bytes, arrival: Arrival) -> None:
        try:
            self._sink(frame, arrival)
        except Exception as error:  # whatever a handler does wrong, the link lives on
            self.counts.sink_errors += 1
            if self.counts.sink_errors in (1, 10, 100) or self.counts.sink_errors % 1000 == 0:
                _log.exception("ami_handler_failed", times=self.counts.sink_errors, error=str(error))

    def _to_action(self, frame: bytes, *, is_event: bool) -> None:
        pending = self.responses.get(_action_id(frame))
        if pending is None:
            self.counts.late += not is_event
            return
        if is_event and not pending.frames:
            return  # an event that carries our id (a UserEvent of ours) is not the response
        if pending.take(frame):
            self.forget(pending)
        elif len(pending.frames) > _ITEMS_LIMIT:
            pending.fail(AmiProtocolError(f"{pending['Action']}: the list does not end"))
            self.forget(pending)

    # -- to the PBX

    def send(self, data: Any, as_list: bool | None = False) -> asyncio.Future[Any]:
        """panoramisk's way to send (it sends the Login)."""
        fields = [(key, value) for key, value in data.items() if key != "Action"]
        future: asyncio.Future[Any] = self.start(data["Action"], fields, lists=False).future
        return future

    def start(self, name: str, fields: list[tuple[str, str]], lists: bool) -> _Pending:
        """Raises ``AmiInputRefused`` or ``AmiUnreachable``, and then nothing was sent."""
        action_id = f"zt-{next(self._ids)}"
        data = codec.encode_action(name, fields, action_id)
        if self.ended.done() or self.transport.is_closing():
            raise AmiUnreachable(f"{name} was not sent: the link to the PBX is down")
        if self.transport.get_write_buffer_size() > _UNSENT_LIMIT:
            raise AmiUnreachable(f"{name} was not sent: the PBX has stopped reading")
        pending = self.responses[action_id] = _Pending(name, action_id, lists)
        self.transport.write(data)
        return pending

    def forget(self, pending: _Pending) -> None:
        self.responses.pop(pending.id, None)

    # -- the end

    def connection_lost(self, exc: Exception | None) -> None:
        self.end(AmiUnreachable(f"the link to the PBX broke: {exc}" if exc else "the PBX closed the link"))

    def end(self, error: AmiError) -> None:
        """Whatever is under way ends as *outcome unknown*; it is never sent again."""
        if self.ended.done():
            return
        self.ended.set_result(error)
        self.close()
        for pending in list(self.responses.values()):
            pending.fail(AmiOutcomeUnknown(f"{pending['Action']}: {error}; it may or may not have been done"))
        self.responses.clear()

    def close(self) -> None:
        """Close the connection; where the PBX no longer reads, without waiting for it."""
        self.closed = True
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()


def _action_id(frame: bytes) -> str:
    start = frame.find(b"\r\nActionID: ")
    if start < 0:
        return ""
    end = frame.find(b"\r\n", start + 12)
    return frame[start + 12 : end if end >= 0 else len(frame)].decode("ascii", "replace")


class _Manager(Manager):  # type: ignore[misc]
    """panoramisk's set-up of a connection and its Login, and nothing after that."""

    def login(self, future: asyncio.Future[Any]) -> None:
        """The answer is awaited in ``Session.open``."""

    def ping(self) -> None:
        """``Session`` has its own keep-alive."""

    def connection_lost(self, exc: Exception | None) -> None:
        """A session does not reconnect; ``connection`` makes a new one."""


class Session:
    """A login at a PBX, made by ``open`` and usable until ``closed`` is done (with the error that says why)."""

    def __init__(self, account: Account, protocol: _Protocol, keep_alive: KeepAlive) -> None:
        self._account = account
        self._protocol = protocol
        self._keep_alive = keep_alive
        self._manager = _Manager(
            loop=asyncio.get_running_loop(), host=account.host, username=account.user, secret=account.secret
        )
        self._keeper: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        account: Account,
        sink: Sink,
        *,
        connect_timeout: float = 5.0,
        login_timeout: float = 10.0,
        keep_alive: KeepAlive | None = None,
        on_oversized: Callable[[], None] = lambda: None,
    ) -> Self:
        """Connect and log in. ``sink`` gets every event frame, from the first one on; ``on_oversized`` is told of
        messages that were dropped because they are too long.

        Raises ``AmiUnreachable``, ``AmiProtocolError`` or ``AmiRefused``, each with its remedy. Timeouts in seconds;
        a refused login takes one second, because Asterisk sleeps before it says so.
        """
        protocol = await _connect(account, lambda: _Protocol(sink, on_oversized), connect_timeout)
        session = cls(account, protocol, keep_alive or KeepAlive())
        try:
            await session._log_in(login_timeout)
        except BaseException:
            await session.close()
            raise
        session._keeper = asyncio.create_task(session._keep())
        return session

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def closed(self) -> asyncio.Future[AmiError]:
        """Done when the link is; the result says why it ended."""
        return self._protocol.ended

    @property
    def counts(self) -> Counts:
        return self._protocol.counts

    @property
    def waiting(self) -> int:
        """Actions without an answer yet."""
        return len(self._protocol.responses)

    async def act(self, action: Action, timeout: float = 5.0) -> Reply:
        """Send an action and wait for its whole reply, at most ``timeout`` seconds.

        Raises ``AmiInputRefused`` or ``AmiUnreachable`` (nothing was sent), ``AmiActionFailed`` (the PBX said no) or
        ``AmiOutcomeUnknown`` (no answer came: it may have been done). Never sends twice.
        """
        return await self.begin(action, timeout)

    def begin(self, action: Action, timeout: float = 5.0) -> Coroutine[Any, Any, Reply]:
        """As ``act``, but it has been sent when this returns; the reply is to be awaited. Raises at once what means
        that nothing was sent."""
        pending = self._protocol.start(action.name, action.fields(), action.lists)
        return self._answer(pending, action, timeout)

    async def _answer(self, pending: _Pending, action: Action, timeout: float) -> Reply:
        try:
            async with asyncio.timeout(timeout):
                await pending.future
        except TimeoutError:
            message = f"{action.name}: no answer within {timeout:g} s; it may or may not have been done"
            raise AmiOutcomeUnknown(message) from None
        finally:
            self._protocol.forget(pending)
        reply = await pending.reply()
        if reply.failed:
            raise AmiActionFailed(f"{action.name}: the PBX answers {reply.message or 'an error'!r}")
        return reply

    def end(self, error: AmiError) -> None:
        """End the link now, for a reason of ours."""
        self._protocol.end(error)

    async def close(self) -> None:
        """End the link and wait until nothing of it runs."""
        self._protocol.end(AmiUnreachable("the link was closed by us"))
        self._manager.close()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await asyncio.sleep(0)  # the transport says goodbye in the next turn of the loop

    async def _log_in(self, timeout: float) -> None:
        connected: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        connected.set_result((self._protocol.transport, self._protocol))
        self._manager.connection_made(connected)  # sends the Login
        try:
            async with asyncio.timeout(timeout):
                response = await self._manager.authenticated_future
        except TimeoutError:
            raise self._silent_peer(timeout) from None
        except AmiOutcomeUnknown:
            raise self._ended_early() from None
        if not response.success:
            raise AmiRefused(
                f"{self._account} refuses the login of {self._account.user!r} ({response.message}): check the secret, "
                "permit and acl of this user in manager.conf, then `manager reload`"
            )

    def _silent_peer(self, timeout: float) -> AmiError:
        if self._protocol.reader.greeting is None:
            return AmiProtocolError(
                f"{self._account} accepts the connection and says nothing for {timeout:g} s: is this the AMI port, "
                "and is TLS set the same on both sides?"
            )
        return AmiUnreachable(f"{self._account} does not answer the login within {timeout:g} s: is the PBX overloaded?")

    def _ended_early(self) -> AmiError:
        error = self._protocol.ended.result()
        if isinstance(error, AmiProtocolError):
            return AmiProtocolError(f"{self._account}: {error}")
        return AmiUnreachable(
            f"{self._account} closed the connection before the login ({error}): too many logins at once "
            "(authlimit in manager.conf), a TLS port, or a PBX that is just stopping"
        )

    async def _keep(self) -> None:
        """Ping, and end a link that is dead."""
        ping: _Pending | None = None
        while not self.closed.done():
            due = time.monotonic() + self._keep_alive.every
            await asyncio.sleep(self._keep_alive.every)
            now = time.monotonic()
            if now > due + self._keep_alive.every:  # it was we who hung: what came meanwhile is yet to be read
                self._protocol.heard = now
                ping = None
            error = self._keep_alive.verdict(now - self._protocol.heard, now - ping.started if ping else 0.0)
            if error is not None:
                self._protocol.end(error)
                return
            if ping is None or ping.future.done():
                ping = self._ping()

    def _ping(self) -> _Pending | None:
        try:
            return self._protocol.start(Ping.name, [], lists=False)
        except AmiUnreachable as error:
            self._protocol.end(error)
            return None


async def _connect(account: Account, protocols: Callable[[], _Protocol], timeout: float) -> _Protocol:
    loop = asyncio.get_running_loop()
    server_name = account.host if account.tls else None
    try:
        async with asyncio.timeout(timeout):
            _, protocol = await loop.create_connection(
                protocols, account.host, account.port, ssl=account.tls, server_hostname=server_name
            )
    except TimeoutError:
        raise AmiUnreachable(
            f"{account} does not answer within {timeout:g} s: is the address right, and does a firewall let us in?"
        ) from None
    except ssl.SSLError as error:
        raise AmiUnreachable(
            f"no TLS with {account}: {getattr(error, 'verify_message', '') or error.reason}; is this the TLS port "
            "(tlsbindaddr in manager.conf), and is its certificate made for this name by an authority we trust?"
        ) from None
    except (OSError, ValueError, OverflowError) as error:
        raise AmiUnreachable(
            f"no connection to {account}: {error}; is Asterisk running, and enabled=yes with this address and port in "
            "manager.conf?"
        ) from None
    return protocol
