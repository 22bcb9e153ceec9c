"""Sites and agents for these tests, rendered and read back."""

from collections.abc import Mapping
from pathlib import Path

from dialplans.notice import Spoken, Voice
from dialplans.parse import Dialplan, dialplan, settings
from dialplans.render import Lab, Mode, render
from telephony.config import Site, parse_site, read_site
from telephony.directory.agents import Agent, QueueMembership
from telephony.directory.agents_csv import read_agents
from telephony.model.ids import MemberName, QueueName
from telephony.secrets import Secrets

SAMPLES = Path(__file__).parents[3] / "dialplans" / "samples"

BASE = """
name = "某市12345"
hotline = ["12345", "12346"]
[[trunk]]
name = "carrier"
hosts = ["203.0.113.10:5060", "203.0.113.0/24"]
[[queue]]
name = "hotline"
"""

FULL = """
name = "某市12345"
hotline = ["12345"]
[recording]
on = true
keep_days = 30
folder = "/srv/recordings"
[outgoing]
allow = ["+852X.", "local", "mobile"]
deny = ["13900000000"]
[opening]
mon = ["08:30-12:00", "13:30-24:00"]
holidays = [2026-10-01]
special = { 2026-10-10 = ["08:30-17:30"] }
[openings.office]
mon = ["09:00-17:00"]
closed = "callback"
[closure]
closers = ["1001"]
[duty]
mobiles = ["13900000001", "13900000002"]
[rating]
on = true
[baseline]
prompts = ["beep", "vm-goodbye"]
numbers = ["12399"]
[[trunk]]
name = "carrier"
hosts = ["203.0.113.10"]
answer = "at-agent"
from_domain = "sip.example.net"
from_user = "12345"
register = true
username = "u.1"
[[trunk]]
name = "backup"
hosts = ["203.0.113.20"]
queue = "duty"
answer = "at-entry"
codecs = ["g722"]
[[trunk]]
name = "early"
hosts = ["203.0.113.30"]
numbers = ["+861012345"]
answer = "at-agent"
early_media = true
[[route]]
numbers = ["96001"]
queues = { hotline = 3, duty = 1 }
opening = "office"
language = "en"
[[queue]]
name = "hotline"
title = "综合受理"
number = "8001"
expected_wait = true
exits = { 1 = "queue:duty", 2 = "agent:1001", 3 = "hangup" }
overflow = "queue:duty"
music = "city"
position = true
[[queue]]
name = "duty"
max_wait_s = 0
overflow = "agent:1002"
"""


TOLD = FULL.replace("[rating]", "[sticky]\non = true\n[rating]") + "[notice]\non = true\n"
TOLD_WHOLE = TOLD.replace('answer = "at-agent"\nfrom_domain', "from_domain") + "whole = true\n"
HEARD = Spoken(
    (
        Voice("zh", "zh", ("/srv/sounds/zh/zt/notice",), 8200),
        Voice("en", "en", ("/srv/sounds/en/zt/notice",), 7100),
    ),
    {"default": ("/srv/moh/a", "/srv/moh/b"), "city": ("/srv/c",)},
)


def agents(*numbers: str, queues: str = "hotline") -> tuple[Agent, ...]:
    parts = [part.partition(":") for part in queues.split(";")]
    memberships = tuple(QueueMembership(QueueName(name), int(penalty or 0)) for name, _, penalty in parts)
    return tuple(Agent(MemberName(number), "张三", memberships, number) for number in numbers)


def secrets_for(people: tuple[Agent, ...]) -> Secrets:
    """Fixed secrets, so that two renders of one site are alike."""
    phones = {agent.phone: f"phone{index:027}" for index, agent in enumerate(people)}
    return Secrets(ami="a" * 32, phones=phones, trunks={"carrier": "carriers,own=1"})


def rendered(
    text: str = BASE,
    people: tuple[Agent, ...] = agents("1001", "1002"),
    mode: Mode = Mode.NEW,
    lab: Lab | None = None,
) -> dict[str, str]:
    site = parse_site(text)
    heard = HEARD if site.notice.on else None
    return render(site, people, secrets_for(people), mode=mode, lab=lab, heard=heard)


def sample(name: str) -> tuple[Site, tuple[Agent, ...]]:
    """A sample that ships: its site and its agents."""
    site = read_site(SAMPLES / name / "site.toml")
    reading = read_agents((SAMPLES / name / "agents.csv").read_bytes(), {queue.name for queue in site.queues})
    return site, reading.all_or_nothing()


def plan(files: Mapping[str, str]) -> Dialplan:
    return dialplan(files["extensions.conf"])


def apps(steps: object) -> list[str]:
    """The steps of one extension as ``App(args)``."""
    return [f"{step.app}({step.args})" for step in steps]  # type: ignore[attr-defined]


def value(text: str, section: str, key: str) -> list[str]:
    """All values of a key in the sections of this name."""
    return [each.value for each in settings(text) if each.section == section and each.key == key]
