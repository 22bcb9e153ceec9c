"""What phones fetch: ``GET /p/<token>/<name>``. Whatever is not a link that holds is 404, and looks alike."""

import asyncio
import contextlib
import ssl
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import structlog
from aiohttp import web

from dialplans.handsets.account import account_of
from dialplans.handsets.files import MODELS, provisioned
from telephony.config import read_site
from telephony.directory.store import AgentStore
from telephony.errors import ConfigError, ZhitongError
from telephony.model.ids import MemberName
from telephony.places import secrets_of
from telephony.secrets import read_secrets
from zhitong.access.trail import Trail
from zhitong.cli.audit import audit_of, note
from zhitong.cli.common import open_database
from zhitong.cli.provisioning.links import ROOT, Link, Links, links_of

MISSES, MISSES_S = 10, 60.0
"""So many wrong addresses in so many seconds, and a peer gets 429 until the oldest is that old."""
_PEERS = 10_000
"""Peers whose misses are kept; the one that was quiet longest is forgotten when there are more."""
_END_S = 2.0

log = structlog.get_logger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Misses:
    """Who asked for what is not there, and how often lately."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._peers: OrderedDict[str, deque[float]] = OrderedDict()

    def too_many(self, peer: str) -> bool:
        at = self._peers.get(peer, deque())
        return len(at) == MISSES and self._clock() - at[0] < MISSES_S

    def add(self, peer: str) -> None:
        self._peers.setdefault(peer, deque(maxlen=MISSES)).append(self._clock())
        self._peers.move_to_end(peer)
        if len(self._peers) > _PEERS:
            self._peers.popitem(last=False)


class Given(NamedTuple):
    """A file that is given away."""

    text: str
    content_type: str


class App:
    """``make`` gives the aiohttp application. Site, agents and secrets are read anew at each fetch."""

    def __init__(self, site_file: Path) -> None:
        self._site_file = site_file
        self._misses = Misses()

    def make(self) -> web.Application:
        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._admit(request, handler)

        app = web.Application(middlewares=[guarded], client_max_size=1024)
        app.router.add_get(ROOT + "{token}/{name}", self._fetch)
        app.on_response_prepare.append(_plain)
        return app

    async def _admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        peer = request.remote or "?"
        if self._misses.too_many(peer):
            return web.Response(status=429, text="too many requests\n", headers={"Retry-After": "60"})
        try:
            return await handler(request)
        except web.HTTPException:
            log.warning("refused", peer=peer, method=request.method)  # no path: it may hold most of a token
            return web.Response(status=404, text="not found\n")
        except Exception:  # a bug of ours must not end the server, nor show itself to whoever asks
            log.exception("a request failed", peer=peer)
            return web.Response(status=500, text="failed\n")

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        token, name = request.match_info["token"], request.match_info["name"]
        site = await asyncio.to_thread(read_site, self._site_file)
        links = Links(links_of(self._site_file, site))
        peer = request.remote or "?"
        link = await asyncio.to_thread(links.find, token)
        if link is None:
            self._misses.add(peer)
        given = await self._given(link) if link and name in link.names() else None
        if link is None or given is None:
            raise web.HTTPNotFound
        if request.method == "GET":  # HEAD gives nothing away
            if not await asyncio.to_thread(links.used, link):
                raise web.HTTPNotFound
            await asyncio.to_thread(_note, audit_of(self._site_file, site), link, peer)
        log.info("settings fetched", agent=link.number, model=link.model, peer=peer, method=request.method)
        return web.Response(text=given.text, content_type=given.content_type, charset="utf-8")

    async def _given(self, link: Link) -> Given | None:
        """None when the agent is gone, or the settings cannot be made (the log says why)."""
        try:
            async with open_database(self._site_file, create=False) as (site, database):
                agent = await AgentStore(database).get(MemberName(link.number))
            if agent is None:
                return None
            secrets = await asyncio.to_thread(read_secrets, secrets_of(self._site_file, site))
            text = provisioned(link.model, account_of(site, agent, secrets))
        except ZhitongError as error:
            log.warning("settings cannot be made", agent=link.number, why=str(error))
            return None
        return Given(text, MODELS[link.model].content_type)


def _note(audit: Trail, link: Link, peer: str) -> None:
    note(audit, link.by, "phone fetch", number=link.number, model=link.model, mac=link.mac, peer=peer)


async def _plain(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "zhitong"
    response.headers["Cache-Control"] = "no-store"


@contextlib.asynccontextmanager
async def serving(site_file: Path, bind: str, port: int, tls: ssl.SSLContext | None) -> AsyncIterator[int]:
    """Serve until left; the port (0: a free one). Raises ConfigError when the port cannot be had."""
    runner = web.AppRunner(App(site_file).make(), access_log=None, shutdown_timeout=_END_S)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, bind, port, ssl_context=tls).start()
        except OSError as error:
            raise ConfigError(f"cannot listen on {bind}, port {port}: {error.strerror or error}.") from error
        here = int(runner.addresses[0][1])
        log.info("phones are served", bind=bind, port=here, tls=tls is not None)
        yield here
    finally:
        await runner.cleanup()
