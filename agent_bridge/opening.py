"""A gateway as site.toml sets it."""

import asyncio
import ssl
from pathlib import Path
from typing import NoReturn

import structlog

from agent_bridge.gateway import PATH, Gateway
from agent_bridge.settings import Settings
from agent_bridge.tasks import ended
from telephony.errors import ConfigError
from telephony.site.gateway import Gateway as Table
from telephony.site.site import Site

log = structlog.get_logger(__name__)

TRY_AGAIN_S = 5.0
_BURST = 3


def settings_of(table: Table) -> Settings:
    """Its limits."""
    return Settings(
        heartbeat_s=table.heartbeat_s,
        message_bytes=table.message_kib * 1024,
        queue_bytes=table.queue_kib * 1024,
        resume_deltas=table.resume_deltas,
        desktops=table.desktops,
        per_address=table.per_address,
        requests_per_s=table.requests_per_s,
        burst=_BURST * table.requests_per_s,
        wrong_tokens_per_min=table.wrong_tokens_per_min,
    )


def tls_of(site_file: Path, site: Site, table: Table) -> ssl.SSLContext | None:
    """None where neither ``[gateway]`` nor ``[http]`` names a certificate. Raises ConfigError."""
    key, holder = ("gateway", table) if table.tls_cert is not None else ("http", site.http)
    if holder.tls_cert is None:
        return None
    certificate = site_file.parent / holder.tls_cert
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, holder.tls_key and site_file.parent / holder.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{key}.tls_cert: {certificate}: no certificate with its key there: {error}.") from error
    return context


async def keep(gateway: Gateway, table: Table, tls: ssl.SSLContext | None, port: int | None = None) -> NoReturn:
    """Serve desktops until cancelled, whatever befalls: calls do not depend on it. ``port``: in place of its own."""
    while True:
        try:
            await _serve(gateway, table, tls, table.port if port is None else port)
        except OSError as error:
            log.warning("no desktop can connect: see [gateway] in site.toml", host=table.host, why=str(error))
        except Exception:
            log.exception("the gateway failed and begins anew")
        await asyncio.sleep(TRY_AGAIN_S)


async def _serve(gateway: Gateway, table: Table, tls: ssl.SSLContext | None, port: int) -> None:
    work = asyncio.create_task(gateway.run(), name="gateway")
    try:
        async with gateway.serving(table.host.strip("[]"), port, tls, table.origins) as here:
            scheme = "ws" if tls is None else "wss"
            log.info("desktops connect here", address=f"{scheme}://{table.host}:{here}{PATH}")
            await asyncio.wait([work])  # it goes on while desktops are told to come again
            work.result()
    finally:
        await ended([work])
