"""A hotline with many agents on a real Asterisk, its bridge, its gateways, and their desktops in another process."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from bench.desktops.seats import Plan
from telephony.directory.agents import Agent as Person
from telephony.directory.agents import QueueMembership
from telephony.errors import LabError
from telephony.journal.agent.keys import keys_in, make_keys
from telephony.model.ids import MemberName, QueueName
from zhitong.access.accounts import Account
from zhitong.access.opening import tokens_of
from zhitong.access.roles import Role
from zhitong.access.store import AccountStore, New
from zhitong.lab.child import Child, last_lines
from zhitong.lab.people import Spread, even_arrivals, times
from zhitong.lab.ports import Ports
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.scene import Scene, head
from zhitong.lab.roles import Agent, Caller, Offer

FIRST = 1001
QUEUE = QueueName("service")
RING = Spread(median=1.0, sigma=0.3, least=0.3, most=3.0)
TALK_S = 2.0
_START_S = 60.0
_HASH = "!"  # no password fits it


class Office:
    """``gateways``: the ports at which desktops connect."""

    def __init__(self, scene: Scene, people: Sequence[str], gateways: Sequence[int], folder: Path) -> None:
        self.scene, self.people, self.gateways, self.folder = scene, people, gateways, folder

    async def tokens(self) -> dict[str, str]:
        """One for each agent's account, as signing in would give it; without 500 times a password's cost."""
        store = AccountStore(self.scene._database)
        accounts = [Account(number, Role.AGENT, MemberName(number), must_change=False) for number in self.people]
        await store.add([New(account, _HASH) for account in accounts])
        tokens, _ = tokens_of(self.scene.site_file, self.scene.site, self.scene._database)
        known = {account.name: account for account in await store.all()}
        issued = {name: await tokens.issue(account, frozenset({QUEUE})) for name, account in known.items()}
        return {name: each.token for name, each in issued.items()}

    @contextlib.asynccontextmanager
    async def seats(self, ramp_s: float) -> AsyncIterator["Desktops"]:
        """All agents' desktops, connected."""
        urls = [f"wss://127.0.0.1:{port}/agent" for port in self.gateways]
        plan = self.folder / "seats.json"
        certificate = str(keys_in(self.folder / "keys").certificate)
        made = Plan(urls=urls, ca=certificate, tokens=await self.tokens(), ramp_s=ramp_s)
        await asyncio.to_thread(plan.write_bytes, msgspec.json.encode(made))
        command = [sys.executable, "-P", "-m", "bench.desktops.seats", str(plan)]
        with (self.folder / "seats.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log, limit=1 << 24
            )
        try:
            yield Desktops(process, self.folder / "seats.log")
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def calls(self, per_second: float, seconds: float) -> int:
        """So many, evenly; returns how many when the last is over."""
        moments = even_arrivals(per_second, round(per_second * seconds))
        callers = [Caller(number=f"139{n:08d}", dialled="12345", start_at=at) for n, at in enumerate(moments)]
        await (await self.scene.lab.callers(callers)).finished(seconds + 120)
        return len(callers)


class Desktops:
    """The process of ``bench.desktops.seats``."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process, self._log = process, log

    async def answer(self) -> dict[str, Any]:
        """Its next. Raises LabError with its last words when there is none."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise LabError("the desktops ended. Their last words:\n  " + "\n  ".join(last_lines(self._log, 12)))
        answer: dict[str, Any] = msgspec.json.decode(line)
        return answer

    async def ask(self, what: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n".encode())
        await self._process.stdin.drain()
        return await self.answer()


def _site(folder: Path, ports_taken: list[int], redis_url: str, ports: Ports) -> str:
    ports_taken += [ports.take(), ports.take()]
    keys = keys_in(folder / "keys")
    store = f'[store]\nredis_url = "{redis_url}"\n' if redis_url else ""
    serve = "false" if redis_url else "true"
    return f"""{head(ports)}
[[queue]]
name = "{QUEUE}"
{store}[gateway]
host = "127.0.0.1"
port = {ports_taken[0]}
serve = {serve}
tls_cert = "{keys.certificate}"
tls_key = "{keys.key}"
[agents]
sign_in = "always"
"""


def _phone(number: str) -> Agent:
    rings = times(1, "ring", number, RING, 20)
    return Agent(number, tuple(Offer(ring_s=ring, talk_s=TALK_S) for ring in rings))


@contextlib.asynccontextmanager
async def office(folder: Path, tools: Tools, desks: int, redis_url: str = "") -> AsyncIterator[Office]:
    """Running, every agent's phone there. With Redis no gateway runs yet (``gateway``)."""
    await asyncio.to_thread(make_keys, folder / "keys", ["127.0.0.1"])
    numbers = [str(FIRST + n) for n in range(desks)]
    people = [Person(MemberName(n), f"坐席{n}", (QueueMembership(QUEUE),), n) for n in numbers]
    taken: list[int] = []
    text = partial(_site, folder, taken, redis_url)
    async with Scene.open(folder / "run", tools, text, people) as scene:
        await scene.lab.agents([_phone(number) for number in numbers])
        yield Office(scene, numbers, taken[:1] if not redis_url else taken, folder)


class GatewayProcess:
    """``zhitong gateway`` at one port, that can be killed and started again."""

    def __init__(self, office: Office, port: int) -> None:
        self._office, self._port = office, port
        self._child: Child | None = None

    async def start(self) -> None:
        site = self._office.scene.site_file
        command = [sys.executable, "-P", "-m", "zhitong", "gateway", "--site", str(site), "--port", str(self._port)]
        output = self._office.folder / f"gateway-{self._port}.log"
        self._child = await Child.start(
            command, name="zhitong gateway", output=output, cwd=self._office.folder, environ={}
        )

    async def kill(self) -> None:
        """SIGKILL."""
        if self._child is not None:
            await self._child.kill()

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid


def resident_kib(pid: int) -> int:
    """What the process holds in memory."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


async def settled(seconds: float) -> float:
    """Let what has just begun come to rest; when that was."""
    await asyncio.sleep(seconds)
    return time.monotonic()
