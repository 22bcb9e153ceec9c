"""Which agents can be rendered, and what is said of those that cannot."""

import pytest

from dialplans.people import agent_problems, key_of_phone
from dialplans.render import render
from telephony.config import parse_site
from telephony.directory.agents import Agent, QueueMembership
from telephony.errors import ConfigError
from telephony.model.ids import MemberName, QueueName
from tests.unit.dialplans.sites import FULL, agents, secrets_for

SITE = parse_site(FULL)


def agent(
    number: str = "1003", name: str = "张三", phone: str = "desk", queue: str = "hotline", penalty: int = 0
) -> Agent:
    return Agent(MemberName(number), name, (QueueMembership(QueueName(queue), penalty),), phone)


@pytest.mark.parametrize("name", ["张三", "O'Brien, J.", "欧阳·娜娜", "𠮷田", "Ana-María", "a$b"])
def test_names_of_people_are_fine(name: str) -> None:
    assert list(agent_problems(SITE, [agent(name=name)])) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (agent(number="10a1"), "2 to 15 digits"),
        (agent(number="１００３"), "2 to 15 digits"),
        (agent(name='a"b'), "take out the character"),
        (agent(name="a\u200bb"), "U+200B"),
        (agent(name="a\u202eb"), "U+202E"),
        (agent(name="${SHELL(id)}"), "would be evaluated"),
        (agent(name=" a"), "a space"),
        (agent(phone="a b"), "endpoint"),
        (agent(phone="trunk-carrier"), "trunk-"),
        (agent(phone="general"), "a word of Asterisk's or of ours"),
        (agent(phone="zt-phone"), "a word of Asterisk's or of ours"),
        (agent(number="12345"), "the number is that of the hotline"),
        (agent(number="8001"), "the number is that of the hotline, a queue"),
        (agent(number="12399"), "the menu"),
        (agent(queue="nowhere"), "there is no queue 'nowhere'"),
        (agent(penalty=-1), "a penalty must be 0 or more"),
    ],
)
def test_each_fault_is_said_with_the_agents_number(wrong: Agent, words: str) -> None:
    (problem,) = agent_problems(SITE, [wrong])
    assert problem.startswith(f"agent {wrong.number!r}: ")
    assert words in problem


def test_a_number_or_a_phone_belongs_to_one_agent() -> None:
    assert list(agent_problems(SITE, [agent(), agent(phone="other")])) == [
        "agent '1003': 2 agents have this number. Give each one of their own."
    ]
    problems = list(agent_problems(SITE, [agent("1003", phone="desk-1"), agent("1004", phone="desk1")]))
    assert problems == ["phone 'desk1': 2 agents have this phone. Give each one of their own."]


def test_a_queue_named_twice_is_told() -> None:
    twice = Agent(MemberName("1003"), "张三", (QueueMembership(QueueName("hotline")),) * 2, "1003")
    assert list(agent_problems(SITE, [twice])) == ["agent '1003': queue 'hotline' is named 2 times."]


def test_rendering_refuses_them_all_at_once() -> None:
    people = (*agents("1001"), agent("1002", queue="x"), agent("1003", name="a|b<c", phone="other"))
    with pytest.raises(ConfigError) as caught:
        render(SITE, people, secrets_for(people))
    assert [line[:13] for line in str(caught.value).splitlines()] == ["agent '1002':", "agent '1003':"]


@pytest.mark.parametrize(("phone", "key"), [("1001", "1001"), ("desk-7.b", "desk7b"), ("a_b", "ab")])
def test_a_phone_is_found_by_its_letters_and_digits(phone: str, key: str) -> None:
    assert key_of_phone(phone) == key
