"""The demonstration: the same calls through a classic voice menu and straight to people, on two PBXs side by side."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from dialplans.menu import menu_seconds
from telephony.directory.agents import Agent, QueueMembership
from telephony.model.ids import MemberName, QueueName
from zhitong.lab.books import Seen, fold
from zhitong.lab.ports import Ports
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal import plan as people
from zhitong.lab.rehearsal.plan import Plan
from zhitong.lab.rehearsal.result import Result, Stats, judge
from zhitong.lab.rehearsal.scene import Scene, head
from zhitong.lab.sipp import Sipp

QUEUE = "service"
MENU_PROMPTS = ("vm-opts-full", "dir-usingkeypad")
"""Stand-ins from Asterisk's own English set: what matters is that they are listened to. Their length is an input."""
_HURRY_S = 240.0  # after the last arrival; longer means that somebody is stuck
_LOOK_S = 0.5


class Way(msgspec.Struct, frozen=True):
    """One of the two ways: ``name`` is also its directory."""

    name: str
    menu: bool


DIRECT = Way("direct", menu=False)
MENU = Way("menu", menu=True)


class Progress(msgspec.Struct, frozen=True):
    """How one way stands: calls begun, answered by an agent, talking with one now, ended; of how many."""

    way: str
    total: int
    begun: int
    answered: int
    talking: int
    ended: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """``report.json``. Counts are of the direct run; all times are milliseconds except ``menu_s``, seconds.

    ``planned`` is how many calls were to be made, ``calls`` how many the phones made.
    """

    asterisk: str
    seed: int
    agents: int
    planned: int
    calls: int
    answered: int
    abandoned: int
    recorded: int
    lost: int
    duplicated: int
    menu_s: float
    connect_ms: Stats
    menu_connect_ms: Stats
    bridge_overhead_ms: Stats
    direct: Result
    menu: Result

    @property
    def whole(self) -> bool:
        """No call and no record was lost, on either way, and none is double."""
        return all(way.lost == way.duplicated == 0 and way.calls == self.planned for way in (self.direct, self.menu))


Watch = Callable[[Progress], None]


def site_text(ports: Ports, *, menu: bool) -> str:
    """site.toml of the demonstration."""
    text = (
        head(ports, "演示 demo")
        + f"""
[[queue]]
name = "{QUEUE}"
title = "综合服务"
timeout_s = 20
max_wait_s = 600

[agents]
sign_in = "always"
"""
    )
    if menu:
        text += f'\n[baseline]\nprompts = {list(MENU_PROMPTS)}\nkey = "1"\n'.replace("'", '"')
    return text


def directory(plan: Plan) -> list[Agent]:
    """The agents of the demonstration, all in its one queue."""
    queues = (QueueMembership(QueueName(QUEUE)),)
    return [Agent(MemberName(n), f"演示坐席{n}", queues, n) for n in people.agent_numbers(plan)]


async def run_demo(directory_: Path, tools: Tools, plan: Plan, watch: Watch) -> Report:
    """Both ways at the same time, each with a PBX and a bridge of its own. Raises LabError when a part fails."""
    async with asyncio.TaskGroup() as group:
        direct = group.create_task(run_way(directory_ / DIRECT.name, tools, plan, DIRECT, watch))
        menu = group.create_task(run_way(directory_ / MENU.name, tools, plan, MENU, watch))
    told, through_menu = direct.result(), menu.result()
    return Report(
        asterisk=told.asterisk,
        seed=plan.seed,
        agents=plan.agents,
        planned=plan.calls,
        calls=told.result.calls,
        answered=told.result.answered,
        abandoned=told.result.abandoned,
        recorded=told.result.recorded,
        lost=told.result.lost,
        duplicated=told.result.duplicated,
        menu_s=round(through_menu.menu_s, 2),
        connect_ms=told.result.connect_ms,
        menu_connect_ms=through_menu.result.connect_ms,
        bridge_overhead_ms=told.result.overhead_ms,
        direct=told.result,
        menu=through_menu.result,
    )


class _Told(msgspec.Struct, frozen=True):
    asterisk: str
    menu_s: float
    result: Result


async def run_way(directory_: Path, tools: Tools, plan: Plan, way: Way, watch: Watch) -> _Told:
    """One way: everybody calls, is answered or gives up, and the records are held against the phones' logs."""

    def text(ports: Ports) -> str:
        return site_text(ports, menu=way.menu)

    async with Scene.open(directory_, tools, text, directory(plan)) as scene:
        menu_s = menu_seconds(scene.site, tools.asterisk.data / "sounds") if way.menu else 0.0
        await scene.lab.agents(people.agents(plan))
        callers = await scene.lab.callers(people.callers(plan, menu_s if way.menu else None))
        await _follow(callers, scene, plan, lambda: watch(progress(way, plan, _seen(scene))))
        records = await scene.records_of(plan.calls)
        watch(progress(way, plan, _seen(scene)))
        version = await scene.lab.pbx.cli("core show version")
        return _Told(version.split(" built ")[0].strip(), menu_s, judge(_seen(scene), records, menu=way.menu))


async def _follow(callers: Sipp, scene: Scene, plan: Plan, look: Callable[[], None]) -> None:
    """Look now and then until every caller is through. Raises LabError when the PBX or the bridge ends before."""
    done = asyncio.create_task(callers.finished(timeout_s=_HURRY_S + plan.calls / plan.per_second))
    fallen = asyncio.create_task(scene.fallen())
    try:
        while not done.done():
            look()
            await asyncio.wait({done, fallen}, timeout=_LOOK_S, return_when=asyncio.FIRST_COMPLETED)
            if fallen.done():
                raise fallen.result()
        await done
    finally:
        done.cancel()
        fallen.cancel()


def _seen(scene: Scene) -> Sequence[Seen]:
    return fold(scene.lab.lines())


def progress(way: Way, plan: Plan, seen: Sequence[Seen]) -> Progress:
    """How far it is, by the phones' own logs."""
    callers = [call for call in seen if call.role == "caller"]
    answered = [call for call in seen if call.role == "agent" and call.answered_at]
    talking = sum(1 for call in answered if not call.ended_at)
    ended = sum(1 for call in callers if call.ended_at)
    return Progress(way.name, plan.calls, len(callers), len(answered), talking, ended)
