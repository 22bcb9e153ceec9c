"""Agents in real databases."""

import asyncio

import msgspec
import pytest

from telephony.database.database import Database
from telephony.directory.agents import Agent, QueueMembership
from telephony.directory.store import AgentStore
from telephony.errors import DirectoryError
from telephony.model.ids import MemberName, QueueName


def agent(number: int, name: str = "王小明", phone: str = "", *queues: str) -> Agent:
    memberships = tuple(QueueMembership(QueueName(queue), penalty) for penalty, queue in enumerate(queues))
    return Agent(MemberName(str(number)), name, memberships, phone or str(number))


A = agent(1001, "王小明", "", "zebra", "citizens")
B = agent(1002, "李娜", "desk-2", "citizens")
C = msgspec.structs.replace(agent(1003, "阿卜杜拉·买买提"), profile="home")


@pytest.fixture
async def agents(url: str) -> AgentStore:
    return AgentStore(await Database.open(url))


@pytest.fixture(autouse=True)
async def _closed(agents: AgentStore) -> object:
    yield
    await agents.database.close()


async def test_agents_come_back_as_they_were_with_their_queues_in_order(agents: AgentStore) -> None:
    changes = await agents.import_agents([B, C, A])
    assert changes.added == (A, B, C)
    assert await agents.list() == [A, B, C]
    assert await agents.get(A.number) == A
    assert await agents.get(MemberName("9999")) is None


async def test_a_second_import_says_what_it_changed(agents: AgentStore) -> None:
    await agents.import_agents([A, B])
    better = agent(1002, "李娜娜", "desk-2")
    changes = await agents.import_agents([A, better, C])
    assert (changes.added, changes.unchanged, changes.removed) == ((C,), (A,), ())
    assert [(change.before, change.after) for change in changes.changed] == [(B, better)]
    assert await agents.list() == [A, better, C]


async def test_replacing_removes_the_others_and_importing_the_old_list_undoes_it(agents: AgentStore) -> None:
    await agents.import_agents([A, B])
    before = await agents.list()
    assert (await agents.import_agents([C], replace=True)).removed == (A, B)
    assert await agents.list() == [C]
    await agents.import_agents(before, replace=True)
    assert await agents.list() == before


async def test_a_plan_says_the_same_as_the_import_and_changes_nothing(agents: AgentStore) -> None:
    await agents.import_agents([A, B])
    plan = await agents.plan([C], replace=True)
    assert await agents.list() == [A, B]
    assert await agents.import_agents([C], replace=True) == plan


async def test_agents_may_trade_phones(agents: AgentStore) -> None:
    await agents.import_agents([agent(11, "王", "a"), agent(12, "李", "b")])
    await agents.import_agents([agent(11, "王", "b"), agent(12, "李", "a")])
    assert [one.phone for one in await agents.list()] == ["b", "a"]


async def test_an_import_that_is_refused_changes_nothing(agents: AgentStore) -> None:
    await agents.import_agents([A, B])
    with pytest.raises(DirectoryError, match="share the phone desk-2"):
        await agents.import_agents([C, agent(1004, "赵五", "desk-2")])
    assert await agents.list() == [A, B]


async def test_imports_at_once_end_as_one_after_the_other(agents: AgentStore) -> None:
    lists = [[agent(n, f"list {which}") for n in range(10, 30)] for which in range(6)]
    await asyncio.gather(*(agents.import_agents(wanted, replace=True) for wanted in lists))
    assert await agents.list() in lists
