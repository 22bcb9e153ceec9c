"""The site of a chaos run: one queue, a store on a volume of its own, and a bridge that reaches the PBX by a proxy."""

import asyncio
from pathlib import Path

from telephony.directory.agents import Agent, QueueMembership
from telephony.errors import LabError
from telephony.model.ids import MemberName, QueueName
from zhitong.lab.chaos.people import agent_numbers, specialists
from zhitong.lab.chaos.plan import Plan
from zhitong.lab.ports import Ports
from zhitong.lab.rehearsal.scene import Scene, head

QUEUE = "service"
DATABASE = "zhitong.db"


def site_text(ports: Ports, volume: Path) -> str:
    """site.toml. Phones ring out quickly; nobody waits longer than their patience."""
    return f"""{head(ports, "故障演练 chaos")}
[[queue]]
name = "{QUEUE}"
title = "综合服务"
timeout_s = 6
max_wait_s = 120

[agents]
sign_in = "always"

[dispatch]
on = true

[store]
url = "sqlite+aiosqlite:///{volume / DATABASE}"
"""


def directory(plan: Plan) -> list[Agent]:
    """The agents, all in the one queue, and the specialists, in none."""
    queues = (QueueMembership(QueueName(QUEUE)),)
    agents = [Agent(MemberName(number), f"坐席{number}", queues, number) for number in agent_numbers(plan)]
    return [*agents, *(Agent(MemberName(number), f"专家{number}", (), number) for number in specialists())]


async def beside(scene: Scene, port: int) -> Path:
    """The bridge's own site.toml, beside that of the PBX: the same, but for where the manager interface is."""
    text = await asyncio.to_thread(scene.site_file.read_text, encoding="utf-8")
    ours, theirs = (f"[pbx.ami]\nport = {each}\n" for each in (scene.site.pbx.ami.port, port))
    if text.count(ours) != 1:
        raise LabError("the lab's site.toml names no port of the manager interface")
    file = scene.site_file.with_name("bridge.toml")
    await asyncio.to_thread(file.write_text, text.replace(ours, theirs), encoding="utf-8")
    return file
