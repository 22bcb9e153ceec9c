"""The demonstration's own decisions: its two sites, its progress, and when it was whole."""

from collections.abc import Iterator

import msgspec
import pytest

from telephony.config import parse_site
from tests.unit.zhitong.lab.rehearsal.books import caller, offer
from zhitong.lab.ports import Ports, reserve
from zhitong.lab.rehearsal import demo
from zhitong.lab.rehearsal.demo import DIRECT, MENU, Progress
from zhitong.lab.rehearsal.plan import Plan, agent_numbers
from zhitong.lab.rehearsal.result import judge
from zhitong.lab.rehearsal.scene import head

PLAN = Plan(calls=5, agents=3)


@pytest.fixture(scope="module")
def ports() -> Iterator[Ports]:
    with reserve(500) as block:
        yield block


def test_the_two_sites_differ_by_the_menu_alone(ports: Ports) -> None:
    direct, menu = (parse_site(demo.site_text(ports, menu=menu)) for menu in (False, True))
    assert direct.baseline is None
    assert menu.baseline is not None
    assert menu.baseline.prompts == demo.MENU_PROMPTS
    assert msgspec.structs.replace(menu, baseline=None) == direct


def test_the_site_lives_on_its_own_ports(ports: Ports) -> None:
    site = parse_site(demo.site_text(ports, menu=False))
    assert (site.sip.bind, site.sip.port, site.pbx.ami.port) == ("127.0.0.1", ports.sip, ports.ami)
    assert range(site.sip.rtp_start, site.sip.rtp_end + 1) == ports.rtp


def test_a_trunk_can_have_more_keys_and_another_address(ports: Ports) -> None:
    text = head(ports, trunk='answer = "at-entry"', host="127.0.0.2") + '[[queue]]\nname = "q"\n'
    (trunk,) = parse_site(text).trunks
    assert (trunk.hosts, trunk.answer) == (("127.0.0.2",), "at-entry")


def test_every_agent_is_in_the_queue() -> None:
    people = demo.directory(PLAN)
    assert [agent.number for agent in people] == agent_numbers(PLAN) == ["1001", "1002", "1003"]
    assert {each.queue for agent in people for each in agent.queues} == {demo.QUEUE}
    assert len({agent.name for agent in people}) == 3


def test_progress_is_what_the_phones_saw() -> None:
    seen = [
        caller("a", 1.0, answered=3.0),
        offer("1001", "a", 1.1, None, 3.0),
        caller("b", 2.0, answered=3.0, end=9.0),
        offer("1002", "b", 2.1, 9.0, 3.0),
        caller("c", 4.0),
        offer("1003", "c", 4.1, None),
    ]
    assert demo.progress(DIRECT, PLAN, seen) == Progress("direct", 5, begun=3, answered=2, talking=1, ended=1)
    assert demo.progress(MENU, PLAN, []) == Progress("menu", 5, begun=0, answered=0, talking=0, ended=0)


def test_whole_counts_calls_against_those_planned() -> None:
    """Both ways may lose the same call without a trace in either."""
    nothing = judge([], [])
    report = demo.Report(
        asterisk="",
        seed=1,
        agents=1,
        planned=0,
        calls=0,
        answered=0,
        abandoned=0,
        recorded=0,
        lost=0,
        duplicated=0,
        menu_s=0.0,
        connect_ms=nothing.connect_ms,
        menu_connect_ms=nothing.connect_ms,
        bridge_overhead_ms=nothing.overhead_ms,
        direct=nothing,
        menu=nothing,
    )
    assert report.whole
    assert not msgspec.structs.replace(report, planned=1).whole
    assert not msgspec.structs.replace(report, menu=msgspec.structs.replace(nothing, lost=1)).whole
    assert not msgspec.structs.replace(report, direct=msgspec.structs.replace(nothing, duplicated=1)).whole
