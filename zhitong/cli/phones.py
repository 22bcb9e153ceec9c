"""``zhitong phones``: desk phones and softphones fetch their settings, each from a link of its own."""

import asyncio
import ipaddress
import signal
import ssl
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvloop

from dialplans.handsets.files import MODELS, mac_of
from telephony.config import read_site
from telephony.directory.store import AgentStore
from telephony.errors import ConfigError
from telephony.model.ids import MICROS_PER_SECOND, Micros
from zhitong.cli import console
from zhitong.cli.agents_sheet import chosen
from zhitong.cli.audit import audit_of, note
from zhitong.cli.common import (
    DEFAULT_SITE,
    ByOption,
    JsonOption,
    SiteOption,
    group,
    open_database,
    wait_for,
    who,
)
from zhitong.cli.logs import LogForm, set_up
from zhitong.cli.notify import notify
from zhitong.cli.provisioning.app import serving
from zhitong.cli.provisioning.links import Links, address_of, links_of

PORT = 5049
_HOURS = 24

app = group("话机。Phones fetch their settings: link, links, revoke, serve.")
log = structlog.get_logger(__name__)


@app.command("link")
def link(
    number: Annotated[str, typer.Argument(help="工号。 The agent's number.", show_default=False)],
    model: Annotated[
        str, typer.Option(help=f"型号。 Which phone: {', '.join(MODELS)}.", show_default=False, metavar="MODEL")
    ],
    mac: Annotated[
        str | None, typer.Option(help="话机 MAC 地址。 Hardware address: the phone adds the file's name itself.")
    ] = None,
    hours: Annotated[float, typer.Option(min=0.1, max=24 * 366, help="有效小时数。 How long it is good.")] = _HOURS,
    once: Annotated[bool, typer.Option("--once", help="取一次即失效。 Gone after the first fetch.")] = False,
    site: SiteOption = DEFAULT_SITE,
    by: ByOption = None,
) -> None:
    """生成限时链接，话机由此取得设置（含密码）。Make a link at which a phone finds its settings; it expires.

    Whoever has the link has the password. Type it into the phone (自动部署 auto provision), or scan it with Linphone.
    `zhitong phones serve` must run then.
    """
    if model not in MODELS:
        raise ConfigError(f"{model!r} is no model; there are {', '.join(MODELS)}.")
    address = wait_for(_link(site, number, model, mac_of(mac) if mac else None, hours, once, who(by)))
    console.say(f"{number} · {MODELS[model].title}", f"good for {hours:g} h{', once' if once else ''}")
    console.show_command(address)


async def _link(site_file: Path, number: str, model: str, mac: str | None, hours: float, once: bool, by: str) -> str:
    async with open_database(site_file, create=False) as (site, database):
        (agent,) = chosen(await AgentStore(database).list(), [number])
    links = Links(links_of(site_file, site))
    address_of(site, model, "")  # refused before anything is made
    note(audit_of(site_file, site), by, "phones link", number=agent.number, model=model, mac=mac, hours=hours)
    token = links.make(agent.number, model, by, hours=hours, mac=mac, once=once)
    return address_of(site, model, token, mac)


@app.command("links")
def list_links(site: SiteOption = DEFAULT_SITE, as_json: JsonOption = False) -> None:
    """列出仍有效的链接（不含令牌）。List the links that hold, without their secrets."""
    parsed = read_site(site)
    found = Links(links_of(site, parsed)).all()
    if as_json:
        hidden = ({name: getattr(each, name) for name in each.__struct_fields__ if name != "digest"} for each in found)
        console.print_json(list(hidden))
        return
    if not found:
        console.say("没有有效的链接。", "No link holds.")
        return
    table = console.table(
        *("链接 links", "工号 number", "型号 model", "MAC mac", "至 until", "已取 fetched", "由谁 by"), right=(4,)
    )
    for each in found:
        until = console.clock(Micros(each.expires_at * MICROS_PER_SECOND), parsed.time_zone)[:16]
        cells = (each.number, each.model, each.mac or "", until, str(each.fetched), each.by)
        table.add_row(*map(console.text, cells))
    console.out.print(table)


@app.command("revoke")
def revoke(
    number: Annotated[str | None, typer.Argument(help="工号。 The agent's number.", show_default=False)] = None,
    everybody: Annotated[bool, typer.Option("--all", help="所有链接。 Every link.")] = False,
    site: SiteOption = DEFAULT_SITE,
    by: ByOption = None,
) -> None:
    """收回链接。Take links back; phones keep what they have fetched."""
    if (number is None) != everybody:
        raise ConfigError("Name the agent whose links are taken back, or say --all.")
    parsed = read_site(site)
    note(audit_of(site, parsed), who(by), "phones revoke", number=number or "all")
    gone = Links(links_of(site, parsed)).revoke(number)
    console.say(f"已收回 {gone} 个链接。", f"{gone} links were taken back.")


@app.command("serve")
def serve(
    site: SiteOption = DEFAULT_SITE,
    bind: Annotated[str, typer.Option(envvar="ZHITONG_PHONES_BIND", help="监听地址。 Address to listen on.")] = (
        "127.0.0.1"
    ),
    port: Annotated[
        int, typer.Option(envvar="ZHITONG_PHONES_PORT", min=0, max=65535, help="端口；0 任选。 Port; 0: a free one.")
    ] = PORT,
    certificate: Annotated[
        Path | None, typer.Option("--cert", help="证书，PEM。 Certificate with its chain: then it is HTTPS.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="私钥，PEM。 Its key; in the same file if left out.")] = None,
    plain: Annotated[
        bool,
        typer.Option("--plain", help="不加密（仅限隔离的话机网）。 Without TLS, on other addresses than loopback."),
    ] = False,
    form: Annotated[
        LogForm, typer.Option("--log", help="日志格式。 Log lines for people (pretty) or for machines (json).")
    ] = LogForm.PRETTY,
) -> None:
    """按需向话机提供设置。Serve settings to phones that have a link, until SIGTERM or Ctrl-C.

    Run it while phones are being set up; calls never need it. Each fetch is on record (`zhitong audit list`).
    """
    tls = _tls(certificate, key)
    if tls is None and not plain and not _is_loopback(bind):
        raise ConfigError(
            f"Passwords would cross the network in the clear on {bind}: name a certificate (--cert, --key); or say "
            "--plain, in a network of phones alone."
        )
    set_up(form)
    uvloop.run(_serve(site, bind, port, tls))


def _is_loopback(bind: str) -> bool:
    try:
        return ipaddress.ip_address(bind).is_loopback
    except ValueError:
        return bind == "localhost"


def _tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{certificate}: no certificate with its key can be read there: {error}.") from error
    return context


async def _serve(site_file: Path, bind: str, port: int, tls: ssl.SSLContext | None) -> None:
    await asyncio.to_thread(read_site, site_file)
    stopped = asyncio.Event()
    for which in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(which, stopped.set)
    async with serving(site_file, bind, port, tls):
        notify("READY=1")
        await stopped.wait()
        notify("STOPPING=1")
    log.info("stopped")
