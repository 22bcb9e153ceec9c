"""``zhitong journal-agent``: what runs beside a PBX on another machine, so that the bridge can read its logs."""

import asyncio
import signal
import socket
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvloop

from telephony.journal.agent.keys import DAYS, keys_in, make_keys, read_tokens, server_tls
from telephony.journal.agent.serve import serving
from telephony.journal.wire import PORT
from zhitong.cli import console
from zhitong.cli.common import group
from zhitong.cli.logs import LogForm, set_up
from zhitong.cli.notify import notify

KEYS = Path("/var/lib/zhitong-journal-agent")
LOGS = Path("/var/log/asterisk")

app = group(
    "日志代理：在 PBX 那台机器上运行，桥由此读取 Asterisk 的日志。"
    "Runs beside a PBX on another machine, so that the bridge can read Asterisk's logs. Read only."
)
log = structlog.get_logger(__name__)

KeysOption = Annotated[
    Path,
    typer.Option("--keys", envvar="ZHITONG_AGENT_KEYS", help="令牌与证书。 Folder of the token, certificate and key."),
]


@app.command()
def init(
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--name",
            help="桥如何找到本机，可重复。 Host name or address of this machine, as the bridge knows it; repeatable.",
        ),
    ] = None,
    keys: KeysOption = KEYS,
    days: Annotated[
        int, typer.Option(min=1, max=36500, help="证书有效天数。 How long the certificate is valid.")
    ] = DAYS,
) -> None:
    """生成令牌与证书。Makes a token and a certificate, where there is none yet. To renew one, delete it first."""
    known = names or [socket.gethostname(), "127.0.0.1"]
    made = make_keys(keys, known, days)
    for path in made:
        console.say(f"已生成 {path}", "made")
    if not made:
        console.say(f"{keys} 中已齐全，未改动。", "All there already; nothing was changed.")
    if names and not made:
        console.say(
            "证书里的名称也未改动；要换，先删除 agent.crt 和 agent.key。", "For other names delete these first."
        )
    _tell_the_bridge(keys, known[0])


def _tell_the_bridge(keys: Path, name: str) -> None:
    token, certificate, _ = keys_in(keys)
    host = f"[{name}]" if ":" in name else name
    console.say("在桥的机器上：", "On the bridge's machine:")
    console.say(f"1. 把 {certificate} 复制为 /etc/zhitong/journal-agent.crt。", "Copy it there; it is no secret.")
    console.say(
        f'2. secrets.toml：把 {token} 中的令牌写成 journal = "…"。', "Write the token into secrets.toml, at its top."
    )
    console.say(f'3. site.toml：[pbx.journal] url = "https://{host}:{PORT}"', "Then restart the bridge.")


@app.command()
def serve(
    folder: Annotated[
        Path, typer.Option("--logs", envvar="ZHITONG_AGENT_LOGS", help="Asterisk 日志目录。 Asterisk's log folder.")
    ] = LOGS,
    keys: KeysOption = KEYS,
    bind: Annotated[
        str, typer.Option(envvar="ZHITONG_AGENT_BIND", help="监听地址。 This machine's address on the bridge's side.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="ZHITONG_AGENT_PORT", min=0, max=65535, help="端口；0 任选。 Port; 0: a free one.")
    ] = PORT,
    form: Annotated[
        LogForm, typer.Option("--log", help="日志格式。 Log lines for people (pretty) or for machines (json).")
    ] = LogForm.PRETTY,
) -> None:
    """运行日志代理。Serves the logs until SIGTERM or Ctrl-C.

    It opens no database, writes nothing and never asks Asterisk. Systemd is told READY=1 once it listens.
    """
    set_up(form)
    uvloop.run(_serve(folder, keys, bind, port))


async def _serve(folder: Path, keys: Path, bind: str, port: int) -> None:
    files = keys_in(keys)
    tokens = await asyncio.to_thread(read_tokens, files.token)
    tls = await asyncio.to_thread(server_tls, files)
    stopped = asyncio.Event()
    for which in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(which, stopped.set)
    async with serving(folder, tokens, tls, bind, port):
        notify("READY=1")
        await stopped.wait()
        notify("STOPPING=1")
    log.info("stopped")
