"""Cells played on one real PBX with one bridge: a queue left to app_queue and a queue of ours beside it for each cell,
with agents of their own, the same calls at the same moments. Callers have patience without end."""

import asyncio
import math
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec

from bench.dispatch.grid import Batch, Cell, Planned, planned
from bench.dispatch.line import Line
from bench.dispatch.listening import read, user
from telephony.directory.agents import Agent as Person
from telephony.directory.agents import QueueMembership
from telephony.model.ids import MemberName, QueueName
from tools.capture_ami import Tap
from zhitong.lab.books import Seen, fold
from zhitong.lab.ports import Ports
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.scene import Scene, head
from zhitong.lab.roles import Agent, Caller, Offer

CONTESTANTS = ("stock", "zhitong")
_FIRST_AGENT = 10_001
_QUIET_S = 1.0
_PORTS = 1500
"""And more for each agent: a call takes four, two while it waits."""
_OVERTIME_S = 300.0
"""After the last call has come: at 110 % with what stock app_queue wastes, a line of many callers is left."""


class Desk(msgspec.Struct, frozen=True):
    """One contestant of one cell. ``number`` leads to its ``queue``; ``callers`` are the numbers of its calls."""

    cell: Cell
    queue: str
    number: str
    wake: bool
    members: tuple[str, ...]
    callers: tuple[str, ...]
    calls: tuple[Planned, ...]


class Side(msgspec.Struct, frozen=True):
    """What a contestant came to. Milliseconds; ``waits`` in the order of the calls. ``at_phones``: from the agent's
    phone hearing the end of a call until it rings for the next, for the same moments as ``free_to_offer``, as far as
    the agent who had become free was offered."""

    free_to_offer: list[float]
    at_phones: list[float]
    overtaken: int
    idle_ms: float
    waits: list[float]


class Played(msgspec.Struct, frozen=True):
    """A cell's both sides, with the same ``calls`` each; ``wrong``: why they cannot be believed."""

    cell: Cell
    window_s: float
    calls: int
    stock: Side
    zhitong: Side
    wrong: str = ""


def desks(batch: Batch) -> list[Desk]:
    """Two for each cell."""
    made, first = [], _FIRST_AGENT
    for index, cell in enumerate(batch.cells):
        calls = planned(cell, batch.window_s)
        for side, contestant in enumerate(CONTESTANTS):
            members = tuple(str(first + n) for n in range(cell.agents))
            first += cell.agents
            made.append(
                Desk(
                    cell,
                    f"{contestant}-{index:03}",
                    f"6{index:03}{side}",
                    contestant == "zhitong",
                    members,
                    tuple(f"13{side}{index:03}{n:05}" for n in range(len(calls))),
                    calls,
                )
            )
    return made


def site_text(at: Sequence[Desk], ports: Ports) -> str:
    """A queue and a number for each; nobody waits too long."""
    queue = '[[queue]]\nname = "{}"\nmax_wait_s = 0\nwake = {}\n'
    route = '[[route]]\nnumbers = ["{}"]\nqueues = {{ {} = 1 }}\n'
    queues = [queue.format(desk.queue, str(desk.wake).lower()) for desk in at]
    routes = [route.format(desk.number, desk.queue) for desk in at]
    return "\n".join((head(ports), *queues, *routes, '[agents]\nsign_in = "always"\n[dispatch]\non = true\n'))


def persons(at: Sequence[Desk]) -> list[Person]:
    """Every agent is in one queue."""
    return [
        Person(MemberName(number), f"坐席{number}", (QueueMembership(QueueName(desk.queue)),), number)
        for desk in at
        for number in desk.members
    ]


def callers(at: Sequence[Desk]) -> list[Caller]:
    """Each hangs up when they have talked so long."""
    return [
        Caller(number=number, dialled=desk.number, start_at=call.at, talk_s=call.talk_s)
        for desk in at
        for number, call in zip(desk.callers, desk.calls, strict=True)
    ]


def offers(at: Sequence[Desk]) -> list[Agent]:
    """How long whoever's phone rings for a caller lets it ring."""
    return [
        Agent(number, (Offer(ring_s=call.ring_s),))
        for desk in at
        for number, call in zip(desk.callers, desk.calls, strict=True)
    ]


async def play(batch: Batch, tools: Tools) -> list[Played]:
    """All cells of the batch. Raises LabError."""
    at = desks(batch)
    with tempfile.TemporaryDirectory(prefix="zt-bench-") as name:
        people = await asyncio.to_thread(persons, at)
        ports = _PORTS + 6 * batch.agents
        text = partial(site_text, at)
        async with Scene.open(Path(name) / "run", tools, text, people, port_count=ports) as scene:
            stream = await _calls(scene, at, batch.window_s)
            seen = await asyncio.to_thread(lambda: fold(scene.lab.lines()))
    return await asyncio.to_thread(judged, batch, at, stream, seen)


