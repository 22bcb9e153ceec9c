"""Desktops: how old news is when it gets there, how soon all are back after a restart, what an idle one costs."""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
from rich.table import Table

from bench.curves import shares
from bench.desktops.office import GatewayProcess, office, resident_kib
from bench.section import Effort, Plot, Say, Section
from zhitong.cli import console
from zhitong.lab.programs import Tools, find_tools
from zhitong.lab.redis_server import RedisServer

DESKS = 500
PER_SECOND = 10.0
SECONDS = 20.0
RESTART_AT_S = 8.0
_REST_S = 3.0


class Live(msgspec.Struct, frozen=True):
    """Through the gateway within ``zhitong serve``."""

    desktops: int
    calls: int
    records: int
    deltas: int
    p50: float
    p99: float
    most: float
    curve: list[float]
    verified: int
    doubled: int
    kib: float
    connect_s: float
    wrong: list[str]


class Again(msgspec.Struct, frozen=True):
    """A gateway of its own (Redis between) is killed in the middle of calls, and started again."""

    resume_s: float
    resumed: int
    verified: int
    doubled: int
    calls: int
    records: int
    wrong: list[str]


def run(_: Effort, say: Say) -> Section:
    """Both, one after the other. Raises LabError."""
    return asyncio.run(_run(say))


async def _run(say: Say) -> Section:
    tools = await asyncio.to_thread(find_tools)
    with tempfile.TemporaryDirectory(prefix="zt-bench-") as name:
        say(f"桌面：{DESKS} 个，每秒 {PER_SECOND:g} 通来电", f"{DESKS} desktops, TLS, {PER_SECOND:g} calls a second")
        live = await measure_live(Path(name) / "live", tools)
        say("桌面：网关重启", "the gateway is killed and comes back")
        again = await measure_restart(Path(name) / "again", tools)
    return Section(figures(live, again), table(live, again), wrong(live, again), plots(live))


async def measure_live(folder: Path, tools: Tools) -> Live:
    """Ages of deltas from the AMI socket's read to the decoded message; memory; whether deltas give the snapshot."""
    async with office(folder, tools, DESKS) as at:
        await asyncio.sleep(_REST_S)
        before = resident_kib(at.scene.bridge.pid)
        async with at.seats(ramp_s=5.0) as seats:
            connected = await seats.answer()
            await asyncio.sleep(_REST_S)
            kib = (resident_kib(at.scene.bridge.pid) - before) / DESKS
            await seats.ask("begin")
            calls = await at.calls(PER_SECOND, SECONDS)
            found = await seats.ask("figures")
            last = await seats.ask("verify")
        records = await at.scene.records_of(calls, 30.0)
    return Live(
        desktops=DESKS,
        calls=calls,
        records=len(records),
        deltas=found["deltas"],
        p50=found["ms"]["p50"],
        p99=found["ms"]["p99"],
        most=found["ms"]["max"],
        curve=found["curve"],
        verified=last["verified"],
        doubled=found["doubled"],
        kib=round(kib, 1),
        connect_s=round(connected["seconds"], 1),
        wrong=last["wrong"],
    )


async def measure_restart(folder: Path, tools: Tools) -> Again:
    """The gateway dies by SIGKILL under calls and is started at once; until all are back, from the kill on."""
    with RedisServer.running() as redis:
        async with office(folder, tools, DESKS, redis.url) as at:
            gateway = GatewayProcess(at, at.gateways[0])
            await gateway.start()
            try:
                async with at.seats(ramp_s=5.0) as seats:
                    await seats.answer()
                    calls = asyncio.create_task(at.calls(PER_SECOND, SECONDS))
                    await asyncio.sleep(RESTART_AT_S)
                    killed = time.time()
                    await gateway.kill()
                    await gateway.start()
                    back = await seats.ask(f"back {2 * DESKS} 60")
                    made = await calls
                    last = await seats.ask("verify")
                    found = await seats.ask("figures")
                records = await at.scene.records_of(made, 30.0)
            finally:
                await gateway.kill()
    return Again(
        resume_s=round(back["at"] - killed, 2),
        resumed=found["resumed"],
        verified=last["verified"],
        doubled=found["doubled"],
        calls=made,
        records=sum(record.answered_at is not None for record in records),
        wrong=last["wrong"],
    )


def figures(live: Live, again: Again) -> dict[str, Any]:
    """Keys of report.json."""
    return {
        "event_to_desktop_ms": {"p50": live.p50, "p99": live.p99, "max": live.most},
        "resume_500_s": again.resume_s,
        "desktop_kib": live.kib,
        "desktops": {"live": live, "restart": again},
    }


def plots(live: Live) -> tuple[Plot, ...]:
    """How old news was on the desktops."""
    title = f"事件 → 桌面 event to desktop: {live.desktops} 个桌面 desktops, {PER_SECOND:g} 通/秒 calls/s"
    return (Plot("desktops_age", shares(title, "ms", {"增量 deltas": live.curve}, {25.0: "目标 target (p99)"})),)


def wrong(live: Live, again: Again) -> str:
    """Why the figures are worth nothing; empty when all is well."""
    found = [*live.wrong, *again.wrong]
    if live.verified < DESKS or again.verified < DESKS:
        found.append(f"{live.verified} and {again.verified} of {DESKS} desktops could rebuild the snapshot")
    if live.doubled or again.doubled:
        found.append(f"{live.doubled + again.doubled} deltas came twice")
    if live.records != live.calls or again.records != again.calls:
        found.append(f"{live.records} of {live.calls} and {again.records} of {again.calls} calls are on record")
    if again.resumed < DESKS:
        found.append(f"{again.resumed} of {DESKS} desktops went on where they were")
    return "; ".join(found)


def table(live: Live, again: Again) -> Table:
    """For people."""
    title = f"桌面 desktops: {DESKS}, TLS, {PER_SECOND:g} 通/秒 calls/s"
    made = console.table(title, "量 figure", "值 value", "目标 target", right=(1, 2))
    made.add_row("事件 → 桌面 p50 event to desktop", f"{live.p50:.1f} ms", "")
    made.add_row("事件 → 桌面 p99", f"{live.p99:.1f} ms", "≤ 25 ms")
    made.add_row("事件 → 桌面 max", f"{live.most:.1f} ms", "")
    made.add_row("网关重启后全部续接 all resumed after a kill", f"{again.resume_s:.1f} s", "≤ 10 s")
    made.add_row("每个空闲桌面内存 memory of an idle desktop", f"{live.kib:.0f} KiB", "≤ 64 KiB")
    made.add_row("与快照一致 equal to the snapshot", f"{live.verified} + {again.verified}", f"{DESKS} + {DESKS}")
    made.add_row("收到的增量 deltas received", f"{live.deltas:,}", "")
    return made
