"""Desktops in a process of their own: each keeps what it is told, and holds it against a snapshot when asked to.

Started by ``bench.desktops.office``; orders are lines on standard input (``begin``, ``verify``, ``figures``, ``end``),
answers are lines of JSON.
"""

import asyncio
import gc
import itertools
import ssl
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from agent_bridge.client import Client
from agent_bridge.errors import DesktopError
from agent_bridge.rebuilt import Change, Rebuilt
from agent_bridge.wire import params
from agent_bridge.wire.messages import DeltaTold, State
from bench.curves import quantiles

TRIES = 200
"""To catch a moment in which nothing came between a snapshot's being made and its being looked at."""


class Plan(msgspec.Struct, frozen=True):
    """``tokens`` by account; ``ca``: the certificate that the gateways show."""

    urls: list[str]
    ca: str
    tokens: dict[str, str]
    ramp_s: float


class Counted(Rebuilt):
    """Counts what was told twice: a gateway tells nothing twice."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = self.doubled = 0

    def take(self, told: DeltaTold) -> Change | None:
        change = super().take(told)
        self.taken += 1
        self.doubled += change is None
        return change


class Seats:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.ages: list[int] = []
        self.began = time.process_time()
        tls = ssl.create_default_context(cafile=plan.ca)
        tls.check_hostname = False
        self.clients = [self._client(account, token, tls) for account, token in plan.tokens.items()]

    def _client(self, account: str, token: str, tls: ssl.SSLContext) -> Client:
        client = Client(self.plan.urls, token, f"seat-{account}", tls=tls)
        client.state = Counted()
        client.on_change = self._age
        return client

    def _age(self, change: Change) -> None:
        if change.heard:
            self.ages.append(time.time_ns() // 1_000 - change.heard)

    async def connect(self) -> float:
        """All of them, one after another over the ramp; seconds until the last was welcomed."""
        began = time.monotonic()
        for client in self.clients:
            await client.__aenter__()
            await asyncio.sleep(self.plan.ramp_s / len(self.clients))
        for client in self.clients:
            await client.connected(120)
        return time.monotonic() - began

    async def verify(self) -> dict[str, Any]:
        """Each against a snapshot of its own: what differs."""
        results = await asyncio.gather(*(self._verify(client, nth) for nth, client in enumerate(self.clients)))
        return {"verified": sum(result == "" for result in results), "wrong": [r for r in results if r][:5]}

    async def _verify(self, client: Client, nth: int) -> str:
        await asyncio.sleep(nth * 0.004)
        for _ in range(TRIES):
            try:
                state = await client.ask("snapshot", params.Nothing(), State)
            except DesktopError as error:
                return str(error)
            known = client.state.position
            if known is not None and known.sequence <= state.sequence:
                return "" if state.documents == client.state.documents else _difference(state, client.state)
        return "no quiet moment"

    def figures(self) -> dict[str, Any]:
        """Ages of deltas since ``begin``, in ms; what came; who is there."""
        ages = sorted(self.ages)
        states = [client.state for client in self.clients]
        counted = [state for state in states if isinstance(state, Counted)]
        return {
            "deltas": len(ages),
            "ms": {name: _at(ages, share) for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))},
            "curve": [round(age / 1_000, 2) for age in quantiles(ages)],
            "us_each": round(1e6 * (time.process_time() - self.began) / max(1, len(ages)), 1),
            "doubled": sum(state.doubled for state in counted),
            "connected": sum(client.welcome is not None for client in self.clients),
            "hellos": sum(client.hellos for client in self.clients),
            "resumed": sum(client.resumed for client in self.clients),
        }

    async def back(self, hellos: int, timeout_s: float) -> dict[str, Any]:
        """Wait until there have been so many welcomes."""
        until = time.monotonic() + timeout_s
        while sum(client.hellos for client in self.clients) < hellos and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return self.figures() | {"at": time.time()}


def _difference(state: State, known: Rebuilt) -> str:
    keys = [key for key in {*state.documents, *known.documents} if state.documents.get(key) != known.documents.get(key)]
    return f"{len(keys)} documents differ, such as {keys[0]}"


def _at(values: list[int], share: float) -> float:
    return round(values[min(len(values) - 1, int(share * len(values)))] / 1_000, 2) if values else 0.0


async def main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    gc.freeze()
    gc.disable()  # five hundred desktops are in one process here, and would wait for each other's
    seats = Seats(msgspec.json.decode(await asyncio.to_thread(Path(sys.argv[1]).read_bytes), type=Plan))
    _say({"seconds": await seats.connect()})
    for number in itertools.count():
        line = (await reader.readline()).decode().split()
        if not line or line[0] == "end":
            break
        match line:
            case ["begin"]:
                seats.ages.clear()
                seats.began = time.process_time()
                _say({"number": number})
            case ["verify"]:
                _say(await seats.verify())
            case ["back", hellos, seconds]:
                _say(await seats.back(int(hellos), float(seconds)))
            case _:
                _say(seats.figures())
    await asyncio.gather(*(client.__aexit__(None, None, None) for client in seats.clients))


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main())
