"""The gateway: WebSockets of desktops in, documents out, orders to the door.

It holds nothing that is not elsewhere too, so any number of them may stand side by side, and each may be killed.
"""

import asyncio
import contextlib
import itertools
import logging
import random
import ssl
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from http import HTTPStatus

import structlog
from websockets.asyncio.server import Server, ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Origin

from agent_bridge.commands import Commands
from agent_bridge.desktop import Desktop
from agent_bridge.finder import Finder
from agent_bridge.hub import Hub
from agent_bridge.limits import Bucket, Buckets
from agent_bridge.line import LINGER_S, WebSocketLine
from agent_bridge.ports import Audit, Authenticator
from agent_bridge.presence import SETTLE_S, Presence
from agent_bridge.session import Session, close, close_of
from agent_bridge.settings import SILENT_BEATS, Settings
from agent_bridge.tasks import together
from agent_bridge.wire import messages
from agent_bridge.wire.closes import Close
from agent_bridge.wire.envelope import notification
from telephony.control.port import Orders
from telephony.live.documents import AgentDocument
from telephony.live.port import Feed
from zhitong.access.refused import Cause, TokenRefused

log = structlog.get_logger(__name__)

PATH = "/agent"
OPEN_S = 10.0
"""For TLS and the opening handshake."""
_SWEEPS = 5
"""In each heartbeat."""
_FIRST_RETRY_MS = 200
_quiet = logging.getLogger("agent_bridge.websockets")
_quiet.setLevel(logging.CRITICAL)
"""Port scanners and broken handshakes are no news."""


