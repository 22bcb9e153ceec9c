"""A hotline with many agents on a real Asterisk, its bridge as ``zhitong serve`` runs it, and who watches it from
outside: a supervisor's desktop, the kernel's books of processor time, the bridge's own status."""

import asyncio
import contextlib
import os
import ssl
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path

import msgspec

from agent_bridge.client import Client
from agent_bridge.rebuilt import Change, Rebuilt
from agent_bridge.wire.messages import DeltaTold
from telephony.control.commands import AskStatus, Request
from telephony.control.socket import ask
from telephony.directory.agents import Agent as Person
from telephony.directory.agents import QueueMembership
from telephony.errors import LabError
from telephony.journal.agent.keys import keys_in, make_keys
from telephony.live.documents import AgentDocument, CallDocument
from telephony.live.status import Status
from telephony.model.ids import MemberName, QueueName
from telephony.places import control_of
from zhitong.access.accounts import Account
from zhitong.access.opening import tokens_of
from zhitong.access.roles import Role
from zhitong.access.store import AccountStore, New
from zhitong.lab.people import Spread, times
from zhitong.lab.ports import Ports
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.scene import Scene, head
from zhitong.lab.roles import Agent, Caller, Offer

FIRST = 1001
QUEUE = QueueName("service")
_SUPERVISOR = "watching"
_HASH = "!"  # no password fits it
_TICKS = os.sysconf("SC_CLK_TCK")


class Books(msgspec.Struct, frozen=True):
    """One look: ``at`` by the wall clock; processor seconds so far; records in the database; events by age
    (``telephony.live.ages``)."""

    at: float
    bridge_s: float
    pbx_s: float
    records: int
    ages: tuple[int, ...]
    calls: int


class Witness(Rebuilt):
    """``ages``: from the making of the newest event at the PBX to the desktop's decoded message, microseconds, of what
    is told of calls and agents (of queues it is told by the clock, four times a second)."""

    def __init__(self) -> None:
        super().__init__()
        self.ages: list[int] = []

    def take(self, told: DeltaTold) -> Change | None:
        if isinstance(told.document, CallDocument | AgentDocument):
            self.ages.append(time.time_ns() // 1_000 - told.at)
        return super().take(told)


class Hall:
    """Use ``open_hall``."""

    def __init__(self, scene: Scene, witness: Witness) -> None:
        self.scene, self.witness = scene, witness

    async def books(self) -> Books:
        """Now. Raises LabError when the bridge does not answer."""
        status = await self.status()
        bridge, pbx = processor_s(self.scene.bridge.pid), processor_s(self.scene.lab.pbx.pid)
        return Books(time.time(), bridge, pbx, status.records.written, status.link.event_ages, status.calls)

    async def status(self) -> Status:
        """The bridge's, as `zhitong status` has it."""
        place = control_of(self.scene.site_file, self.scene.site)
        answer = await ask(place, Request(uuid.uuid4().hex, AskStatus()))
        if answer.status is None:
            raise LabError(f"the bridge does not tell how it is: {answer.why}")
        return answer.status

    async def play(self, callers: Sequence[Caller], every_s: float = 1.0) -> list[Books]:
        """All of them call; the books, first when nobody has called yet, last when everybody is through."""
        found = [await self.books()]
        calls = await self.scene.lab.callers(callers)
        done = asyncio.create_task(calls.finished(callers[-1].start_at + 180))
        try:
            while not done.done():
                await asyncio.wait([done], timeout=every_s)
                found.append(await self.books())
            await done
        finally:
            done.cancel()
        return found


def processor_s(pid: int | None) -> float:
    """User and system time of a process, all its threads, so far. Raises LabError: it does not run."""
    if pid is None:
        raise LabError("the PBX has ended")
    text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _site(folder: Path, taken: list[int], ports: Ports) -> str:
    taken.append(ports.take())
    keys = keys_in(folder / "keys")
    return f"""{head(ports)}
[[queue]]
name = "{QUEUE}"
expected_wait = true
[recording]
on = true
keep_days = 30
[dispatch]
on = true
[gateway]
host = "127.0.0.1"
port = {taken[0]}
tls_cert = "{keys.certificate}"
tls_key = "{keys.key}"
[agents]
sign_in = "always"
"""


def phone(number: str, seed: int, ring: Spread, talk: Spread) -> Agent:
    """An agent's phone: rings and talks of its own."""
    pairs = zip(times(seed, "ring", number, ring, 20), times(seed, "talk", number, talk, 20), strict=True)
    return Agent(number, tuple(Offer(ring_s=ring_s, talk_s=talk_s) for ring_s, talk_s in pairs))


@contextlib.asynccontextmanager
async def open_hall(
    folder: Path, tools: Tools, agents: int, seed: int, ring: Spread, talk: Spread
) -> AsyncIterator[Hall]:
    """Running, every agent's phone there, a supervisor watching."""
    await asyncio.to_thread(make_keys, folder / "keys", ["127.0.0.1"])
    numbers = [str(FIRST + n) for n in range(agents)]
    people = [Person(MemberName(n), f"坐席{n}", (QueueMembership(QUEUE),), n) for n in numbers]
    taken: list[int] = []
    async with Scene.open(folder / "run", tools, partial(_site, folder, taken), people) as scene:
        await scene.lab.agents([phone(number, seed, ring, talk) for number in numbers])
        async with _watching(scene, folder, taken[0]) as witness:
            yield Hall(scene, witness)


@contextlib.asynccontextmanager
async def _watching(scene: Scene, folder: Path, port: int) -> AsyncIterator[Witness]:
    account = Account(_SUPERVISOR, Role.SUPERVISOR, None, must_change=False)
    await AccountStore(scene._database).add([New(account, _HASH)])
    tokens, _ = tokens_of(scene.site_file, scene.site, scene._database)
    (known,) = [one for one in await AccountStore(scene._database).all() if one.name == _SUPERVISOR]
    token = (await tokens.issue(known, frozenset({QUEUE}))).token
    tls = await asyncio.to_thread(ssl.create_default_context, cafile=str(keys_in(folder / "keys").certificate))
    tls.check_hostname = False
    client = Client([f"wss://127.0.0.1:{port}/agent"], token, "bench", tls=tls)
    client.state = witness = Witness()
    async with client:
        await client.connected(30)
        witness.ages.clear()
        yield witness
