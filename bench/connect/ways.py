"""Four ways from a citizen to an agent, on one PBX: who calls what, and who answers. Pure.

Each call brings its ring time and its talk time with it (bench.dispatch.grid), so the four ways have the same calls at
the same moments; each has a queue and agents of its own.
"""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from bench.dispatch.grid import Cell, Planned, planned
from telephony.directory.agents import Agent as Person
from telephony.directory.agents import QueueMembership
from telephony.model.ids import MemberName, QueueName
from zhitong.lab.ports import Ports
from zhitong.lab.rehearsal.scene import head
from zhitong.lab.roles import Agent, Caller, Keys, Offer

MENU_PROMPTS = ("vm-opts-full", "dir-usingkeypad")
"""Stand-ins, as in ``make demo``: what matters is how long a caller listens before the key."""
PATIENCE_S = 0.2
"""Between the end of the menu and the key: nobody is quicker."""


class Way(msgspec.Struct, frozen=True):
    """``name`` is its key of report.json and its queue; ``number`` leads to it; ``first`` is its first agent's."""

    name: str
    title: str
    number: str
    first: int
    wake: bool = True
    auto_answer: str = "nobody"

    @property
    def is_menu(self) -> bool:
        return self.name == "menu"


WAYS = (
    Way("menu", "语音菜单 voice menu", "61000", 1001, wake=False),
    Way("stock", "原生队列 stock queue", "61001", 2001, wake=False),
    Way("zhitong", "直通 Zhitong", "61002", 3001),
    Way("auto", "直通+自动接听 auto-answer", "61003", 4001, auto_answer="everybody"),
)


def site_text(ports: Ports, rest: str = "", trunk: str = "", host: str = "127.0.0.1") -> str:
    """A queue and a number for each way; the menu is before the first."""
    queue = '[[queue]]\nname = "{}"\nmax_wait_s = 0\nwake = {}\nauto_answer = "{}"\n'
    route = '[[route]]\nnumbers = ["{}"]\nqueues = {{ {} = 1 }}\n'
    parts = [queue.format(way.name, str(way.wake).lower(), way.auto_answer) for way in WAYS]
    parts += [route.format(way.number, way.name) for way in WAYS if not way.is_menu]
    prompts = ", ".join(f'"{name}"' for name in MENU_PROMPTS)
    parts.append(f'[baseline]\nprompts = [{prompts}]\nkey = "1"\nqueue = "menu"\nnumbers = ["{WAYS[0].number}"]\n')
    parts.append(f'[agents]\nsign_in = "always"\n[dispatch]\non = true\n{rest}')
    return "\n".join((head(ports, trunk=trunk, host=host), *parts))


def persons(count: int) -> list[Person]:
    """So many agents of each way."""
    return [
        Person(
            MemberName(str(way.first + at)), f"坐席{way.first + at}", (QueueMembership(QueueName(way.name)),), number
        )
        for way in WAYS
        for at in range(count)
        if (number := str(way.first + at))
    ]


def calls_of(seed: int, window_s: float) -> tuple[Cell, tuple[Planned, ...]]:
    """95 % load with human rings and talks of two seconds on average."""
    cell = Cell("human", 2, True, 95, seed)
    return cell, planned(cell, window_s)


def numbers_of(way: Way, count: int) -> list[str]:
    """Each call comes from a number of its own."""
    return [f"13{way.number[-1]}{at:08}" for at in range(count)]


def callers(calls: Sequence[Planned], menu_s: float) -> list[Caller]:
    """All calls of all ways. In the menu the key comes when it has been heard; agents end all talks."""
    made = []
    for way in WAYS:
        for number, call in zip(numbers_of(way, len(calls)), calls, strict=True):
            caller = Caller(number=number, dialled=way.number, start_at=call.at)
            keys = (Keys(after_s=menu_s + PATIENCE_S, digits="1"),)
            made.append(replace(caller, keys=keys) if way.is_menu else caller)
    return made


def offers(calls: Sequence[Planned]) -> list[Agent]:
    """What whoever's phone rings for a caller does; a phone that is asked to pick up by itself rings for no time."""
    return [
        Agent(number, (Offer(ring_s=call.ring_s, talk_s=call.talk_s),))
        for way in WAYS
        for number, call in zip(numbers_of(way, len(calls)), calls, strict=True)
    ]
