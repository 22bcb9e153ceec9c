"""All of access in one, as a process that serves people opens it."""

import contextlib
import logging
import ssl
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

import structlog
from aiohttp import web

from telephony.database.database import Database
from telephony.directory.store import AgentStore
from telephony.errors import ConfigError
from telephony.model.ids import MemberName, QueueName
from telephony.places import database_url, secrets_of
from telephony.site.http import Http
from telephony.site.site import Site
from zhitong.access.audit import AuditLog, audit_log
from zhitong.access.http import AuthApi
from zhitong.access.keys import KeyFile
from zhitong.access.passwords import Passwords
from zhitong.access.sign_in import SignIn
from zhitong.access.standings import Kept
from zhitong.access.store import AccountStore
from zhitong.access.tokens import Tokens

_END_S = 2.0

_UNHEARD = logging.getLogger(f"{__name__}.protocol")
_UNHEARD.disabled = True
"""Where aiohttp would write a traceback for each request that is no HTTP: anybody could fill the log with them."""

log = structlog.get_logger(__name__)


class Access(NamedTuple):
    """``tokens`` and ``audit`` for a gateway; ``api`` for the HTTP server; ``database``: what they stand on."""

    tokens: Tokens
    audit: AuditLog
    sign_in: SignIn
    api: AuthApi
    database: Database


class People:
    """The directory, as far as signing in asks it."""

    def __init__(self, database: Database) -> None:
        self._agents = AgentStore(database)

    async def queues_of(self, agent: MemberName) -> frozenset[QueueName] | None:
        """An agent's queues; None: the number is nobody's."""
        found = await self._agents.get(agent)
        return None if found is None else frozenset(each.queue for each in found.queues)


def tokens_of(site_file: Path, site: Site, database: Database) -> tuple[Tokens, Kept]:
    """The tokens of a site, and whose hold as its database says."""
    standings = Kept(AccountStore(database))
    life_s, session_s = site.http.token_min * 60.0, site.http.session_h * 3600.0
    keys = KeyFile(secrets_of(site_file, site))
    return Tokens(site.pbx.systemname, keys, standings, life_s=life_s, session_s=session_s), standings


@contextlib.asynccontextmanager
async def access(site_file: Path, site: Site, database: Database, chain: str) -> AsyncIterator[Access]:
    """``chain`` names this process's part of the audit log: ``serve``, ``gateway-1`` …"""
    tokens, standings = tokens_of(site_file, site, database)
    audit, passwords = audit_log(site_file, site, chain), Passwords()
    sign_in = SignIn(AccountStore(database), People(database), tokens, standings, audit, passwords=passwords)
    try:
        yield Access(tokens, audit, sign_in, AuthApi(sign_in, clock=time.time), database)
    finally:
        passwords.close()
        await audit.close()


@contextlib.asynccontextmanager
async def open_access(site_file: Path, site: Site, chain: str) -> AsyncIterator[Access]:
    """As ``access``, with a database of its own, which may be away: until it is there nobody signs in."""
    database = Database.later(database_url(site_file, site))
    try:
        async with access(site_file, site, database, chain) as opened:
            yield opened
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def serving(app: web.Application, host: str, port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve until left; the port (0: a free one). Raises ConfigError when it cannot be had."""
    runner = web.AppRunner(app, access_log=None, logger=_UNHEARD, shutdown_timeout=_END_S, keepalive_timeout=30.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host.strip("[]"), port, ssl_context=tls).start()
        except OSError as error:
            raise ConfigError(
                f"cannot listen on {host}, port {port}: {error.strerror or error}. See [http] in site.toml."
            ) from error
        here = int(runner.addresses[0][1])
        log.info("people sign in here", host=host, port=here, tls=tls is not None)
        yield here
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def http_of(site_file: Path, site: Site, make: Callable[[], web.Application]) -> AsyncIterator[int | None]:
    """Serve the application at ``[http]``, where site.toml has a port for it; else None, and nothing is made."""
    if site.http.port is None:
        yield None
        return
    tls = tls_of(site_file, site.http)
    async with serving(make(), site.http.host, site.http.port, tls) as port:
        yield port


def tls_of(site_file: Path, http: Http) -> ssl.SSLContext | None:
    """None where there is no certificate. Raises ConfigError when it cannot be read."""
    if http.tls_cert is None:
        return None
    certificate, key = site_file.parent / http.tls_cert, http.tls_key and site_file.parent / http.tls_key
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"http.tls_cert: {certificate}: no certificate with its key there: {error}.") from error
    return context
