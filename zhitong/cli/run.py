"""``zhitong run``: a PBX and a bridge on this machine, for softphones of your own, until Ctrl-C."""

import asyncio
import contextlib
import signal
import socket
from pathlib import Path
from typing import Annotated

import typer

import dialplans
from telephony.config import Site
from telephony.directory.agents import Agent
from telephony.directory.agents_csv import read_agents
from telephony.model.ids import Micros
from telephony.places import secrets_of
from telephony.records.masked import masked
from telephony.secrets import read_secrets
from zhitong.cli import console, words
from zhitong.cli.common import wait_for
from zhitong.cli.demo import fetch_tools
from zhitong.lab.ports import Ports, is_free
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.scene import Scene

_SAMPLE = Path(dialplans.__path__[0]) / "samples" / "two-phones"
_SIP = 5060
_LOOK_S = 1.0


def run(
    bind: Annotated[str, typer.Option(help="Address the PBX listens on for phones; 0.0.0.0: all.")] = "127.0.0.1",
    directory: Annotated[Path, typer.Option(help="Where the run is kept.")] = Path("var/run"),
) -> None:
    """A PBX and a bridge for two softphones: register them, call 12345, talk. Ctrl-C ends everything."""
    tools = fetch_tools()
    agents = list(read_agents((_SAMPLE / "agents.csv").read_bytes()).agents)
    wait_for(_run(directory, tools, bind, agents))


async def _run(directory: Path, tools: Tools, bind: str, agents: list[Agent]) -> None:
    port = _SIP if await asyncio.to_thread(is_free, bind, _SIP) else None

    def text(ports: Ports) -> str:
        return site_text((_SAMPLE / "site.toml").read_text(encoding="utf-8"), ports, bind, port or ports.sip)

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for which in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(which, stopped.set)
    async with Scene.open(directory, tools, text, agents, contacts=False) as scene:
        _tell(scene, agents, bind)
        await _follow(scene, stopped)
    console.say("已全部停止。", "Everything has stopped.")


def site_text(sample: str, ports: Ports, bind: str, sip: int) -> str:
    """The sample's site.toml on this machine's addresses: tables that TOML lets us add at its end."""
    return f"""{sample}
[pbx.ami]
port = {ports.ami}

[sip]
bind = "{bind}"
port = {sip}
rtp_start = {ports.rtp.start}
rtp_end = {ports.rtp.stop - 1}
"""


def _tell(scene: Scene, agents: list[Agent], bind: str) -> None:
    secrets = read_secrets(secrets_of(scene.site_file, scene.site))
    table = console.table("软电话 softphones", "用户 user", "密码 password", "姓名 name")
    for agent in agents:
        table.add_row(agent.phone, secrets.phones[agent.phone], agent.name)
    console.out.print(table)
    site: Site = scene.site
    server = ", ".join(f"{address}:{site.sip.port}" for address in _addresses(bind))
    console.say(f"服务器 {server}（UDP）", "Server and port; transport UDP, codecs alaw or ulaw.")
    console.say(
        f"注册后用其中一部拨 {site.hotline[0]}，另一部振铃。",
        f"Register both, dial {site.hotline[0]} on one: the other rings.",
    )
    console.say(f"记录：zhitong calls list --site {scene.site_file}", "The calls on record.")
    console.say("Ctrl-C 结束。", "Ctrl-C ends it.")


def _addresses(bind: str) -> list[str]:
    if bind != "0.0.0.0":  # noqa: S104 - compared, not bound
        return [bind]
    with contextlib.suppress(OSError):
        return socket.gethostbyname_ex(socket.gethostname())[2]
    return [bind]


async def _follow(scene: Scene, stopped: asyncio.Event) -> None:
    """Say each call as its record is written, until told to stop."""
    known: set[str] = {record.call_id for record in await scene.records()}
    while not stopped.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), _LOOK_S)
        for record in await scene.records():
            if record.call_id not in known:
                known.add(record.call_id)
                shown = masked(record)
                when = console.clock(Micros(record.received_at), scene.site.time_zone)[11:19]
                said = f"{when} {shown.caller_number or '—'} → {shown.agent or '—'}  {words.outcome(record)}"
                connect, talk = console.seconds(words.connect_ms(record)), console.seconds(record.talk_ms)
                console.out.print(f"{said}  {connect} + {talk}  {record.call_id}", markup=False)
