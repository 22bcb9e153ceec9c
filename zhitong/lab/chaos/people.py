"""Who calls and who answers under chaos: mixed endings and transfers, drawn from one seed. Pure.

Nobody waits for ever, because a PBX that is killed says goodbye to nobody: every caller has an end to their patience,
and to their talk.
"""

import random

from zhitong.lab.chaos.plan import Plan
from zhitong.lab.people import stream
from zhitong.lab.roles import Agent, Caller, Keys, Offer

HOTLINE = "12345"
_FIRST_AGENT = 1001
_SPECIALISTS = ("1901", "1902", "1903", "1904")
_OFFERS = 60
_PATIENCE_S = 25.0
_LONGEST_TALK_S = 15.0
_NAMES = ("", "张三", "李四，投诉", 'O\'Brien "quoted"', "王芳")


def agent_numbers(plan: Plan) -> list[str]:
    """The agents' numbers."""
    return [str(_FIRST_AGENT + index) for index in range(plan.agents)]


def specialists() -> tuple[str, ...]:
    """In no queue: agents ask them, and bring them in. They answer, talk, and hang up."""
    return _SPECIALISTS


def callers(plan: Plan) -> list[Caller]:
    """The calls, over the span of the plan. One in ten comes from a number that has called before."""
    dice = stream(plan.seed, "callers")
    moments = sorted(round(dice.uniform(0.0, plan.span_s), 3) for _ in range(plan.calls))
    return [_caller(dice, index, at) for index, at in enumerate(moments)]


def _caller(dice: random.Random, index: int, at: float) -> Caller:
    again = index > 0 and dice.random() < 0.1
    impatient, hasty = dice.random() < 0.15, dice.random() < 0.3
    return Caller(
        number=f"139{dice.randrange(index) if again else index:08d}",
        dialled=HOTLINE,
        name=dice.choice(_NAMES),
        start_at=at,
        give_up_after_s=round(dice.uniform(0.2, 5.0), 3) if impatient else _PATIENCE_S,
        talk_s=round(dice.uniform(0.4, 5.0), 3) if hasty else _LONGEST_TALK_S,
    )


def agents(plan: Plan) -> list[Agent]:
    """All phones that are rung: most agents answer and hang up; some refuse, let it ring out, or transfer."""
    numbers = agent_numbers(plan)
    return [
        *(_agent(plan, number, [other for other in numbers if other != number]) for number in numbers),
        *(_specialist(plan, number) for number in _SPECIALISTS),
    ]


def _agent(plan: Plan, number: str, others: list[str]) -> Agent:
    dice = stream(plan.seed, "agent", number)
    return Agent(number, tuple(_offer(dice, others) for _ in range(_OFFERS)))


def _specialist(plan: Plan, number: str) -> Agent:
    dice = stream(plan.seed, "specialist", number)
    talks = [(round(dice.uniform(0.2, 1.5), 3), round(dice.uniform(2.0, 6.0), 3)) for _ in range(_OFFERS)]
    return Agent(number, tuple(Offer(ring_s=ring, talk_s=talk) for ring, talk in talks))


def _offer(dice: random.Random, others: list[str]) -> Offer:
    ring, talk = round(dice.uniform(0.2, 2.0), 3), round(dice.uniform(0.5, 6.0), 3)
    match dice.randrange(20):
        case 0 | 1:
            return Offer(ring_s=ring, refuse=dice.choice([486, 603, 480]))
        case 2:
            return Offer(ring_s=None)
        case 3 | 4:
            return Offer(ring_s=ring, talk_s=talk, transfer_to=dice.choice([*others, *_SPECIALISTS]))
        case 5:
            return Offer(ring_s=ring, talk_s=talk + 6.0, keys=(Keys(1.0, f"*2{dice.choice(_SPECIALISTS)}"),))
        case _:
            return Offer(ring_s=ring, talk_s=talk)
