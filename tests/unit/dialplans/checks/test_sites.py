"""Each rule of sites finds its fault at its key, and nothing once it is cured."""

from typing import NamedTuple

import msgspec
import pytest

from dialplans.check import check_site
from dialplans.checks.table import OF_SITES
from dialplans.findings import Level
from telephony.config import parse_site
from telephony.directory.agents import Agent
from tests.unit.dialplans.sites import BASE, agents

ALONE = {"site-contradiction", "agents", "prompt", "music", "coded-music", "tls-files"}
"""Rules that ``test_check.py`` and ``test_tls.py`` look at, since they need files or a site that cannot be read."""


class Faulty(NamedTuple):
    """``text``: a site with the fault; ``cure``: what stands there, and what should."""

    rule: str
    text: str
    at: str
    cure: tuple[str, str]
    people: tuple[Agent, ...] = agents("1001", "1002")


_TRUNK = '[[trunk]]\nname = "carrier"\n'

FAULTY = [
    Faulty("agent-target", BASE + 'overflow = "agent:1009"', "queue[0].overflow", ("1009", "1001")),
    Faulty(
        "deaf-announcement",
        BASE.replace(_TRUNK, _TRUNK + 'answer = "at-agent"\n') + "position = true",
        "queue[0].position",
        ("at-agent", "at-entry"),
    ),
    Faulty(
        "untrue-position",
        BASE + 'position = true\n[[queue]]\nname = "duty"\nweight = 3',
        "queue[0].position",
        ("weight = 3", "weight = 0"),
        agents("1001", queues="hotline;duty"),
    ),
    Faulty(
        "untold",
        BASE + "[recording]\non = true\nkeep_days = 9",
        "notice.on",
        ("on = true", 'on = true\nnotice = "carrier"'),
    ),
    Faulty(
        "deaf-notice",
        BASE.replace(_TRUNK, _TRUNK + 'answer = "at-agent"\n') + '[notice]\non = true\nsounds = ["zt/greeting"]',
        "trunk[0].answer",
        ("at-agent", "at-entry"),
    ),
    Faulty(
        "duty-refused", BASE + '[duty]\nmobiles = ["+85291234567"]', "duty.mobiles[0]", ("+85291234567", "13900000001")
    ),
    Faulty("closer-unknown", BASE + '[closure]\nclosers = ["1009"]', "closure.closers[0]", ("1009", "1001")),
    Faulty(
        "lines-exceeded",
        BASE.replace(_TRUNK, _TRUNK + "lines = 30\nmax_calls_in = 25\n"),
        "trunk[0].max_calls_in",
        ("max_calls_in = 25", "max_calls_in = 20"),
    ),
    Faulty("lonely-queue", BASE + '[[queue]]\nname = "duty"', "queue[1]", ('[[queue]]\nname = "duty"', "")),
    Faulty("ring-exceeds-wait", BASE + "timeout_s = 40\nmax_wait_s = 30", "queue[0].timeout_s", ("40", "10")),
    Faulty(
        "overflow-unreachable",
        BASE + 'max_wait_s = 0\njoin_empty = true\nleave_empty = false\noverflow = "agent:1001"',
        "queue[0].overflow",
        ("max_wait_s = 0", "max_wait_s = 300"),
    ),
    Faulty(
        "carrier-clears",
        BASE.replace(_TRUNK, _TRUNK + 'answer = "at-agent"\n') + "max_wait_s = 300",
        "trunk[0].answer",
        ("300", "45"),
    ),
    Faulty(
        "site-few-ports",
        BASE + "[sip]\nrtp_start = 10000\nrtp_end = 10099\n",
        "sip.rtp_end",
        ("10099", "10119"),
        agents(*map(str, range(1001, 1021))),
    ),
    Faulty(
        "promise-unheard",
        BASE.replace(_TRUNK, _TRUNK + "lines = 30\nmax_calls_in = 25\n"),
        "trunk[0].max_calls_in",
        ("max_calls_in = 25", "max_calls_in = 20"),
    ),
    Faulty(
        "reserve-taken",
        BASE.replace(_TRUNK, _TRUNK + "lines = 30\nreserved_specialists = 2\n"),
        "trunk[0].reserved_specialists",
        ("lines = 30", "lines = 30\nmax_calls_in = 18"),
    ),
    Faulty(
        "calls-unlimited",
        BASE + "[outgoing]\ndaily_limit = 0\n",
        "outgoing.daily_limit",
        ("daily_limit = 0", "daily_limit = 200"),
    ),
    Faulty(
        "calls-unlimited",
        BASE + '[outgoing]\nallow = ["local", "international"]\n',
        "outgoing.allow[1]",
        ("international", "+852X."),
    ),
    Faulty(
        "recording-untold",
        BASE + "[recording]\non = true\nkeep_days = 30\n",
        "recording.on",
        ("[recording]", "[notice]\non = true\n[recording]"),
    ),
    Faulty(
        "site-few-ports",
        BASE.replace(_TRUNK, _TRUNK + "lines = 100\n") + "[sip]\nrtp_start = 10000\nrtp_end = 10399\n",
        "sip.rtp_end",
        ("10399", "10599"),
    ),
    Faulty("site-port-clash", BASE + "[sip]\nport = 15060\n", "sip.port", ("15060", "5062")),
    Faulty(
        "site-ami-open",
        BASE + '[pbx.ami]\nbind = "0.0.0.0"\npermit = ["10.0.0.7/32", "0.0.0.0/0"]\n',
        "pbx.ami.permit[1]",
        (', "0.0.0.0/0"', ""),
    ),
]


@pytest.mark.parametrize("case", FAULTY, ids=lambda case: case.rule)
def test_a_rule_finds_its_fault_and_leaves_the_cured_alone(case: Faulty) -> None:
    findings = [each for each in check_site(parse_site(case.text), case.people) if each.rule == case.rule]
    assert [each.where for each in findings] == [f"site.toml: {case.at}"]
    assert findings[0].remedy
    old, new = case.cure
    assert old in case.text
    cured = check_site(parse_site(case.text.replace(old, new)), case.people)
    assert case.rule not in {each.rule for each in cured}


def test_every_rule_has_a_case() -> None:
    assert {case.rule for case in FAULTY} | ALONE == {rule.name for rule in OF_SITES}


def test_a_site_that_was_not_read_is_held_to_its_contradictions() -> None:
    site = msgspec.structs.replace(parse_site(BASE), hotline=())
    (finding,) = [each for each in check_site(site, agents("1001")) if each.rule == "site-contradiction"]
    assert (finding.where, finding.level) == ("site.toml: hotline", Level.ERROR)
