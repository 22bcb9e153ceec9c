"""One desktop's conversation: hello, then requests until it goes."""

import asyncio
import time
from collections.abc import AsyncIterable, Callable
from typing import Any, Protocol

import msgspec
import structlog

from agent_bridge.commands import Commands, check_right, refused
from agent_bridge.desktop import NOBODY, Desktop
from agent_bridge.finder import Finder
from agent_bridge.hub import Hub
from agent_bridge.ports import Authenticator
from agent_bridge.settings import BAD_LIMIT, SERVER, Settings
from agent_bridge.views import scope_of
from agent_bridge.wire import messages, params
from agent_bridge.wire.closes import COME_AGAIN, MEANINGS, Close
from agent_bridge.wire.envelope import encode, failure, id_of, notification, read_params, read_request, success
from agent_bridge.wire.errors import Code, Data, Wrong
from agent_bridge.wire.methods import METHODS, Method
from telephony.control.commands import Reason
from telephony.live.port import Position
from zhitong.access.refused import Cause, TokenRefused
from zhitong.access.roles import RIGHTS

log = structlog.get_logger(__name__)

STATE_WAIT_S = 5.0
"""How long a hello waits for the first state of a gateway that has just begun."""
COME_AGAIN_MS = 2_000
TOO_MANY_MS = 60_000
_UNANSWERED = frozenset({Cause.UNKNOWABLE})


class Desk(Protocol):
    """What a conversation needs of the gateway around it."""

    settings: Settings
    hub: Hub
    commands: Commands
    authenticator: Authenticator
    finder: Finder | None

    def admitted(self, desktop: Desktop) -> None:
        """It said hello and is about to be told; whoever it replaces is closed."""
        ...

    def distrusts(self, address: str) -> bool:
        """Whether too many wrong tokens came from there."""
        ...

    def wrong_token(self, address: str) -> None: ...