class Gateway:
    """``run`` it until cancelled, within ``serving``. ``name`` tells it apart from others of the same site;
    ``finder``: what searches the directory."""

    def __init__(
        self,
        feed: Feed,
        orders: Orders,
        authenticator: Authenticator,
        audit: Audit,
        settings: Settings,
        name: str = "",
        finder: Finder | None = None,
    ) -> None:
        self.settings = settings
        self.authenticator = authenticator
        self.finder = finder
        self.hub = Hub(feed, self.tell, settings.resume_deltas)
        self.commands = Commands(orders, audit, self.hub.shelf)
        self.desktops: set[Desktop] = set()
        """Connected, whether they have said hello or not."""
        self.presence = Presence(orders, lambda: self.hub.watchers.agents, name or f"gateway-{uuid.uuid4().hex[:8]}")
        self.hub.on_take = self.presence.saw
        self._by_client: dict[tuple[str, str], Desktop] = {}
        self._wrong = Buckets(settings.wrong_tokens_per_min / 60, settings.wrong_tokens_per_min)
        self._from: Counter[str] = Counter()
        self._names = itertools.count(1)
        self._going = False

    async def run(self) -> None:
        """Follow the feed, tell the door who is there, look after the desktops."""
        parts = {"hub": self.hub.run(), "presence": self.presence.run(), "sweep": self._sweep_on()}
        finder = {} if self.finder is None else {"finder": self.finder.run()}
        await together({**parts, **finder, "settle": self._settle()})

    @contextlib.asynccontextmanager
    async def serving(
        self, host: str, port: int, tls: ssl.SSLContext | None = None, origins: Sequence[str] = ()
    ) -> AsyncIterator[int]:
        """Take desktops; yields the port. ``origins``: of web pages that may connect; programs say none. On leaving all
        are told to come again, not all at once."""
        self._going = False
        async with serve(
            self._handle,
            host,
            port,
            ssl=tls,
            origins=[None, *map(Origin, origins)],
            compression=None,  # of each connection some 300 KiB; the messages are small
            open_timeout=OPEN_S,
            close_timeout=LINGER_S,
            ping_interval=None,  # the heartbeat is ours: a page that sleeps answers pings all the same
            max_size=self.settings.message_bytes,
            max_queue=4,
            process_request=self._admits,
            server_header=None,
            logger=_quiet,
        ) as server:
            try:
                yield _port_of(server)
            finally:
                await self._send_away(server)

    # --- who comes ------------------------------------------------------------------------------------

    def _admits(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.path.partition("?")[0] != PATH:
            return connection.respond(HTTPStatus.NOT_FOUND, f"Desktops connect to {PATH}.\n")
        if self._going or len(self.desktops) >= self.settings.desktops:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "No more desktops are taken here.\n")
        address = _address_of(connection)
        if self._from[address] >= self.settings.per_address:
            return connection.respond(HTTPStatus.TOO_MANY_REQUESTS, "Too many desktops come from your address.\n")
        return None

    async def _handle(self, connection: ServerConnection) -> None:
        now, settings = time.monotonic(), self.settings
        requests = Bucket(settings.requests_per_s, settings.burst, now)
        desktop = Desktop(WebSocketLine(connection), f"s{next(self._names)}", requests, now)
        self.desktops.add(desktop)
        self._from[desktop.line.address] += 1
        try:
            await Session(self, desktop, self.tell_one).converse(connection)
        except ConnectionClosed:
            pass
        except Exception:
            log.exception("a desktop's session failed", session=desktop.name)
        finally:
            self.desktops.discard(desktop)
            self._from -= Counter((desktop.line.address,))
            self._leave(desktop)

    def admitted(self, desktop: Desktop) -> None:
        """As of Desk."""
        client = (desktop.who.account, desktop.client_id)
        former = self._by_client.get(client)
        self._by_client[client] = desktop
        first = self.hub.join(desktop)
        if former is not None:
            self.cut(former, Close.REPLACED)
        if first and desktop.who.agent is not None:
            self.presence.changed(desktop.who.agent)
        log.debug("a desktop came", account=desktop.who.account, session=desktop.name)

    def _leave(self, desktop: Desktop) -> None:
        client = (desktop.who.account, desktop.client_id)
        if self._by_client.get(client) is desktop:
            del self._by_client[client]
        if self.hub.leave(desktop) and desktop.who.agent is not None and not self._going:
            self.presence.changed(desktop.who.agent)

    def distrusts(self, address: str) -> bool:
        """As of Desk."""
        return not self._wrong.of(address, time.monotonic()).has(time.monotonic())

    def wrong_token(self, address: str) -> None:
        """As of Desk."""
        self._wrong.of(address, time.monotonic()).take(time.monotonic())

    # --- what they are told ---------------------------------------------------------------------------

    def tell_one(self, desktop: Desktop, text: str) -> None:
        """Send a text to one."""
        self.tell((desktop,), text)

    def tell(self, desktops: Iterable[Desktop], text: str) -> None:
        """Send a text to each; who has too much unread is closed."""
        open_ones = [desktop for desktop in desktops if desktop.closing is None]
        broadcast([desktop.line.connection for desktop in open_ones], text)
        for desktop in open_ones:
            waiting = desktop.line.waiting
            if waiting == 0:
                desktop.allowance = 0
            elif waiting > self.settings.queue_bytes + desktop.allowance:
                self.cut(desktop, Close.TOO_SLOW)

    def cut(self, desktop: Desktop, code: Close, retry_ms: int | None = None) -> None:
        """Close a desktop; it is told of nothing more."""
        if desktop.closing is None:
            log.info("a desktop is closed", why=code.name.lower(), account=desktop.who.account, session=desktop.name)
            close(desktop, code, retry_ms)
            self._leave(desktop)

    # --- time -----------------------------------------------------------------------------------------

    async def _sweep_on(self) -> None:
        while True:
            await asyncio.sleep(self.settings.heartbeat_s / _SWEEPS)
            await self.sweep(time.monotonic())

    async def sweep(self, now: float) -> None:
        """Close who is silent or whose token is over; tell the others that we are here."""
        beat = self.settings.heartbeat_s
        due = []
        for desktop in list(self.desktops):
            if not desktop.known or desktop.closing is not None:
                continue
            if now - desktop.heard_at > SILENT_BEATS * beat:
                self.cut(desktop, Close.SILENT)
            elif await self._holds(desktop) and now - desktop.told_at >= beat * (1 - 0.5 / _SWEEPS):
                desktop.told_at = now
                due.append(desktop)
        if due:
            epoch, sequence = self.hub.shelf.position
            self.tell(due, notification("heartbeat", messages.Position(epoch=epoch, sequence=sequence)))

    async def _holds(self, desktop: Desktop) -> bool:
        """Whether the token still does; if not, the desktop is closed."""
        try:
            await self.authenticator.still(desktop.who)
        except TokenRefused as error:
            if error.cause is not Cause.UNKNOWABLE:
                self.cut(desktop, close_of(error.cause))
                return False
        return True

    async def _settle(self) -> None:
        await self.hub.known.wait()
        await asyncio.sleep(SETTLE_S)
        documents = [item.document for item in self.hub.shelf.items.values()]
        self.presence.settle([document for document in documents if isinstance(document, AgentDocument)])
        await asyncio.Event().wait()

    async def _send_away(self, server: Server) -> None:
        """Each comes again after a time of its own, so that not all do at once."""
        self._going = True
        server.close(close_connections=False)
        leaving = list(self.desktops)
        spread = self.settings.retry_spread_ms * len(leaving)
        for desktop in leaving:
            self.cut(desktop, Close.RESTART, _FIRST_RETRY_MS + round(random.uniform(0, spread)))
        if leaving:
            await asyncio.wait([asyncio.ensure_future(desktop.line.closed()) for desktop in leaving], timeout=LINGER_S)


def _address_of(connection: ServerConnection) -> str:
    return str((connection.remote_address or ("",))[0])


def _port_of(server: Server) -> int:
    return int(next(iter(server.sockets)).getsockname()[1])
