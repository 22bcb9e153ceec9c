"""Conferences: from an agent's click until the other's phone rings, and from their answer until they are in."""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
from rich.table import Table

from bench.conference.floor import AGENT, CITIZEN, Conference, Floor, floor
from bench.curves import shares
from bench.section import Effort, Plot, Say, Section
from zhitong.cli import console
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.policy import Answer
from zhitong.lab.programs import find_tools

SEATS = 10
TRIES = 10
"""Of each seat and kind, one seat after another; the other conferences go on."""
TARGET_MS = 50
_BETWEEN_S = 0.1


class Measured(msgspec.Struct, frozen=True):
    """``kind``: consult (aside), invite (at once into the living call). ``ring``: click → the INVITE reaches the phone.
    ``joined``: the phone's 200 leaves → the first packet in which it hears everybody there. All in ms."""

    kind: str
    ring: list[float]
    joined: list[float]


def run(_: Effort, say: Say) -> Section:
    """Raises LabError."""
    return asyncio.run(_run(say))


async def _run(say: Say) -> Section:
    tools = await asyncio.to_thread(find_tools)
    say(f"会商：{SEATS} 场同时进行，每场 {TRIES} 次邀请", f"{SEATS} conferences at a time, {TRIES} invitations in each")
    with tempfile.TemporaryDirectory(prefix="zt-bench-") as name:
        async with floor(Path(name) / "run", tools, SEATS) as here:
            conferences = await here.connected()
            found = [await _measure(kind, conferences) for kind in ("consult", "invite")]
            await asyncio.gather(*(one.over() for one in conferences))
            missing = await _missing(here)
    return Section(figures(found), table(found), missing, plots(found))


async def _measure(kind: str, conferences: list[Conference]) -> Measured:
    made = Measured(kind, [], [])
    for _ in range(TRIES):
        for one in conferences:
            ring, joined = await _once(kind, one)
            made.ring.append(ring)
            made.joined.append(joined)
            await asyncio.sleep(_BETWEEN_S)
    return made


async def _once(kind: str, one: Conference) -> tuple[float, float]:
    """Somebody comes and is let go again."""
    desktop, phone = one.seat.desktop, one.seat.guest
    phone.on_invite = Answer()
    clicked = time.time_ns() // 1_000
    ask = desktop.consult if kind == "consult" else desktop.invite
    asking = asyncio.create_task(ask(one.call, phone.account.number))
    guest = await one.comes(phone)
    rang, answered = _at(guest, "INVITE", sent=False), _at(guest, "200", sent=True)
    tones = (AGENT,) if kind == "consult" else (AGENT, CITIZEN)
    heard = max([await guest.hears(hz) for hz in tones])
    await asking
    began = guest.events[0].at
    mono_of_answer = began.mono + (answered - began.wall_us) / 1e6
    await guest.hangup()
    await one.agent.hears(CITIZEN, time.monotonic())
    return (rang - clicked) / 1_000, (heard - mono_of_answer) * 1_000


def _at(call: Call, what: str, *, sent: bool) -> int:
    """When this was first sent or received, by the wall clock in µs."""
    return next(each.at.wall_us for each in call.events if each.what == what and each.sent is sent)


async def _missing(here: Floor) -> str:
    records = await here.scene.records_of(SEATS)
    return "" if len(records) == SEATS else f"{len(records)} of {SEATS} calls are on record"


def figures(found: list[Measured]) -> dict[str, Any]:
    """Keys of report.json."""
    return {
        "invite_to_ring_ms": {each.kind: _spread(each.ring) for each in found},
        "answer_to_joined_ms": {each.kind: _spread(each.joined) for each in found},
    }


def plots(found: list[Measured]) -> tuple[Plot, ...]:
    """Clicks and answers side by side, each kind in a colour of its own."""
    curves = {f"{TITLES[each.kind]}: 振铃 to ring": each.ring for each in found}
    curves |= {f"{TITLES[each.kind]}: 入会 to joined": each.joined for each in found}
    draw = shares("会商 conferences: click → ring, answer → joined", "ms", curves, {TARGET_MS: "目标 target (p95)"})
    return (Plot("conference", draw),)


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    at = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    return {name: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) for name, share in at.items()}


TITLES = {"consult": "咨询 consult first", "invite": "直接加入 joins at once"}


def table(found: list[Measured]) -> Table:
    """For people."""
    title = f"会商 conferences: {SEATS}, {TRIES} 次/场 invitations each"
    made = console.table(title, "量 figure", "p50", "p95", "max", "目标 target (p95)", right=(1, 2, 3, 4))
    for each in found:
        spreads = (("点击 → 振铃 click to ring", each.ring), ("应答 → 入会 answer to joined", each.joined))
        for what, values in spreads:
            shown = [f"{value:.1f} ms" for value in _spread(values).values()]
            made.add_row(f"{TITLES[each.kind]}: {what}", *shown, f"≤ {TARGET_MS} ms")
    return made
