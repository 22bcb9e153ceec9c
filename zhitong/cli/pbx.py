"""``zhitong pbx``: a PBX on this machine from site.toml, to try things out; ``install``: an Asterisk for a real one."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from dialplans.render import render, write
from telephony.config import Site, read_site
from telephony.directory.agents import Agent
from telephony.directory.store import AgentStore
from telephony.errors import LabError
from telephony.places import secrets_of
from telephony.secrets import ensure_secrets
from zhitong.cli import console
from zhitong.cli.common import DEFAULT_SITE, JsonOption, SiteOption, open_database, wait_for
from zhitong.cli.demo import fetch_tools
from zhitong.cli.kept import Kept, is_held, kept, run_of
from zhitong.cli.pbx_here import default_folder, known_of
from zhitong.cli.pbx_install import install_asterisk
from zhitong.lab.control_socket import ask
from zhitong.lab.ports import is_free
from zhitong.lab.programs import Asterisk

app = typer.Typer(
    help="本机 PBX。A PBX on this machine to try things out: up, down, status, cli; install: one for a hotline.",
    no_args_is_help=True,
    add_completion=False,
)

app.command("install")(install_asterisk)

NOT_RUNNING = 3
"""Exit status of ``status`` when there is no PBX, as the Linux Standard Base has it for services."""

_START_S = 60.0
_STOP_S = 20.0
_LOOK_S = 0.05


# --- up ------------------------------------------------------------------------------------------------------


@app.command("up")
def up(site: SiteOption = DEFAULT_SITE) -> None:
    """启动本机 PBX。Fetch Asterisk if need be, render site.toml and the agents, start in the background.

    It goes on after this command, until `zhitong pbx down` or the machine stops. Its logs lie in `pbx` under the site's
    var directory, its files where `zhitong dialplan render` writes them: after that, `zhitong pbx cli core reload`.
    Where Asterisk is installed already, name it in ZHITONG_ASTERISK.
    """
    parsed = read_site(site)
    run = run_of(site, parsed)
    if is_held(run):
        console.say("PBX 已在运行：zhitong pbx status", "The PBX is running already.")
        return
    _refuse_taken_ports(parsed)
    asterisk = fetch_tools().asterisk
    agents = wait_for(_agents(site))
    _render(site, parsed, agents, asterisk)
    _start(run, default_folder(site, parsed), parsed)
    _tell(run, default_folder(site, parsed), parsed, agents)


def _refuse_taken_ports(site: Site) -> None:
    if not is_free(site.sip.bind, site.sip.port):
        raise LabError(f"port {site.sip.port} (sip.port in site.toml) is taken on {site.sip.bind}: choose another")
    with socket.socket() as probe:
        probe.settimeout(1.0)
        if probe.connect_ex((site.pbx.ami.host, site.pbx.ami.port)) == 0:
            raise LabError(
                f"something answers on {site.pbx.ami.host}:{site.pbx.ami.port} (pbx.ami in site.toml): choose another "
                "port, or stop it"
            )


async def _agents(path: Path) -> list[Agent]:
    async with open_database(path) as (_, database):
        return await AgentStore(database).list()


def _render(path: Path, site: Site, agents: list[Agent], asterisk: Asterisk) -> None:
    secrets = ensure_secrets(secrets_of(path, site), [agent.phone for agent in agents])
    run_of(path, site).mkdir(parents=True, exist_ok=True)
    write(default_folder(path, site), render(site, agents, secrets, lab=known_of(asterisk)))


def _start(run: Path, etc: Path, site: Site) -> None:
    command = [sys.executable, "-P", "-m", "zhitong.cli.keeper", str(run), str(etc)]
    rtp = [str(site.sip.rtp_start), str(site.sip.rtp_end)]
    try:
        done = subprocess.run([*command, *rtp], capture_output=True, text=True, timeout=_START_S, check=False)
    except subprocess.TimeoutExpired:
        raise LabError(f"the PBX was not ready after {_START_S:g} s; see {run}/keeper.log and {run}/log") from None
    if done.returncode != 0:
        raise LabError(done.stderr.strip() or f"the PBX could not be started; see {run}/keeper.log")


def _tell(run: Path, etc: Path, site: Site, agents: list[Agent]) -> None:
    console.say("PBX 已启动。", "The PBX is up.")
    console.say(f"话机 {site.sip.bind}:{site.sip.port}（UDP）· AMI {site.pbx.ami.host}:{site.pbx.ami.port}", "")
    console.say(f"日志 {run}/log", "Its log.")
    console.say(f"配置 {etc}", "Its files.")
    if not agents:
        console.say(
            "还没有坐席：zhitong agents add 1001 --name …，或 zhitong agents import agents.csv",
            "There are no agents yet.",
        )
    console.say("接着：zhitong serve；体检：zhitong doctor", "Next: the bridge; and a look at both.")


# --- down ----------------------------------------------------------------------------------------------------


@app.command("down")
def down(site: SiteOption = DEFAULT_SITE) -> None:
    """停止。Stop it: calls are hung up, logs are written. No error if it does not run."""
    run = run_of(site, read_site(site))
    if not is_held(run):
        console.say("PBX 没有运行。", "The PBX does not run.")
        return
    deadline = time.monotonic() + _STOP_S
    told = False
    while is_held(run):
        known = kept(run)
        if known and not told:  # one that is still starting has not written its process id yet
            os.kill(known.keeper, signal.SIGTERM)
            told = True
        if time.monotonic() > deadline:
            raise LabError(
                f"the PBX does not stop; see {run}/keeper.log, and end its process: {known and known.keeper}"
            )
        time.sleep(_LOOK_S)
    console.say("PBX 已停止。", "The PBX is down.")


# --- status, cli ---------------------------------------------------------------------------------------------


class Status(msgspec.Struct, frozen=True):
    """What ``zhitong pbx status --json`` prints."""

    running: bool
    keeper: int | None = None
    version: str = ""
    uptime_s: int = 0
    channels: int = 0
    directory: str = ""


@app.command("status")
def status(site: SiteOption = DEFAULT_SITE, as_json: JsonOption = False) -> None:
    """状态。Does it run, since when, with how many calls? Exit status 0 if so, 3 if not."""
    run = run_of(site, read_site(site))
    known = kept(run)
    found = wait_for(_look(run, known)) if known else Status(running=False, directory=str(run))
    if as_json:
        console.print_json(found)
    elif found.running:
        console.say(f"PBX 在运行，{found.uptime_s} 秒，{found.channels} 个通道", f"Running; keeper {found.keeper}.")
        console.say(f"{found.version} · {run}", "")
    else:
        console.say("PBX 没有运行：zhitong pbx up", "The PBX does not run.")
    if not found.running:
        raise typer.Exit(NOT_RUNNING)


async def _look(run: Path, known: Kept) -> Status:
    control = Path(known.socket)
    version, channels = await asyncio.gather(
        ask(control, "core show version"), ask(control, "core show channels count")
    )
    return Status(
        running=True,
        keeper=known.keeper,
        version=version.strip().partition(" built by")[0],
        uptime_s=int(time.time() - known.since),
        channels=_first_number(channels),
        directory=str(run),
    )


def _first_number(text: str) -> int:
    return next((int(word) for word in text.split() if word.isdecimal()), 0)


@app.command("cli", context_settings={"ignore_unknown_options": True})
def cli(
    command: Annotated[list[str], typer.Argument(help='Such as: zhitong pbx cli "pjsip show endpoints"')],
    site: SiteOption = DEFAULT_SITE,
) -> None:
    """Asterisk 命令行。Say something to Asterisk's own command line, and show what it answers."""
    known = kept(run_of(site, read_site(site)))
    if known is None:
        raise LabError("the PBX does not run; start it: zhitong pbx up")
    sys.stdout.write(wait_for(ask(Path(known.socket), " ".join(command))).rstrip("\n") + "\n")