async def _calls(scene: Scene, at: Sequence[Desk], window_s: float) -> bytes:
    """The stream of the bench's own login, while the calls were made."""
    async with Tap.open(await user(scene)) as tap:
        await scene.lab.agents(offers(at), by_caller=True)
        group = await scene.lab.callers(callers(at))
        await group.finished(window_s + _OVERTIME_S)
        return await tap.quiet(_QUIET_S)


def judged(batch: Batch, at: Sequence[Desk], stream: bytes, seen: Sequence[Seen]) -> list[Played]:
    """From the PBX's events and the phones' books to both sides of each cell. Pure."""
    lines = {desk.queue: Line(desk.members) for desk in at}
    for heard in read(stream):
        if heard.queue in lines:
            lines[heard.queue].take(heard)
    phones = _Phones(seen)
    pairs = zip(at[::2], at[1::2], strict=True)
    return [_played(batch, pair, [lines[desk.queue] for desk in pair], phones) for pair in pairs]


def _played(batch: Batch, pair: Sequence[Desk], lines: Sequence[Line], phones: "_Phones") -> Played:
    sides = [_side(desk, line, phones) for desk, line in zip(pair, lines, strict=True)]
    wrongs = [wrong for desk, line in zip(pair, lines, strict=True) if (wrong := _wrong(desk, line, phones))]
    cell = pair[0].cell
    return Played(cell, batch.window_s, len(pair[0].calls), sides[0], sides[1], "; ".join(wrongs))


def _side(desk: Desk, line: Line, phones: "_Phones") -> Side:
    return Side(
        free_to_offer=[each.took_us / 1000 for each in line.moments],
        at_phones=[phones.gap_ms(each.member, each.number) for each in line.moments if each.same],
        overtaken=line.overtaken,
        idle_ms=line.idle_us / 1000,
        waits=[line.waits[number] / 1000 for number in desk.callers if number in line.waits],
    )


_APART_MS = 100.0
"""Between an offer as the PBX tells it and the INVITE at the phone, at most, for half of them."""
_RING_OFF_S = 0.1
"""By which half of the phones may have rung longer or shorter than their calls were to."""


def _wrong(desk: Desk, line: Line, phones: "_Phones") -> str:
    """Why a side's figures are worth nothing; empty: they are."""
    talked = phones.talked(desk.callers)
    if set(line.waits) != set(desk.callers) or talked != len(desk.callers):
        return f"{desk.queue}: of {len(desk.callers)} calls {len(line.waits)} reached an agent, {talked} by the phones"
    if line.missed or line.gone:
        return f"{desk.queue}: {line.missed} offers not answered, {line.gone} callers gone; there should be none"
    apart = statistics.median(abs(phones.invite_ms(number) - at / 1000) for _, number, at in line.offers)
    if apart > _APART_MS:
        return f"{desk.queue}: phones ring {apart:.0f} ms apart from what the PBX says"
    rang = [phones.rang_s(number) - call.ring_s for number, call in zip(desk.callers, desk.calls, strict=True)]
    if abs(statistics.median(rang)) > _RING_OFF_S:
        return f"{desk.queue}: phones rang {statistics.median(rang):+.2f} s longer than they were to"
    return ""


class _Phones:
    """What the phones' own books say. A caller's number is one call."""

    def __init__(self, seen: Sequence[Seen]) -> None:
        self._talked = {call.number for call in seen if call.role == "caller" and call.status == 200}
        self._offered: dict[str, Seen] = {}
        self._of: dict[str, list[Seen]] = defaultdict(list)
        for call in seen:
            if call.role == "agent":
                self._offered[call.other] = call
                self._of[call.number].append(call)

    def talked(self, numbers: Sequence[str]) -> int:
        """How many of these callers were answered and said goodbye."""
        return len(self._talked.intersection(numbers))

    def invite_ms(self, number: str) -> float:
        """When a phone was rung for this caller, epoch ms."""
        return self._offered[number].invited_at * 1000

    def rang_s(self, number: str) -> float:
        """How long a phone rang for this caller, until it answered."""
        offered = self._offered[number]
        return offered.answered_at - offered.invited_at if offered.answered_at is not None else math.inf

    def gap_ms(self, member: str, number: str) -> float:
        """From the end of the agent's call before this caller's until their phone rang for this one."""
        calls = self._of[member]
        at = next(n for n, call in enumerate(calls) if call.other == number)
        before = calls[at - 1].ended_at
        return (calls[at].invited_at - before) * 1000 if at and before is not None else math.inf
