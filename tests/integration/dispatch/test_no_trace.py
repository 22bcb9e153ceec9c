"""No trace: a queue whose callers are woken has the same books as one that is left alone, but for the times."""

import asyncio
import csv
import re
from collections import defaultdict
from pathlib import Path

import pytest

from telephony.directory.agents import Agent as Person
from telephony.directory.agents import QueueMembership
from telephony.model.ids import MemberName, QueueName
from tests.integration.dispatch.floor import STOCK, WOKEN, Floor, floor, pair, route
from zhitong.lab.programs import find_tools
from zhitong.lab.roles import Agent, Caller, Offer

pytestmark = pytest.mark.acceptance

NUMBERS = {STOCK: "90001", WOKEN: "90002"}
AGENTS = {STOCK: "1001", WOKEN: "2001"}
CALLERS = 7
OFFERS = (Offer(ring_s=0.1), Offer(ring_s=0.1, refuse=486), Offer(ring_s=0.1), Offer(ring_s=0.2, refuse=603))
"""Whom the agents answer and whom they refuse."""
TIMED = {"ENTERQUEUE": 0, "CONNECT": 0, "COMPLETECALLER": 0, "COMPLETEAGENT": 0, "ABANDON": 0, "RINGNOANSWER": 0}
"""How many of its data are no times, places in the line or ids that hang on times."""


def callers(queue: QueueName) -> list[Caller]:
    """The same for both: each comes 0.15 s after the one before. One is out of patience while the first one talks."""
    first, number = 13800000000 if queue == STOCK else 13900000000, NUMBERS[queue]
    talks = [2.5, *[0.6] * (CALLERS - 1)]
    patient = [
        Caller(number=str(first + n), dialled=number, talk_s=talk, start_at=0.15 * n) for n, talk in enumerate(talks)
    ]
    return [*patient, Caller(number=str(first + 99), dialled=number, give_up_after_s=0.6, start_at=0.4)]


async def test_the_books_are_those_of_app_queue_alone(tmp_path: Path) -> None:
    tools = await asyncio.to_thread(find_tools)
    people = [Person(MemberName(a), a, (QueueMembership(q),), a) for q, a in AGENTS.items()]
    queues = pair("") + "".join(route(number, queue) for queue, number in NUMBERS.items())
    async with floor(tmp_path, tools, people, queues, rest=RECORDING.format(tmp_path), contacts=True) as here:
        await here.agents([Agent(number, OFFERS) for number in AGENTS.values()])
        async with here.bridge(WOKEN):
            groups = [await here.lab.callers(callers(queue), host="127.0.0.2") for queue in AGENTS]
            await asyncio.gather(*(group.finished(90) for group in groups))
            await here.quiet()
        _judge(here)


RECORDING = '[recording]\non = true\nkeep_days = 30\nfolder = "{}/recordings"\n'


def _judge(here: Floor) -> None:
    assert len(here.sent) >= CALLERS - 1, "nobody was woken, so nothing is shown"
    stock, woken = _logged(here, STOCK), _logged(here, WOKEN)
    events = [row[0] for rows in stock.values() for row in rows]
    assert len(stock) == CALLERS + 1
    assert {name: events.count(name) for name in ("CONNECT", "ABANDON")} == {"CONNECT": CALLERS, "ABANDON": 1}
    assert events.count("RINGNOANSWER") >= CALLERS - 1
    assert woken == stock
    assert _cdr(here, WOKEN) == _cdr(here, STOCK)
    assert _kinds(here, WOKEN) == _kinds(here, STOCK)
    assert not [name for name in here.ear.names() if name.startswith("DTMF")]
    assert here.complaints() == []


def _line(here: Floor, queue: QueueName) -> dict[str, int]:
    """Each caller's place, in the order in which they came into the queue, by call."""
    calls = [row[1] for row in here.queue_log() if row[2] == queue and row[4] == "ENTERQUEUE"]
    return {call: place for place, call in enumerate(calls)}


def _logged(here: Floor, queue: QueueName) -> dict[int, list[tuple[str, ...]]]:
    """queue_log by caller: event, agent and what is no time."""
    found: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    line = _line(here, queue)
    for _, call, name, agent, event, *data in here.queue_log():
        if name == queue and call in line:
            kept = data[: TIMED.get(event, len(data))]
            found[line[call]].append((event, agent.replace(AGENTS[queue], "agent"), *kept))
    return dict(found)


def _cdr(here: Floor, queue: QueueName) -> dict[int, list[tuple[str, ...]]]:
    """CDR by caller: everything but times and what counts channels."""
    path = here.lab.run / "log" / "cdr-custom" / "zhitong-cdr.csv"
    found: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    line = _line(here, queue)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            disposition, uniqueid, linkedid, channel, to, _src, *rest = *row[6:9], *row[10:-1]
            if (place := line.get(linkedid)) is not None:
                told = (disposition, channel, to, *rest, str(uniqueid == linkedid))
                found[place].append(tuple(_neutral(text, queue) for text in told))
    return {place: sorted(rows) for place, rows in found.items()}


def _neutral(text: str, queue: QueueName) -> str:
    """Without what has to differ between the two."""
    text = re.sub(r"-[0-9a-f]{8}", "", text)
    return text.replace(AGENTS[queue], "agent").replace(NUMBERS[queue], "number").replace(queue, "queue")


def _kinds(here: Floor, queue: QueueName) -> set[str]:
    """Which events the PBX told of these calls at all; how a line sounds (RTCP) it tells every five seconds."""
    calls = _line(here, queue)
    names = {event["Event"] for event in here.ear.events if event.get("Linkedid") in calls}
    return {name for name in names if not name.startswith("RTCP")}
