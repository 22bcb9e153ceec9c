"""What is asked after a reload. That Asterisk answers so: tests/integration/cli/test_agents_on_asterisk.py."""

from dialplans.loaded import Question, questions, withdrawals
from telephony.directory.agents import Agent, QueueMembership
from telephony.directory.changes import Change, Changes
from telephony.model.ids import MemberName, QueueName
from telephony.secrets import Secrets

SECRETS = Secrets(ami="a" * 32, phones={"1001": "p" * 32, "desk-7.b": "q" * 32})


def agent(number: str, queues: str = "hotline", phone: str = "", name: str = "张三") -> Agent:
    members = tuple(QueueMembership(QueueName(each)) for each in queues.split())
    return Agent(MemberName(number), name, members, phone or number)


def test_an_added_agent_is_asked_for_in_full() -> None:
    asked = questions(Changes(added=(agent("1001", "hotline housing"),)), SECRETS, phones=True)
    assert [question.command for question in asked] == [
        "dialplan show k1001@zt-duty",
        "pjsip show endpoint 1001",
        "pjsip show auth 1001",
    ]
    assert not any(question.answered("") for question in asked)
    assert asked[0].answered("1. Set(ZT_AGENT=1001)\n2. Set(ZT_DUTY=hotline:0&housing:0)\n")
    assert not asked[0].answered("1. Set(ZT_AGENT=1001)\n2. Set(ZT_DUTY=hotline:0)\n")
    assert asked[2].answered(f"password : {'p' * 32}")


def test_a_phone_of_somebody_elses_rendering_is_not_asked_for() -> None:
    (only,) = questions(Changes(added=(agent("1001", phone="desk-7.b"),)), SECRETS, phones=False)
    assert only.command == "dialplan show kdesk7b@zt-duty"


def test_a_long_name_is_asked_for_by_its_beginning() -> None:
    asked = questions(Changes(added=(agent("1001", name="欧阳" * 32),)), SECRETS, phones=True)
    assert asked[1].answered(f'"{"欧阳" * 8}" <1001>')


def test_who_is_gone_must_be_gone() -> None:
    asked = questions(Changes(removed=(agent("1001"),)), SECRETS, phones=True)
    assert asked == [
        Question("dialplan show k1001@zt-duty", ("There is no existence of",)),
        Question("pjsip show endpoint 1001", ("Unable to find object",)),
    ]


def test_a_phone_that_changed_hands_is_not_gone() -> None:
    moved = Changes(
        changed=(
            Change(agent("1001"), agent("1001", phone="desk-7.b")),
            Change(agent("1002"), agent("1002", phone="1001")),
        )
    )
    gone = [each.command for each in questions(moved, SECRETS, phones=True) if "Unable to find object" in each.wanted]
    assert gone == ["pjsip show endpoint 1002"]


def test_places_in_queues_that_are_gone_are_taken_away() -> None:
    changes = Changes(
        removed=(agent("1001", "hotline housing"),),
        changed=(
            Change(agent("1002", "hotline housing"), agent("1002", "housing duty")),
            Change(agent("1003"), agent("1003", phone="desk-7.b")),
            Change(agent("1004"), agent("1004", name="李四")),
        ),
    )
    assert withdrawals(changes) == [
        "queue remove member PJSIP/1001 from hotline",
        "queue remove member PJSIP/1001 from housing",
        "queue remove member PJSIP/1002 from hotline",
        "queue remove member PJSIP/1003 from hotline",
    ]
