"""``zhitong serve``: the bridge itself."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import structlog
import typer
import uvloop

from telephony.config import Site, read_site
from telephony.places import control_of, home_of, secrets_of, var_of
from telephony.secrets import Secrets, read_secrets, with_figures_key
from telephony.service import Service, account_of
from zhitong.cli import sweeps
from zhitong.cli.common import DEFAULT_SITE, SiteOption
from zhitong.cli.logs import LogForm, set_up
from zhitong.cli.notice_sentence import to_say
from zhitong.cli.notify import notify

if TYPE_CHECKING:
    from zhitong.access.opening import Access

log = structlog.get_logger(__name__)


def serve(
    site: SiteOption = DEFAULT_SITE,
    form: Annotated[
        LogForm, typer.Option("--log", help="日志格式。 Log lines for people (pretty) or for machines (json).")
    ] = LogForm.PRETTY,
    verbose: Annotated[bool, typer.Option("--verbose", help="详细日志。 Debug lines too.")] = False,
) -> None:
    """运行桥：连接 PBX，跟踪每一通电话，保存记录。The bridge: follows each call and keeps the records.

    It runs until SIGTERM or Ctrl-C, and logs to standard error. Systemd is told READY=1 (Type=notify) once it has the
    PBX's state. Without a PBX it keeps trying; the PBX never waits for the bridge.
    """
    set_up(form, verbose=verbose)
    uvloop.run(_serve(site))


async def _serve(path: Path) -> None:
    site = await asyncio.to_thread(read_site, path)
    secrets = await asyncio.to_thread(_secrets, secrets_of(path, site))
    await asyncio.to_thread(var_of(path, site).mkdir, parents=True, exist_ok=True)
    async with (
        _people_sign_in(path, site) as access,
        Service.open(site, secrets, home_of(path, site), to_say(site)) as service,
        _desktops(path, site, access, service),
    ):
        service.connection.renewed = lambda: account_of(site, read_secrets(secrets_of(path, site)))
        work = asyncio.create_task(service.run(control_of(path, site)))
        _stop_on_signals(work)
        tell = asyncio.create_task(_tell_ready(service))
        with contextlib.suppress(asyncio.CancelledError):
            await work
        tell.cancel()
        notify("STOPPING=1")
    log.info("stopped", records=service.writer.written)


@contextlib.asynccontextmanager
async def _people_sign_in(path: Path, site: Site) -> AsyncIterator["Access | None"]:
    """Where site.toml has a port for it, or desktops. Calls never wait for it."""
    if site.http.port is None and (site.gateway is None or not site.gateway.serve):
        yield None
        return
    from zhitong.access.opening import http_of, open_access  # late, as desktops: a quarter of a second at each start

    async with open_access(path, site, "serve") as access, http_of(path, site, access.api.app):
        yield access


@contextlib.asynccontextmanager
async def _desktops(path: Path, site: Site, access: "Access | None", service: Service) -> AsyncIterator[None]:
    """Where site.toml has a gateway."""
    if site.gateway is None or not site.gateway.serve or access is None:
        yield
        return
    from agent_bridge.gateway import Gateway
    from agent_bridge.opening import keep, settings_of, tls_of
    from zhitong.cli.gateway import finder_of

    tls = await asyncio.to_thread(tls_of, path, site, site.gateway)
    settings = settings_of(site.gateway)
    finder = finder_of(site, access.database)
    gateway = Gateway(service.feed, service.door, access.tokens, access.audit, settings, "serve", finder)
    work = asyncio.create_task(keep(gateway, site.gateway, tls))
    try:
        yield
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


def _secrets(path: Path) -> Secrets:
    """With a key for the daily figures, made at the first start. Without one there are no figures, and nothing else is
    amiss."""
    try:
        return with_figures_key(path)
    except OSError as error:
        log.warning("no daily figures: their key cannot be written", file=str(path), reason=error.strerror)
        return read_secrets(path)


def _stop_on_signals(work: asyncio.Task[None]) -> None:
    loop = asyncio.get_running_loop()
    for which in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(which, work.cancel)


async def _tell_ready(service: Service) -> None:
    await service.ready.wait()
    sweeps.settle()
    notify("READY=1")
    world = service.ingest.world
    await sweeps.keep(lambda: any(queue.waiting for queue in world.queues.values()))