class Session:
    """Answers one desktop. ``tell`` sends a text to it, and closes it when it reads too slowly."""

    def __init__(self, desk: Desk, desktop: Desktop, tell: Callable[[Desktop, str], None]) -> None:
        self._desk = desk
        self._desktop = desktop
        self._tell = tell

    async def converse(self, incoming: AsyncIterable[str | bytes]) -> None:
        """Until the connection is closed, by whichever side."""
        late = asyncio.get_running_loop().call_later(self._desk.settings.hello_s, self._no_hello)
        try:
            async for message in incoming:
                self._desktop.heard_at = time.monotonic()
                await self.receive(message)
        finally:
            late.cancel()

    def _no_hello(self) -> None:
        if not self._desktop.known:
            self.close(Close.NO_TOKEN)

    async def receive(self, message: str | bytes) -> None:
        """Answer one message; orders are answered later, so that one that takes long holds up no other."""
        if self._desktop.closing is not None:
            return
        try:
            if not self._desktop.requests.take(time.monotonic()):
                raise Wrong(Code.TOO_MANY)
            request = read_request(message)
        except Wrong as wrong:
            self.say(failure(id_of(message), wrong))
            self._count_bad(wrong)
            return
        try:
            await self._serve(request)
        except Wrong as wrong:
            self.say(failure(request.id, wrong))
            if wrong.close is not None:
                self.close(wrong.close)
        except Exception:
            log.exception("a request failed", method=request.method[:40])
            self.say(failure(request.id, Wrong(Code.INTERNAL)))

    def _count_bad(self, wrong: Wrong) -> None:
        self._desktop.bad += 1
        if self._desktop.bad >= BAD_LIMIT:
            self.close(Close.TOO_MANY if wrong.problem.code == Code.TOO_MANY else Close.PROTOCOL)

    async def _serve(self, request: messages.Request) -> None:
        method = METHODS.get(request.method)
        if method is None:
            raise Wrong(Code.UNKNOWN_METHOD)
        if self._desktop.known == (method.name == "hello"):
            raise Wrong(Code.NO_HELLO)
        asked: Any = read_params(request.params, method.params)
        if method.name == "hello":
            await self._hello(request.id, asked)
        elif method.name == "renew":
            self.say(success(request.id, await self._renew(asked)))
        elif method.name == "ping":
            self.say(success(request.id, _position(self._desk.hub.shelf.position)))
        elif method.name == "snapshot":
            self._say_state(request.id)
        elif method.name == "directory.search":
            self.say(success(request.id, self._search(method, asked)))
        else:
            self._begin(request.id, method, asked)

    def _say_state(self, request_id: messages.Id) -> None:
        text = self._desk.hub.state_of(self._desktop)
        self._desktop.allowance += len(text)
        self.say(success(request_id, msgspec.Raw(text.encode())))

    def _search(self, method: Method, asked: params.Search) -> messages.Hits:
        check_right(self._desktop.who, method)
        if self._desk.finder is None:
            raise refused(Reason.UNAVAILABLE, "This gateway knows no directory.")
        return self._desk.finder.search(asked.query, asked.limit)

    # --- orders ---------------------------------------------------------------------------------------

    def _begin(self, request_id: messages.Id, method: Method, asked: Any) -> None:
        if self._desktop.under_way >= self._desk.settings.orders_at_once:
            raise Wrong(Code.TOO_MANY)
        if self._desktop.orders is None:
            self._desktop.orders = set()
        task = asyncio.create_task(self._order(request_id, method, asked))
        self._desktop.orders.add(task)
        task.add_done_callback(self._desktop.orders.discard)

    async def _order(self, request_id: messages.Id, method: Method, asked: Any) -> None:
        """What was begun is finished though the desktop goes: the door has it."""
        try:
            text = success(request_id, await self._desk.commands.carry_out(self._desktop, method, asked))
        except Wrong as wrong:
            text = failure(request_id, wrong)
        except Exception:
            log.exception("an order failed", method=method.name)
            text = failure(request_id, Wrong(Code.OUTCOME_UNKNOWN))
        self.say(text)

    # --- who it is ------------------------------------------------------------------------------------

    async def _hello(self, request_id: messages.Id, asked: params.Hello) -> None:
        version = self._version(asked.versions)
        await self._verify(asked.token, self._desktop.line.address)
        desktop, hub = self._desktop, self._desk.hub
        try:
            async with asyncio.timeout(STATE_WAIT_S):
                await hub.known.wait()
        except TimeoutError:
            desktop.who = NOBODY
            raise Wrong(Code.UPSTREAM_LOST, close=Close.UPSTREAM_LOST) from None
        position = _asked_position(asked)
        if position is not None:
            await hub.reach(position)
            await hub.recall(position)
        desktop.client_id = asked.client_id
        if desktop.closing is None:
            self._admit(request_id, version, position, asked.scope)

    def _admit(self, request_id: messages.Id, version: int, position: Position | None, scope: str) -> None:
        """Nothing is awaited from looking what was missed to being told of what comes, so there is no hole."""
        desktop, hub = self._desktop, self._desk.hub
        missed = hub.missed(desktop, position, scope)
        self._desk.admitted(desktop)
        text = self._welcome(version, position if missed is not None else None)
        desktop.allowance += len(text) + sum(map(len, missed or ()))
        self.say(success(request_id, msgspec.Raw(text.encode())))
        for told in missed or ():
            self.say(told)

    def _version(self, theirs: tuple[int, ...]) -> int:
        ours = self._desk.settings.versions
        common = set(theirs) & set(ours)
        if not common:
            raise Wrong(Code.NO_VERSION, data=Data(versions=ours), close=Close.PROTOCOL)
        return max(common)

    async def _verify(self, token: str, address: str) -> None:
        if self._desk.distrusts(address):
            raise Wrong(Code.TOO_MANY, close=Close.TOO_MANY)
        try:
            self._desktop.who = await self._desk.authenticator.verify(token)
        except TokenRefused as error:
            if error.cause is Cause.MALFORMED:
                self._desk.wrong_token(address)
            code = Code.UPSTREAM_LOST if error.cause in _UNANSWERED else Code.TOKEN_REFUSED
            words, data = f"token: {error.cause.value}.", Data(field="token")
            raise Wrong(code, words, data, close=close_of(error.cause)) from None

    def _welcome(self, version: int, resumed: Position | None) -> str:
        """In JSON; with the documents, unless it goes on from a position."""
        desktop, hub, who = self._desktop, self._desk.hub, self._desktop.who
        epoch, sequence = hub.shelf.position if resumed is None else resumed
        welcome = messages.Welcome(
            version=version,
            session=desktop.name,
            server=SERVER,
            account=who.account,
            role=who.role.value,
            agent=who.agent,
            queues=tuple(sorted(who.queues)),
            rights=tuple(sorted(RIGHTS[who.role])),
            epoch=epoch,
            sequence=sequence,
            scope=scope_of(who),
            documents=None,
            upstream=hub.upstream,
            heartbeat_s=self._desk.settings.heartbeat_s,
            expires_at=who.expires_at,
        )
        text = encode(welcome).decode()
        if resumed is not None:
            return text
        return text.replace('"documents":null', f'"documents":{hub.documents_of(desktop)}', 1)

    async def _renew(self, asked: params.Renew) -> messages.Renewed:
        """What they may see can be another thing with the new token: then all is sent anew."""
        desktop, hub = self._desktop, self._desk.hub
        try:
            who = await self._desk.authenticator.verify(asked.token)
        except TokenRefused as error:
            raise Wrong(Code.TOKEN_REFUSED, f"token: {error.cause.value}.", Data(field="token")) from None
        if who.account != desktop.who.account or who.agent != desktop.who.agent:
            raise Wrong(Code.TOKEN_REFUSED, "token: it is another account's.", Data(field="token"))
        if desktop.closing is None:
            before = scope_of(desktop.who)
            hub.watchers.remove(desktop)
            desktop.who = who
            hub.watchers.add(desktop)
            if scope_of(who) != before:
                hub.tell_all(desktop)
        return messages.Renewed(expires_at=who.expires_at)

    # --- the line -------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        self._tell(self._desktop, text)

    def close(self, code: Close) -> None:
        close(self._desktop, code)


def close(desktop: Desktop, code: Close, retry_ms: int | None = None) -> None:
    """Tell a desktop why, and close it. Once."""
    if desktop.closing is None:
        desktop.closing = code
        soon = TOO_MANY_MS if code is Close.TOO_MANY else COME_AGAIN_MS
        again = (soon if retry_ms is None else retry_ms) if code in COME_AGAIN else 0
        desktop.line.send(notification("closing", messages.Closing(code=code, why=MEANINGS[code], retry_ms=again)))
        desktop.line.close(code, code.name.lower().replace("_", " "))


def close_of(cause: Cause) -> Close:
    """How a connection is closed whose token is refused."""
    if cause in (Cause.EXPIRED, Cause.REVOKED, Cause.DISABLED):
        return Close.EXPIRED
    return Close.UPSTREAM_LOST if cause in _UNANSWERED else Close.NO_TOKEN


def _position(position: Position) -> messages.Position:
    return messages.Position(epoch=position.epoch, sequence=position.sequence)


def _asked_position(asked: params.Hello) -> Position | None:
    if asked.epoch is None or asked.sequence is None:
        return None
    return Position(asked.epoch, asked.sequence)
