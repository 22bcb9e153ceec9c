"""Who calls and who answers in a rehearsal: drawn from one seed. Pure.

The direct way and the menu draw the same arrivals, the same patience and, for each agent's n-th offer, the same ring
and talk times, so that the two can be compared call by call.
"""

import msgspec
from msgspec.structs import replace

from zhitong.lab.people import HUMAN_RING, Spread, draw, poisson_arrivals, stream, times
from zhitong.lab.roles import Agent, Caller, Keys, Offer

HOTLINE = "12345"
FIRST_AGENT = 1001
_OFFERS_DRAWN = 60
_NAMES = ("王芳", "李伟", "张敏", "刘洋", "陈静", "杨磊", "赵丽", "黄强", "周婷", "吴军")


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """``load``: offered calls × (ring + talk) ÷ agents; below 1 the agents keep up. Times in seconds."""

    calls: int = 60
    agents: int = 20
    seed: int = 1
    load: float = 0.85
    ring: Spread = HUMAN_RING
    talk: Spread = Spread(median=5.0, sigma=0.4, least=1.5, most=12.0)
    patience: Spread = Spread(median=60.0, sigma=0.9, least=2.0)

    @property
    def per_second(self) -> float:
        """Calls a second that make this load."""
        return self.load * self.agents / (self.ring.median + self.talk.median)


def agent_numbers(plan: Plan) -> list[str]:
    """The agents' numbers."""
    return [str(FIRST_AGENT + index) for index in range(plan.agents)]


def caller_number(index: int) -> str:
    """Each call comes from a number of its own, so that it can be found in every book."""
    return f"138{index:08d}"


def callers(plan: Plan, menu_s: float | None = None) -> list[Caller]:
    """The calls; ``menu_s``: through a voice menu that is so long, whose key is pressed when it has been heard.

    Straight to the queue a caller gives up when their patience ends before an answer. In the menu the PBX has answered,
    so there patience counts only while the menu talks: who has less hangs up in it.
    """
    arrivals = poisson_arrivals(plan.seed, plan.per_second, plan.calls)
    return [_caller(plan, index, at, menu_s) for index, at in enumerate(arrivals)]


def _caller(plan: Plan, index: int, start_at: float, menu_s: float | None) -> Caller:
    number = caller_number(index)
    patience = draw(stream(plan.seed, "patience", number), plan.patience)
    caller = Caller(number=number, dialled=HOTLINE, name=_NAMES[index % len(_NAMES)], start_at=start_at)
    if menu_s is None:
        return replace(caller, give_up_after_s=patience)
    if patience < menu_s:
        return replace(caller, talk_s=patience)
    return replace(caller, keys=(Keys(after_s=menu_s, digits="1"),))


def agents(plan: Plan) -> list[Agent]:
    """The agents' phones: human ring times, and talks that the agent ends."""
    made = []
    for number in agent_numbers(plan):
        rings = times(plan.seed, "ring", number, plan.ring, _OFFERS_DRAWN)
        talks = times(plan.seed, "talk", number, plan.talk, _OFFERS_DRAWN)
        offers = tuple(Offer(ring_s=ring, talk_s=talk) for ring, talk in zip(rings, talks, strict=True))
        made.append(Agent(number, offers))
    return made
