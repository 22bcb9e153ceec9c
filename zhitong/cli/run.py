"""``zhitong run``: a PBX and a bridge on this machine, for softphones of your own, until Ctrl-C."""

import asyncio
import contextlib
import signal
import socket
from pathlib import Path
from typing import Annotated

import typer

import dialplans
from telephony.directory.agents import Agent
from telephony.directory.agents_csv import read_agents
from telephony.places import secrets_of
from telephony.records.masked import masked
from telephony.records.record import CallRecord
from telephony.secrets import read_secrets
from zhitong.cli import console, words
from zhitong.cli.common import wait_for
from zhitong.cli.demo import fetch_tools
from zhitong.cli.directory_files import sample_entries
from zhitong.lab.ports import Ports, is_free
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.scene import Scene

SAMPLE = Path(dialplans.__path__[0]) / "samples" / "two-phones"
_SIP = 5060
_LOOK_S = 1.0


def run(
    bind: Annotated[
        str, typer.Option(help="话机可达的地址。 Where phones reach the PBX; 0.0.0.0: all addresses.")
    ] = "127.0.0.1",
    directory: Annotated[
        Path, typer.Option(help="运行目录。 Where the run, its records and passwords are kept.")
    ] = Path("var/run"),
) -> None:
    """试用：本机 PBX 与两部软电话。A PBX and a bridge for two softphones: register them, call 12345, talk.

    It shows what to type into the softphones and each call once it is on record. Ctrl-C ends everything. Softphones on
    other machines need `--bind` with an address of this one.
    """
    tools = fetch_tools()
    agents = list(read_agents((SAMPLE / "agents.csv").read_bytes()).agents)
    wait_for(_run(directory, tools, bind, agents))


async def _run(directory: Path, tools: Tools, bind: str, agents: list[Agent]) -> None:
    port = _SIP if await asyncio.to_thread(is_free, bind, _SIP) else None

    def text(ports: Ports) -> str:
        return site_text((SAMPLE / "site.toml").read_text(encoding="utf-8"), ports, bind, port or ports.sip)

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for which in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(which, stopped.set)
    async with Scene.open(directory, tools, text, agents, contacts=False) as scene:
        await scene.introduce(sample_entries())
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
    secrets, site = read_secrets(secrets_of(scene.site_file, scene.site)), scene.site
    console.out.print()
    table = console.table("软电话 softphones", "用户 user", "密码 password", "姓名 name", whole=(0, 1))
    for agent in agents:
        table.add_row(agent.phone, secrets.phones[agent.phone], agent.name)
    console.out.print(table)
    console.out.print()
    server = ", ".join(f"{address}:{site.sip.port}" for address in addresses(bind))
    console.say(f"服务器 {server}，UDP", "Server and port; codecs alaw or ulaw.")
    number = site.hotline[0]
    console.say(
        f"两部都注册后，用其中一部拨 {number}，另一部振铃。", f"Register both, dial {number} on one: the other rings."
    )
    console.say("通话结束后在此显示，并可查看：", "Calls appear here when they have ended; look at them with:")
    console.show_command(f"{console.program()} calls list --site {scene.site_file}")
    console.say(
        "部门与专家名录样例（号码均为虚构）：", "A sample of departments and specialists, whose numbers nobody has:"
    )
    console.show_command(f"{console.program()} directory list --site {scene.site_file}")
    console.say("Ctrl-C 结束。", "Ctrl-C ends it.")
    console.out.print()


def addresses(bind: str) -> list[str]:
    """What to type into a softphone for a PBX that listens on ``bind``."""
    if bind != "0.0.0.0":  # noqa: S104 - compared, not bound
        return [bind]
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing: asks the kernel from which address it would (RFC 5737)
        return list(dict.fromkeys([probe.getsockname()[0], "127.0.0.1"]))
    return ["127.0.0.1"]


async def _follow(scene: Scene, stopped: asyncio.Event) -> None:
    """Say each call as its record is written, until told to stop. Raises LabError when the PBX or the bridge dies."""
    known = {record.call_id for record in await scene.records()}
    told, fallen = asyncio.create_task(stopped.wait()), asyncio.create_task(scene.fallen())
    try:
        while not told.done():
            await asyncio.wait({told, fallen}, timeout=_LOOK_S, return_when=asyncio.FIRST_COMPLETED)
            for record in await scene.records():
                if record.call_id not in known:
                    known.add(record.call_id)
                    _say(masked(record), scene.site.time_zone)
            if fallen.done():
                raise fallen.result()
    finally:
        told.cancel()
        fallen.cancel()


def _say(record: CallRecord, zone: str) -> None:
    for line in lines_of(record, zone):
        console.out.print(console.text(line), soft_wrap=True)


def lines_of(record: CallRecord, zone: str) -> list[str]:
    """One call that has ended; a second line if it was answered."""
    when = console.clock(record.received_at, zone, date=False)[:8]
    said = f"{when}  {record.caller_number or '—'} → {record.agent or '—'}  {words.outcome(record)}  {record.call_id}"
    if record.answered_at is None:
        return [said]
    connect, talk = console.seconds(words.connect_ms(record)), console.seconds(record.talk_ms)
    return [said, f"{' ' * 10}接通 connect {connect} · 通话 talk {talk}"]
