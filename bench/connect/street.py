"""Citizens call at random, agents answer like people: four ways beside each other on one real PBX, with the bridge."""

import asyncio
import tempfile
from pathlib import Path

from bench.connect import trace, ways
from bench.connect.trace import Trace
from bench.dispatch.listening import read, user
from dialplans.menu import menu_seconds
from tools.capture_ami import Tap
from zhitong.lab.books import fold
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.scene import Scene

WINDOW_S = 26.0
"""In which calls come."""
_OVERTIME_S = 240.0


async def play(seed: int, tools: Tools) -> tuple[dict[str, list[Trace]], float, str]:
    """Each way's traces; how long the menu is, in s; why they cannot be believed. Raises LabError."""
    cell, calls = ways.calls_of(seed, WINDOW_S)
    with tempfile.TemporaryDirectory(prefix="zt-bench-") as name:
        folder, people = Path(name) / "run", ways.persons(cell.agents)
        async with Scene.open(folder, tools, ways.site_text, people) as scene:
            menu_s = menu_seconds(scene.site, tools.asterisk.data / "sounds")
            async with Tap.open(await user(scene, trace.EVENTS)) as tap:
                await scene.lab.agents(ways.offers(calls), by_caller=True)
                group = await scene.lab.callers(ways.callers(calls, menu_s))
                await group.finished(WINDOW_S + _OVERTIME_S)
                stream = await tap.quiet(0.5)
            seen = await asyncio.to_thread(lambda: fold(scene.lab.lines()))
    found, wrong = trace.traced(read(stream, trace.EVENTS), seen, len(calls))
    return found, menu_s, wrong
