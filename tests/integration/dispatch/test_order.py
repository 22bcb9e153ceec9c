"""Who is served, by whom, and in which order: as app_queue decides, woken or not. Two queues of each kind stand side by
side on one PBX (``floor``), with the same callers."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from telephony.directory.agents import Agent as Person
from telephony.directory.agents import QueueMembership
from telephony.model.ids import MemberName, QueueName
from tests.integration.dialplans.manager import Message
from tests.integration.dispatch.floor import KINDS, STOCK, WOKEN, Floor, floor, pair, route
from zhitong.lab.programs import find_tools
from zhitong.lab.roles import Agent, Caller, Offer

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

WEIGHTS = {"-a": 0, "-b": 0, "-heavy": 5}
EACH = 20
"""Callers of each queue: 60 of each kind."""
AT_ONCE = 3
"""Agents of each kind."""


def _people(
    kinds: Mapping[str, Sequence[str]], queues: Mapping[str, int], penalties: Mapping[str, int]
) -> list[Person]:
    """Each kind's agents, members of all of its queues."""
    return [
        Person(
            MemberName(number),
            number,
            tuple(QueueMembership(QueueName(kind + name), penalties.get(number[-1], 0)) for name in queues),
            number,
        )
        for kind, numbers in kinds.items()
        for number in numbers
    ]


def _offers(here: Floor, kind: str) -> list[Message]:
    """Of this kind's queues, the first of each caller, in order."""
    first: dict[str, Message] = {}
    for event in here.ear.all("AgentCalled"):
        if event["Queue"].startswith(kind):
            first.setdefault(event["Uniqueid"], event)
    return list(first.values())


def _joins(here: Floor, kind: str) -> dict[str, Message]:
    return {e["Uniqueid"]: e for e in here.ear.all("QueueCallerJoin") if e["Queue"].startswith(kind)}


