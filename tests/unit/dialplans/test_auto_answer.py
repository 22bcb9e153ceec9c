"""Which offers ask the phone to pick up by itself."""

import pytest
from msgspec.structs import replace

from telephony.config import parse_site
from telephony.directory.agents import Agent
from telephony.errors import ConfigError
from tests.unit.dialplans.sites import BASE, TOLD, agents, apps, plan, rendered, value

WANTS = (replace(agents("1001")[0], auto_answer=True), *agents("1002"))
OTHERS = tuple(replace(agent, auto_answer=True) for agent in agents("1001", queues="other"))
TWO = BASE + '[[queue]]\nname = "other"\n'


def queue_lines(text: str, people: tuple[Agent, ...], queue: str = "hotline") -> list[str]:
    files = rendered(text, people)
    return [step for step in apps(plan(files)[f"zt-queue-{queue}"]["s"]) if step.startswith("Queue(")]


def gosub(text: str, people: tuple[Agent, ...], queue: str = "hotline") -> list[str]:
    return value(rendered(text, people)["queues.conf"], queue, "membergosub")


def test_nothing_is_there_where_nobody_wants_it() -> None:
    assert "zt-auto" not in rendered(BASE)["extensions.conf"]
    assert gosub(BASE, agents("1001")) == []


def test_who_wants_it_is_asked_and_nobody_else() -> None:
    (line,) = queue_lines(BASE, WANTS)
    assert "b(zt-auto^wanted^1(hotline^0))" in line
    known = plan(rendered(BASE, WANTS))["zt-auto-phones"]
    assert set(known) == {"k1001"}


@pytest.mark.parametrize(
    ("said", "people", "expected"),
    [("agents", WANTS, "wanted"), ("everybody", agents("1001"), "everybody"), ("nobody", WANTS, "")],
)
def test_a_queue_may_ask_all_or_none(said: str, people: tuple[Agent, ...], expected: str) -> None:
    (line,) = queue_lines(f'{BASE}auto_answer = "{said}"\n', people)
    assert ("b(" in line) == bool(expected)
    assert f"zt-auto^{expected}^1" in line or not expected


def test_a_queue_without_such_an_agent_is_as_it_was() -> None:
    people = (*agents("1002"), *OTHERS)
    assert ["b(" in line for line in queue_lines(TWO, people)] == [False]
    assert ["b(" in line for line in queue_lines(TWO, people, "other")] == [True]
    assert gosub(TWO, people) == []
    assert gosub(TWO, people, "other") == ["zt-auto"]


def test_wrap_up_begins_all_the_same() -> None:
    text = BASE + "wrapup_s = 20\n"
    assert "b(zt-wrapup^leg^1(hotline^20))" in queue_lines(text, agents("1001"))[0]
    assert "b(zt-auto^wanted^1(hotline^20))" in queue_lines(text, WANTS)[0]
    steps = apps(plan(rendered(text, WANTS))["zt-auto"]["wanted"])
    assert any("zt-wrapup,leg,1(${ARG1},${ARG2})" in step for step in steps)


def test_the_line_of_one_agent_asks_as_the_queue_does() -> None:
    lines = queue_lines(TOLD, WANTS)
    assert len(lines) == 2
    assert all("b(zt-auto^wanted^1(hotline^0))" in line for line in lines)
    assert gosub(TOLD, WANTS, "zt-sticky-hotline") == gosub(TOLD, WANTS) == ["zt-auto"]


def test_headers_are_the_sites_and_a_semicolon_begins_no_comment() -> None:
    text = BASE + '[agents]\nauto_answer_headers = ["X-Pick-Up: <sip:a@b>;now=1;tone=no"]\nauto_answer_tone = false\n'
    files = rendered(text, WANTS)
    assert r"Set(PJSIP_HEADER(add,X-Pick-Up)=<sip:a@b>\;now=1\;tone=no)" in files["extensions.conf"]
    assert "answer-after" not in files["extensions.conf"]
    assert "PlayTones" not in files["extensions.conf"]
    assert gosub(text, WANTS) == []


@pytest.mark.parametrize(
    "header", ["Call-Info", "X: a\\nb", "X: ${SHELL(id)}", "X: a)", "X: a,b", "X: [a]", 'X: \\"a\\"', "X : a", "X:a"]
)
def test_a_header_can_be_nothing_but_a_header(header: str) -> None:
    with pytest.raises(ConfigError, match="auto_answer_headers"):
        parse_site(f'{BASE}[agents]\nauto_answer_headers = ["{header}"]\n')
