"""``zhitong gateway``: a gateway of agents' desktops in a process of its own."""

import asyncio
import contextlib
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, NamedTuple

import structlog
import typer
import uvloop
from redis.asyncio import Redis

from agent_bridge.finder import Finder
from agent_bridge.gateway import Gateway
from agent_bridge.opening import keep, settings_of, tls_of
from agent_bridge.tasks import ended
from telephony.config import Site, read_site
from telephony.control.redis_orders import RedisOrders
from telephony.database.database import Database
from telephony.directory.specialist_store import SpecialistStore
from telephony.errors import ConfigError
from telephony.live.redis_feed import RedisFeed
from telephony.live.redis_link import Keys, keys_of, open_redis
from telephony.model.ids import PbxName
from telephony.places import secrets_of
from telephony.records.answers import AnswersOfLate
from telephony.secrets import read_secrets
from zhitong.access.opening import open_access
from zhitong.cli.common import DEFAULT_SITE, SiteOption
from zhitong.cli.logs import LogForm, set_up
from zhitong.cli.notify import notify

log = structlog.get_logger(__name__)

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


def gateway(
    site: SiteOption = DEFAULT_SITE,
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, help="端口。 In place of the one in site.toml.")
    ] = None,
    name: Annotated[
        str,
        typer.Option(
            "--name", help="名称。 Tells this gateway apart from others of the site; its part of the audit log."
        ),
    ] = "",
    form: Annotated[
        LogForm, typer.Option("--log", help="日志格式。 Log lines for people (pretty) or for machines (json).")
    ] = LogForm.PRETTY,
    verbose: Annotated[bool, typer.Option("--verbose", help="详细日志。 Debug lines too.")] = False,
) -> None:
    """运行坐席网关：坐席桌面连接到这里。A gateway of agents' desktops, beside `zhitong serve` or apart from it.

    Any number may run, on this machine or others: `store.redis_url` of site.toml is between them and the bridge. It
    runs until SIGTERM or Ctrl-C; then its desktops are told to come again, and go on at another where they were.
    """
    set_up(form, verbose=verbose)
    uvloop.run(_run(site, port, name))


def finder_of(site: Site, database: Database) -> Finder:
    """What searches the site's directory, for a gateway."""
    return Finder(site, SpecialistStore(database), AnswersOfLate(database))


class _Upstream(NamedTuple):
    redis: Redis
    keys: Keys


async def _run(path: Path, port: int | None, name: str) -> None:
    site = await asyncio.to_thread(read_site, path)
    table = site.gateway
    if table is None:
        raise ConfigError(f"{path}: has no table [gateway], so no desktop can connect. Add it.")
    name = name or f"gateway-{port or table.port}"
    if not _NAME.fullmatch(name):
        raise ConfigError(f"--name: {name!r} is not allowed. Write up to 40 of a-z 0-9 - with a letter first.")
    tls = await asyncio.to_thread(tls_of, path, site, table)
    async with _upstream(path, site) as (redis, keys), open_access(path, site, name) as access:
        orders, feed = RedisOrders(redis, keys), RedisFeed(redis, keys, name)
        finder = finder_of(site, access.database)
        here = Gateway(feed, orders, access.tokens, access.audit, settings_of(table), name, finder)
        beside = [asyncio.create_task(orders.run(), name="orders"), asyncio.create_task(_tell_ready(here))]
        work = asyncio.create_task(keep(here, table, tls, port))
        _stop_on_signals(work)
        with contextlib.suppress(asyncio.CancelledError):
            await work
        notify("STOPPING=1")
        await ended(beside)
    log.info("stopped", gateway=name)


@contextlib.asynccontextmanager
async def _upstream(path: Path, site: Site) -> AsyncIterator[_Upstream]:
    url = site.store.redis_url
    if url is None:
        raise ConfigError(
            f"{path}: store.redis_url is missing: a gateway in a process of its own hears the bridge through Redis. "
            "Without Redis `zhitong serve` has the gateway."
        )
    secrets = await asyncio.to_thread(read_secrets, secrets_of(path, site))
    redis = open_redis(url, secrets.redis, site.store.redis_ca)
    try:
        yield _Upstream(redis, keys_of(PbxName(site.pbx.systemname)))
    finally:
        await redis.aclose()


def _stop_on_signals(work: "asyncio.Task[None]") -> None:
    loop = asyncio.get_running_loop()
    for which in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(which, work.cancel)


async def _tell_ready(gateway: Gateway) -> None:
    await gateway.hub.known.wait()
    notify("READY=1")