async def test_the_heavier_queue_first_and_of_equal_ones_the_longest_waiting(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Among equal ones app_queue leaves it to whoever looks first: seldom the other way with waking, when the PBX tells
    that an agent is free in the one queue and a moment later in the other."""
    tools = await asyncio.to_thread(find_tools)
    numbers = {kind: [f"{n}00{m}" for m in range(AT_ONCE)] for n, kind in enumerate(KINDS, 1)}
    routes = {(kind, name): f"9{n}0{m}1" for n, kind in enumerate(KINDS) for m, name in enumerate(WEIGHTS)}
    queues = "".join(pair(name, f"weight = {weight}") for name, weight in WEIGHTS.items())
    queues += "".join(route(number, kind + name) for (kind, name), number in routes.items())
    async with floor(tmp_path, tools, _people(numbers, WEIGHTS, {}), queues, contacts=True) as here:
        everybody = [number for each in numbers.values() for number in each]
        await here.agents([Agent(number, (Offer(ring_s=0.1),)) for number in everybody])
        async with here.bridge(*(WOKEN + name for name in WEIGHTS)):
            await _pause(here, everybody, True)
            groups = [await here.lab.callers(_crowd(kind, routes), host="127.0.0.2") for kind in KINDS]
            for kind, name in routes:
                await here.waiting(EACH, kind + name)
            await _pause(here, everybody, False)
            await asyncio.gather(*(group.finished(90) for group in groups))
            await here.quiet()
    told, passed_over = [], {}
    for kind in KINDS:
        offers, joins = _offers(here, kind), _joins(here, kind)
        assert len(offers) == len(joins) == EACH * len(WEIGHTS)
        past, before = _heavier_passed_over(offers, joins), _longer_waiting_passed_over(offers, joins)
        told.append(f"{kind}: a heavier caller passed over {past}, one of equal weight who waited longer {before}")
        assert past == 0
        assert _out_of_line(offers, joins) <= AT_ONCE
        passed_over[kind] = before
    record_property("told", "; ".join(told))
    assert passed_over[WOKEN] <= passed_over[STOCK]
    _judge_wakes(here)


def _crowd(kind: str, routes: Mapping[tuple[str, str], str]) -> list[Caller]:
    """Of each queue one by turns, so that of two in a row the first has waited longer."""
    names = [(name, number) for (each, name), number in routes.items() if each == kind]
    first = 13800000000 if kind == STOCK else 13900000000
    return [
        Caller(number=str(first + n), dialled=names[n % len(names)][1], talk_s=0.3, start_at=0.05 * n)
        for n in range(EACH * len(names))
    ]


async def _pause(here: Floor, numbers: Sequence[str], paused: bool) -> None:
    words = str(paused).lower()
    await asyncio.gather(*(here.ear.ask("QueuePause", Interface=f"PJSIP/{n}", Paused=words) for n in numbers))


def _weight(event: Message) -> int:
    return WEIGHTS[event["Queue"].removeprefix(STOCK).removeprefix(WOKEN)]


def _heavier_passed_over(offers: Sequence[Message], joins: Mapping[str, Message]) -> int:
    """Offers of a light queue's callers while more heavy ones waited than agents can be had at once: ``compare_weight``
    counts callers against members who are available."""
    heavy = {call for call, event in joins.items() if _weight(event)}
    count = 0
    for offer in offers:
        heavy.discard(offer["Uniqueid"])
        count += not _weight(offer) and len(heavy) >= AT_ONCE
    return count


def _longer_waiting_passed_over(offers: Sequence[Message], joins: Mapping[str, Message]) -> int:
    """Offers of a light queue's callers while one of the other light queue had waited longer."""
    left = [call for call in joins if not _weight(joins[call])]
    count = 0
    for offer in offers:
        if not _weight(offer):
            earlier = left[: left.index(offer["Uniqueid"])]
            count += len([call for call in earlier if joins[call]["Queue"] != offer["Queue"]]) > AT_ONCE // 2
            left.remove(offer["Uniqueid"])
    return count


def _out_of_line(offers: Sequence[Message], joins: Mapping[str, Message]) -> int:
    """The most callers of one queue whom anybody of it was offered before, though they had come earlier."""
    most = 0
    for queue in {event["Queue"] for event in offers}:
        line = [call for call, event in joins.items() if event["Queue"] == queue]
        for offer in (event for event in offers if event["Queue"] == queue):
            most = max(most, line.index(offer["Uniqueid"]))
            line.remove(offer["Uniqueid"])
    return most


def _judge_wakes(here: Floor) -> None:
    """Nobody was woken whose phone had been ringing for a while; ``LATE_S``: what the bridge had not heard yet."""
    assert here.sent
    for sent in here.sent:
        assert not _ringing(here.ear.events[: sent.heard], sent.channel)


LATE_S = 0.1


def _ringing(heard: Sequence[Message], channel: str) -> bool:
    mine = [event for event in heard if event.get("Channel") == channel or event.get("DestChannel") == channel]
    rings = [event for event in mine if event["Event"] in ("AgentCalled", "AgentRingNoAnswer", "AgentConnect")]
    if not rings or rings[-1]["Event"] != "AgentCalled":
        return False
    return float(heard[-1]["Timestamp"]) - float(rings[-1]["Timestamp"]) > LATE_S


STRATEGIES = {
    "-linear": "linear",
    "-rr": "rrmemory",
    "-least": "leastrecent",
    "-fewest": "fewestcalls",
    "-random": "random",
}
PENALTIES = {"2": 5, "3": 5}
"""Of each queue's four agents two are rung only when the others cannot be."""
APART_S = 3.0
"""From one thing to the next: longer than app_queue's own look is away, so that both kinds come to the same state."""


@pytest.mark.timeout(300)
async def test_each_strategy_chooses_whom_it_would_have_chosen(tmp_path: Path) -> None:
    """Four callers who find four free agents; four who wait, and are woken one by one; eight who find all free again:
    whom they come to hangs on what the queue remembers of those before. Random remembers nothing: all are answered."""
    tools = await asyncio.to_thread(find_tools)
    people, agents, crowds, tables = [], [], [], []
    for n, kind in enumerate(KINDS):
        for m, (name, strategy) in enumerate(STRATEGIES.items()):
            numbers = [f"{n + 1}{m}0{k}" for k in range(4)]
            people += _people({kind: numbers}, {name: 0}, PENALTIES if strategy != "random" else {})
            agents += [Agent(number, (Offer(ring_s=0.1),)) for number in numbers]
            crowds += _visitors(f"9{n}0{m}1", f"13{8 + n}0000{m}0")
            tables.append(route(f"9{n}0{m}1", kind + name))
    tables += [pair(name, f'strategy = "{strategy}"') for name, strategy in STRATEGIES.items()]
    async with floor(tmp_path, tools, people, "".join(tables), contacts=True) as here:
        await here.agents(agents)
        async with here.bridge(*(WOKEN + name for name in STRATEGIES)):
            await (await here.lab.callers(crowds, host="127.0.0.2")).finished(150)
            await here.quiet()
    assert len(here.sent) >= 4 * len(STRATEGIES)
    for name in STRATEGIES:
        stock, woken = _served(here, STOCK + name), _served(here, WOKEN + name)
        assert len(stock) == len(woken) == 16
        if name != "-random":
            assert woken == stock, name
    _judge_wakes(here)


def _visitors(number: str, first: str) -> list[Caller]:
    """16 callers of one queue, the same for each. No agent is free twice while somebody waits."""
    busy = [(APART_S * n, 5 * APART_S) for n in range(4)]
    queued = [(APART_S * 4 + 0.3 * n, 4 * APART_S) for n in range(4)]
    later = [(APART_S * (14 + n), APART_S / 2) for n in range(8)]
    return [
        Caller(number=f"{first}{n:02}", dialled=number, start_at=start, talk_s=talk)
        for n, (start, talk) in enumerate([*busy, *queued, *later])
    ]


def _served(here: Floor, queue: str) -> dict[str, int]:
    """Which agent answered which caller (the end of the number). Agents are counted by who answered first: where two
    are equal to a strategy, app_queue takes whom a hash of the phone's name puts first."""
    answered = here.ear.all("AgentConnect", Queue=queue)
    assert set(Counter(event["CallerIDNum"] for event in answered).values()) == {1}
    names = list(dict.fromkeys(event["MemberName"] for event in answered))
    return {event["CallerIDNum"][-2:]: names.index(event["MemberName"]) for event in answered}
